import { availableParallelism } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { didYouMean } from "../../base/index.ts";
import {
  DEFAULT_RATES,
  drawFair,
  drawOptimize,
  exportStep,
  fairText,
  type OptimizeFlags,
  optimizeAll,
  optimizeFairly,
  optimizeText,
  type RateGrid,
  saveWeights,
} from "../../bench/index.ts";
import {
  checkWritable,
  findTask,
  IMAGE_SETS,
  TASKS,
  taskNames,
  UsageError,
  writeFileAtomic,
} from "../../node/index.ts";
import { MLP_DEFAULTS, OPTIMIZEES } from "../../optim/index.ts";
import { CORPORA } from "../../optim/node.ts";
import { flag, switchFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseOptimizers } from "../parse-optimizers.ts";
import { parseChoice, parseFile, parseInteger, parsePath, parseReal } from "../parse-values.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const MAX_STEPS = 10_000_000;

const DATA_NAMES = [
  ...IMAGE_SETS,
  "synthetic",
  ...new Set(Object.values(TASKS).flatMap(({ dataNames }) => dataNames)),
];

const FLAGS = {
  optimizee: flag(
    "--optimizee <NAME>",
    `one of ${taskNames().join(", ")}`,
    parseChoice(taskNames()),
    "mlp-1x20",
  ),
  optimizers: flag(
    "--optimizers <LIST>",
    "names (adam), with a learning rate (adam:0.03), shipped learned ones (mnemosyne), files (my.mnos); by tensors: head.w=mnemosyne+*=adam:0.01",
    parseOptimizers,
    parseOptimizers("adam"),
    "adam",
  ),
  data: flag(
    "--data <SET>",
    `${DATA_NAMES.join(", ")}, a folder of IDX files, or a file of texts (mnist; texts: their own)`,
    parseData,
  ),
  pool: flag("--pool <N>", "make images smaller: means of N x N pixels", parseInteger(1, 1000), 1),
  steps: flag("--steps <N>", "steps of a run", parseInteger(1, MAX_STEPS), 100),
  horizons: flag(
    "--horizons <LIST>",
    "steps to tune for and to show (100, 500, 2000 as far as they go, and the end)",
    parseHorizons,
  ),
  seeds: flag("--seeds <K>", "runs per optimizer", parseInteger(1, 10_000), 5),
  batch: flag(
    "--batch <B>",
    `examples per step (${MLP_DEFAULTS.batch}; texts: 32, mlm: 8)`,
    parseInteger(1, 100_000),
  ),
  encoder: flag("--encoder <DIR>", "the pre-trained model's files (an installed package)", parsePath),
  examples: flag("--examples <N>", "most texts to train on, and to judge by", parseInteger(1, 100_000_000)),
  train: flag("--train <PART>", "what of a pre-trained model is trained", parsePart),
  pretrained: flag(
    "--pretrained <FILE.safetensors>",
    "begin with the tensors of a file that --save wrote; those that read out classes (head.*) begin anew",
    parseFile(".safetensors"),
  ),
  text: flag(
    "--text <PLACE>",
    `text to learn from: ${Object.keys(CORPORA).join(", ")}, a file, a folder, or files of one ("docs/*.md")`,
    parsePath,
  ),
  vocabulary: flag(
    "--vocabulary <FILE.json>",
    "the text's byte pairs; learned and written where there is no such file",
    parseFile(".json"),
  ),
  testImages: flag(
    "--test-images <N>",
    "judge by the first N held-out examples (all)",
    parseInteger(1, 1_000_000_000),
  ),
  threads: flag("--threads <N>", "runs at a time (all cores)", parseInteger(1, 1024)),
  tune: switchFlag("--tune", "choose learning rates first"),
  fair: switchFlag(
    "--fair",
    "equal rights: for each horizon anew, rate, schedule and betas chosen on validation images and other seeds",
  ),
  rates: flag(
    "--rates <LO:HI:COUNT>",
    "learning rates that --tune tries; --fair begins in their middle",
    parseRates,
    DEFAULT_RATES,
    `${DEFAULT_RATES.from}:${DEFAULT_RATES.to}:${DEFAULT_RATES.count}`,
  ),
  tuneSeeds: flag("--tune-seeds <K>", "runs per learning rate", parseInteger(1, 10_000), 5),
  narrow: flag(
    "--narrow <N>",
    "tune with one seed first, then with all for the best N rates per horizon",
    parseInteger(1, 10_000),
  ),
  searchSteps: flag(
    "--search-steps <N>",
    "--fair searches in runs of N steps, and compares the best four settings in whole ones",
    parseInteger(1, MAX_STEPS),
  ),
  exportStep: flag(
    "--export-step <FILE.onnx>",
    "write one update of the first optimizer as an ONNX model, and run nothing",
    parseFile(".onnx"),
  ),
  save: flag(
    "--save <FILE.safetensors>",
    "train once with the first optimizer and the first seed, write the tensors, and run nothing else",
    parseFile(".safetensors"),
  ),
  logX: switchFlag("--log-x", "steps on a logarithmic axis in the picture"),
  ...shared("seed", "out", "json"),
};

/** `mnemosyne optimize`: trains an optimizee with any set of optimizers and compares them. */
export const registerOptimize = defineVerb({
  name: "optimize",
  summary: "train an optimizee with any set of optimizers; compare their losses",
  description:
    "Trains a small problem with every optimizer of a list, from the same starts and with the same " +
    "batches, and compares the losses on data that training does not see (for functions: their own " +
    "value) after 1, 2, 5, 10, ... steps. With --out FOLDER it writes optimize.json, curves.svg and every " +
    "run with each step's loss; runs that are there are not made again. --tune first chooses the rates " +
    "of optimizers that were given none, on the last sixth of the training images and other seeds. --fair gives " +
    "all of them equal rights: schedules, warm-up, betas and rates are searched for each horizon (--horizons, or " +
    "--steps), optimizers without a rate are told it; ratios are to the first of the list, and --out gets fair.json and curves.svg.",
  flags: FLAGS,
  example:
    "npx mnemosyne-mpc optimize --optimizee mlp-1x20 --optimizers adam,sgd:0.3 --tune --steps 500 --out runs/mlp",
  action: optimize,
});

async function optimize(flags: OptimizeFlags, { output, signal, now }: VerbContext): Promise<VerbEnd> {
  const { out, logX, threads = availableParallelism() } = flags;
  if (flags.searchSteps !== undefined && flags.fair !== true)
    throw new UsageError("--search-steps is how long --fair searches; give both.");
  if (flags.text !== undefined && flags.data !== undefined)
    throw new UsageError("--text says where the data are, as --data does: give one of them.");
  if (flags.pool !== 1 && findTask(flags.optimizee) !== undefined)
    throw new UsageError(`--pool makes images smaller; --optimizee ${flags.optimizee} learns from texts.`);
  checkHasData(flags);
  await checkWritable(flags.exportStep ?? flags.save ?? (out && join(out, "optimize.json")));
  const progress = (steps: number | undefined) => output.progress("optimize", steps);
  if (flags.exportStep !== undefined) return writeStep(flags, flags.exportStep, output);
  if (flags.save !== undefined) return writeTrained(flags, flags.save, { signal, now, progress }, output);
  if (flags.fair === true) return optimizeWithEqualRights(flags, { threads, signal, now, progress }, output);
  const result = await optimizeAll(flags, { threads, signal, now, progress });
  if (out !== undefined) {
    await writeFileAtomic(join(out, "optimize.json"), `${JSON.stringify(result, null, 1)}\n`);
    await writeFileAtomic(join(out, "curves.svg"), drawOptimize(result, logX === true));
  }
  output.object(result);
  output.text(optimizeText(result));
  for (const line of [...(result.notes ?? []), ...result.failures]) output.log(`optimize: ${line}`);
  if (result.status === "interrupted")
    output.log(`optimize: interrupted${out === undefined ? "" : `; the same command goes on in ${out}`}`);
  return result.status === "done" ? "done" : "failed";
}

/** Functions have no data: what is said of those would change nothing. */
function checkHasData({ optimizee, data, pool, batch, testImages }: OptimizeFlags): void {
  if (findTask(optimizee) !== undefined || OPTIMIZEES[optimizee]?.needsDigits !== false) return;
  const given = { data, pool: pool === 1 ? undefined : pool, batch, "test-images": testImages };
  const useless = Object.entries(given).find(([, value]) => value !== undefined);
  if (useless !== undefined)
    throw new UsageError(
      `--${useless[0]} is of data, and --optimizee ${optimizee} is a function: leave it out.`,
    );
}

async function writeStep(
  flags: OptimizeFlags,
  file: string,
  output: VerbContext["output"],
): Promise<VerbEnd> {
  const { model, result } = await exportStep(flags, file);
  await writeFileAtomic(file, model);
  output.object(result);
  output.text(
    `${file}: one update of ${result.optimizer}, ${result.parameters} parameters of ${result.optimizee}`,
  );
  return "done";
}

async function writeTrained(
  flags: OptimizeFlags,
  file: string,
  { signal, now, progress }: Omit<Parameters<typeof optimizeFairly>[2], "threads">,
  output: VerbContext["output"],
): Promise<VerbEnd> {
  const meter = progress(flags.steps);
  const onStep = (done: number): void => meter.update(done, "steps");
  const { weights, result } = await saveWeights(flags, file, { signal, now, onStep });
  meter.finish();
  await writeFileAtomic(file, weights);
  output.object(result);
  output.text(
    `${file}: ${result.parameters} numbers of ${result.optimizee} after ${result.steps} steps of ${result.optimizer}; loss ${result.loss}`,
  );
  return "done";
}

async function optimizeWithEqualRights(
  flags: OptimizeFlags,
  around: Parameters<typeof optimizeFairly>[2],
  output: VerbContext["output"],
): Promise<VerbEnd> {
  const horizons = flags.horizons ?? [flags.steps];
  const result = await optimizeFairly(flags, horizons, around);
  if (flags.out !== undefined) {
    await writeFileAtomic(join(flags.out, "fair.json"), `${JSON.stringify(result, null, 1)}\n`);
    await writeFileAtomic(join(flags.out, "curves.svg"), drawFair(result, flags.logX === true));
  }
  output.object(result);
  output.text(fairText(result));
  for (const line of [...(result.notes ?? []), ...result.failures]) output.log(`optimize: ${line}`);
  return result.status === "done" ? "done" : "failed";
}

function parseData(text: string): string {
  const legal = DATA_NAMES;
  if (legal.includes(text) || /[\\/.]/.test(text)) return parsePath(text);
  const folder = `or a folder, written with a slash (./${text.slice(0, 100)})`;
  throw new InvalidArgumentError(`Legal: ${legal.join(", ")}, ${folder}${didYouMean(text.slice(0, 100), legal)}.`); // biome-ignore format: one line
}

function parsePart(text: string): string {
  if (/^[\w.*|-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "Expected a word, or names of tensors with * for any characters and | between.",
  );
}

function parseHorizons(text: string): number[] {
  const parse = parseInteger(1, MAX_STEPS);
  const numbers = text.slice(0, 1000).split(",").map((part) => parse(part.trim())); // biome-ignore format: one line
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function parseRates(text: string): RateGrid {
  const parts = text.slice(0, 200).split(":");
  if (parts.length !== 3) throw new InvalidArgumentError("Expected LO:HI:COUNT, such as 1e-4:1:13.");
  const rate = parseReal(1e-12, 1e6, "learning rate");
  const grid = { from: rate(parts[0]), to: rate(parts[1]), count: parseInteger(1, 1000)(parts[2]) };
  if (grid.from > grid.to) throw new InvalidArgumentError("Expected LO <= HI.");
  return grid;
}
