import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createRng, hashSeed } from "../../base/index.ts";
import {
  CAPACITY_PARTS,
  type CapacityPart,
  type CapacityResult,
  capacityText,
  drawCapacityFigures,
  measureEnergyVariances,
  measureMapVariances,
  measureMargins,
  measureQrBias,
  measureRetrieval,
  measureStorage,
} from "../../bench/index.ts";
import { checkWritable, writeFileAtomic } from "../../node/index.ts";
import { type FlagValues, flag, listFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseInteger, parseList } from "../parse-values.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  dim: flag("--dim <N>", "bits of a pattern, n", parseInteger(2, 8), 8),
  draws: flag("--draws <N>", "projections of a Monte Carlo mean", parseInteger(100, 10_000_000), 100_000),
  memories: flag("--memories <N>", "memories of a retrieval rate", parseInteger(2, 100_000), 40),
  parts: listFlag(
    "--parts <LIST>",
    `some of ${CAPACITY_PARTS.join(",")}`,
    parseList(CAPACITY_PARTS),
    CAPACITY_PARTS,
  ),
  ...shared("seed", "out", "json"),
};

/** Dimension of the block whose bias is shown, at most. */
const QR_DIM = 4;

/** `mnemosyne capacity`: the theory of the associative memory, as tables and figures. */
export const registerCapacity = defineVerb({
  name: "capacity",
  summary: "the associative memory's theory, as tables and figures",
  description:
    "Measures what theory says of the associative memory: maps (variance of the feature maps), energy " +
    "(variance of an energy change), storage (Theorem 4.4: the sign of a bit flip's energy change, and " +
    "retrieval), qr (bias of orthogonal projections whose signs are not corrected). " +
    "--out is a folder for capacity-maps.svg, capacity-storage.svg and capacity-qr.svg.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc capacity --out docs/figures",
  action: runCapacity,
});

async function runCapacity(
  flags: FlagValues<typeof FLAGS>,
  { output, signal }: VerbContext,
): Promise<VerbEnd> {
  const { seed, dim, draws, memories, parts, out } = flags;
  const steps = [
    ...parts.filter((part) => part !== "storage"),
    ...(parts.includes("storage") ? STORAGE_STEPS : []),
  ];
  await checkWritable(out && join(out, "capacity-maps.svg"));
  const progress = output.progress("capacity", steps.length);
  let done = 0;
  // Every step has a stream of its own, so that a part's numbers do not depend on which others are asked for.
  const step = async <T>(salt: number, measure: (rng: ReturnType<typeof createRng>) => T): Promise<T> => {
    await setImmediate(); // lets an interruption in
    signal.throwIfAborted();
    const value = measure(createRng(hashSeed(seed, salt)));
    progress.update(++done);
    return value;
  };
  const wants = (part: CapacityPart): boolean => parts.includes(part);
  const maps = wants("maps") ? await step(1, (rng) => measureMapVariances(dim, draws, rng)) : undefined;
  const energy = wants("energy") ? await step(2, (rng) => measureEnergyVariances(draws, rng)) : undefined;
  const storage = wants("storage")
    ? {
        bounds: await step(3, (rng) => measureStorage(dim, draws, rng)),
        margins: await step(4, (rng) => measureMargins(dim, draws, rng)),
        retrieval: await step(5, (rng) => measureRetrieval(dim, memories, rng)),
      }
    : undefined;
  const block = { dim: Math.min(QR_DIM, dim), draws: Math.max(2, Math.ceil(draws / 4)) };
  const qr = wants("qr")
    ? await step(6, (rng) => ({ ...block, rows: measureQrBias(block.dim, block.draws, rng) }))
    : undefined;
  progress.finish();
  const result: CapacityResult = {
    verb: "capacity",
    seed,
    dim,
    draws,
    ...(maps === undefined ? {} : { maps }),
    ...(energy === undefined ? {} : { energy }),
    ...(storage === undefined ? {} : { storage }),
    ...(qr === undefined ? {} : { qr }),
  };
  const files: string[] = [];
  if (out !== undefined) {
    for (const [name, svg] of Object.entries(drawCapacityFigures(result))) {
      const path = join(out, `capacity-${name}.svg`);
      await writeFileAtomic(path, svg);
      files.push(path);
    }
  }
  output.object(out === undefined ? result : { ...result, files });
  output.text([capacityText(result), ...(files.length === 0 ? [] : ["", ...files])].join("\n"));
  return "done";
}

const STORAGE_STEPS = ["bounds", "margins", "retrieval"] as const;
