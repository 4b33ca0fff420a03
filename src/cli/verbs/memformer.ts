import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  COVARIANCE_NAMES,
  type CovarianceName,
  drawMemformer,
  MEMFORMER_MODEL_NAMES,
  MEMFORMER_STUDIES,
  type MemformerModel,
  type MemformerStudy,
  type MemformerTrained,
  memformerAll,
  memformerText,
} from "../../bench/index.ts";
import { checkWritable, writeFileAtomic } from "../../node/index.ts";
import { MEMFORMER_BATCH } from "../../optim/index.ts";
import { type FlagValues, flag, listFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseInteger, parseList, parseReal } from "../parse-values.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

/** More pairings than those of ten factors cannot be counted one by one. */
const MOST_LAYERS = 5;

const FLAGS = {
  studies: listFlag<MemformerStudy>(
    "--studies <LIST>",
    `some of ${MEMFORMER_STUDIES.join(",")}`,
    parseList(MEMFORMER_STUDIES),
    ["layers"],
  ),
  models: listFlag<MemformerModel>(
    "--models <LIST>",
    `networks of the study of layers: some of ${MEMFORMER_MODEL_NAMES.join(",")}`,
    parseList(MEMFORMER_MODEL_NAMES),
    ["linear", "cgd", "lfom"],
  ),
  covariances: listFlag<CovarianceName>(
    "--covariances <LIST>",
    `of the features: some of ${COVARIANCE_NAMES.join(",")}`,
    parseList(COVARIANCE_NAMES),
    ["isotropic"],
  ),
  layers: flag("--layers <N>", "layers at most", parseInteger(1, MOST_LAYERS), 4),
  steps: flag("--steps <N>", "updates of a training", parseInteger(1, 1_000_000), 3000),
  batch: flag("--batch <B>", "prompts of an update", parseInteger(3, 100_000), MEMFORMER_BATCH),
  lr: flag(
    "--lr <RATE>",
    "Adam's largest rate; warm-up and cosine",
    parseReal(1e-9, 10, "learning rate"),
    0.02,
  ),
  judge: flag("--judge <N>", "new prompts that judge", parseInteger(2, 10_000_000), 10_000),
  seeds: flag("--seeds <K>", "trainings of each network", parseInteger(1, 1000), 1),
  ...shared("seed", "out", "json"),
};

/** `mnemosyne memformer`: memory-augmented transformers on random regressions. */
export const registerMemformer = defineVerb({
  name: "memformer",
  summary: "memory-augmented transformers on random regressions, beside first-order methods",
  description:
    "Trains linear transformers with memory (Memformers) to solve regressions in their prompt, 5 features and " +
    "20 examples, and compares their loss on new prompts with tuned first-order methods and exact optima. " +
    "Studies: layers (loss over layers), heads, tasks (over the number of prompts to train on), experts " +
    "(three experts behind a gate, adapted to other variances and means). --out is a folder for " +
    "memformer.json and a figure of each study; networks that it holds are not trained again.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc memformer --layers 2 --steps 1000 --out runs/memformer",
  action: runMemformers,
});

async function runMemformers(
  flags: FlagValues<typeof FLAGS>,
  { output, signal }: VerbContext,
): Promise<VerbEnd> {
  const { seed, out, studies, models, covariances, layers, steps, batch, lr, judge, seeds } = flags;
  await checkWritable(out && join(out, "memformer.json"));
  const kept = out === undefined ? undefined : join(out, "trained.json");
  const result = await memformerAll(
    { studies, models, covariances, layers, steps, batch, rate: lr, judge, seed, seeds },
    {
      signal,
      progress: (updates) => output.progress("memformer", updates),
      ...(kept !== undefined && {
        before: await readTrained(kept),
        keep: (trained) => writeFileAtomic(kept, `${JSON.stringify(trained)}\n`),
      }),
    },
  );
  const files: string[] = [];
  if (out !== undefined) {
    const figures = Object.entries(drawMemformer(result)).map(([name, svg]) => [
      `memformer-${name}.svg`,
      svg,
    ]);
    for (const [name, text] of [["memformer.json", `${JSON.stringify(result, null, 1)}\n`], ...figures]) {
      files.push(join(out, name));
      await writeFileAtomic(join(out, name), text);
    }
  }
  output.object(result);
  output.text([memformerText(result), ...(files.length === 0 ? [] : ["", ...files])].join("\n"));
  if (result.status === "interrupted")
    output.log(`memformer: interrupted${out === undefined ? "" : `; the same command goes on in ${out}`}`);
  return result.status === "done" ? "done" : "failed";
}

/** What earlier calls left; nothing where there is none, or it cannot be read: then all is trained again. */
async function readTrained(file: string): Promise<MemformerTrained | undefined> {
  try {
    const read = JSON.parse(await readFile(file, "utf8"));
    return Array.isArray(read?.rows) && Array.isArray(read.experts) ? read : undefined;
  } catch {
    return undefined;
  }
}
