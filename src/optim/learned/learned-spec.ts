import {
  ConfigError,
  checkCount,
  checkKeys,
  checkName,
  checkNotNegative,
  checkPositive,
} from "../../base/index.ts";
import { FEATURE_MAP_KINDS, type FeatureMapKind } from "../../cam/index.ts";

/** How a gradient is shown to a learned optimizer. */
export const INPUT_KINDS = ["log", "moments"] as const;
/**
 * "log": `(log|g| / p, sign g)`, or `(-1, e^p g)` for small |g| (Andrychowicz et al. 2016, p = 10).
 * "moments": these two and the gradient and two running means of it over its running root mean square.
 */
export type InputKind = (typeof INPUT_KINDS)[number];

/** The memory of a Mnemosyne cell: random features of some kind, or regular attention over a cache. */
export type CellMemorySpec = {
  readonly kind: FeatureMapKind | "cache";
  /** r: length of phi; patterns kept by a cache. */
  readonly features: number;
  /** rho of the "++" maps, in (0, 1], or "data": a thickened state. */
  readonly rho: number | "data";
  /** How many rho a thickened state holds. */
  readonly slices: number;
  /** The projections are drawn from it. */
  readonly seed: number;
};

type CommonSpec = {
  readonly inputs: InputKind;
  /** Units of a cell. */
  readonly width: number;
  /** The update is the network's output times this. */
  readonly outputScale: number;
};

/** Cells of associative memory over time, one after the other, the same for every coordinate. */
export type MnemosyneSpec = CommonSpec & {
  readonly kind: "mnemosyne";
  /** Discount per step of each cell's memory, >= 0; as many as there are cells. */
  readonly taus: readonly number[];
  readonly memory: CellMemorySpec;
  /** Hidden units of a dense layer after each memory; 0: none. */
  readonly feedForward: number;
};

/** LSTM cells, one after the other, the same for every coordinate (Andrychowicz et al. 2016). */
export type LstmSpec = CommonSpec & { readonly kind: "lstm"; readonly cells: number };

/** What a learned optimizer is, but for its weights: plain data. */
export type LearnedSpec = MnemosyneSpec | LstmSpec;

/** Two cells of 16, tau 0.1, 16 hyperbolic features: the paper's optimizer. */
export const MNEMOSYNE_SPEC: MnemosyneSpec = {
  kind: "mnemosyne",
  inputs: "log",
  width: 16,
  outputScale: 0.01,
  taus: [0.1, 0.1],
  memory: { kind: "hf+", features: 16, rho: "data", slices: 16, seed: 0 },
  feedForward: 0,
};

/** One cell of 8: the paper's light variant. */
export const LIGHT_SPEC: MnemosyneSpec = { ...MNEMOSYNE_SPEC, width: 8, taus: [0.1] };

/** Two layers of 20, as in Andrychowicz et al. 2016. */
export const LSTM_SPEC: LstmSpec = {
  kind: "lstm",
  inputs: "log",
  width: 20,
  outputScale: 0.01,
  cells: 2,
};

/** The designs that can be asked for by name. */
export const LEARNED_SPECS = {
  mnemosyne: MNEMOSYNE_SPEC,
  "mnemosyne-light": LIGHT_SPEC,
  lstm: LSTM_SPEC,
} as const satisfies Readonly<Record<string, LearnedSpec>>;

/** Largest legal sizes: far beyond use, so that a damaged design cannot ask for gigabytes. */
const MOST = { width: 1024, cells: 16, features: 4096, slices: 256, feedForward: 4096 } as const;
/** Widest cell with a memory, and the most its state takes per coordinate: 60 times the paper's, drawn in seconds. */
const MOST_OF_MEMORY = { width: 128, state: 2 ** 19 } as const;

/** @throws ConfigError naming the field, what it is and what is legal */
export function checkLearnedSpec(spec: LearnedSpec): void {
  checkName("kind", spec.kind, ["mnemosyne", "lstm"]);
  checkName("inputs", spec.inputs, INPUT_KINDS);
  checkCount("width", spec.width, 1, MOST.width);
  checkPositive("outputScale", spec.outputScale);
  if (spec.kind === "lstm") {
    checkKeys("lstm", spec, Object.keys(LSTM_SPEC));
    checkCount("cells", spec.cells, 1, MOST.cells);
    return;
  }
  checkKeys("mnemosyne", spec, Object.keys(MNEMOSYNE_SPEC));
  if (!Array.isArray(spec.taus) || spec.taus.length === 0 || spec.taus.length > MOST.cells)
    throw new ConfigError(
      `taus is ${JSON.stringify(spec.taus)}, expected a discount for each of 1 to ${MOST.cells} cells`,
    );
  for (const tau of spec.taus) checkNotNegative("taus", tau);
  checkCount("feedForward", spec.feedForward, 0, MOST.feedForward);
  const { memory } = spec;
  if (typeof memory !== "object" || memory === null)
    throw new ConfigError(
      `memory is ${JSON.stringify(memory)}, expected its kind, features, rho, slices, seed`,
    );
  checkKeys("memory", memory, Object.keys(MNEMOSYNE_SPEC.memory));
  checkName("memory.kind", memory.kind, [...FEATURE_MAP_KINDS, "cache"]);
  checkCount("memory.features", memory.features, 1, MOST.features);
  checkCount("memory.slices", memory.slices, 1, MOST.slices);
  checkCount("width", spec.width, 1, MOST_OF_MEMORY.width);
  const slices = memory.kind === "cache" ? 2 : memory.slices;
  const state = spec.taus.length * slices * memory.features * spec.width;
  if (state > MOST_OF_MEMORY.state)
    throw new ConfigError(
      `memories of ${spec.taus.length} cells, ${memory.slices} slices, ${memory.features} features and width ${spec.width} hold ${state} numbers per coordinate, expected at most ${MOST_OF_MEMORY.state}`,
    );
  if (!Number.isSafeInteger(memory.seed))
    throw new ConfigError(`memory.seed is ${memory.seed}, expected an integer`);
  const { rho } = memory;
  if (rho !== "data" && !(Number.isFinite(rho) && rho > 0 && rho <= 1))
    throw new ConfigError(`memory.rho is ${rho}, expected a number in (0, 1] or "data"`);
}
