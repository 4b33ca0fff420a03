import { ConfigError, checkCount, checkKeys, checkName, checkNotNegative } from "../../base/index.ts";
import { FEEDBACK_DIRECTIONS, type FeedbackDirection } from "../../rules/index.ts";

/** What remembers the statistics of a tensor over time. */
export const TENSOR_MEMORIES = ["none", "cam", "lstm"] as const;
export type TensorMemory = (typeof TENSOR_MEMORIES)[number];

/** What corrects the direction of every coordinate: what is there in the step alone, or a memory over time, too: a running mean or an associative one. */
export const DIRECTION_MEMORIES = ["linear", "mean", "cam"] as const;

/** The network that reads coordinates. */
export type DirectionSpec = {
  readonly memory: (typeof DIRECTION_MEMORIES)[number];
  /** Discount per step, >= 0; features, an even number; the seed that their projections are drawn from. */
  readonly tau: number;
  readonly features: number;
  readonly seed: number;
  /** Tensors with fewer coordinates are left as they are; 0 where absent. */
  readonly smallest?: number;
  /** Networks that a tensor's memory blends for its coordinates; without it there is one for all. */
  readonly blends?: number;
};

/** Four features: 12 floats per coordinate, and 3 of the rule. */
export const DIRECTION_SPEC: DirectionSpec = { memory: "cam", tau: 0.1, features: 4, seed: 0 };

/** What is learned of an optimizer whose steps are found by feedback, but for its weights: plain data. */
export type SteeredSpec = {
  readonly kind: "steered";
  /** "none": a linear read-out alone; "cam": an associative memory over time beside it; "lstm": an LSTM instead. */
  readonly memory: TensorMemory;
  /** Units of the memory. */
  readonly width: number;
  /** Discount per step of the associative memory, >= 0. */
  readonly tau: number;
  /** Its hyperbolic features. */
  readonly features: number;
  /** Their projections are drawn from it. */
  readonly seed: number;
  /** What matrices are moved along; "adam" where absent. */
  readonly direction?: FeedbackDirection;
  /** Whether tensors are also known by their coordinates, and by each other: with a memory alone. */
  readonly tensorwise?: boolean;
  /** What corrects directions; nothing where absent. */
  readonly coordinates?: DirectionSpec;
};

export const STEERED_SPEC: SteeredSpec = {
  kind: "steered",
  memory: "cam",
  width: 4,
  tau: 0.1,
  features: 8,
  seed: 0,
  direction: "adam",
};

/** From so many coordinates on a tensor is a large one. */
const LARGE = 1000;

/** Designs by name: what remembers, and what is known of a tensor. */
export const STEERED_DESIGNS = {
  /** Every coordinate with a memory, tensors by a linear read-out: coordinate-wise Mnemosyne. */
  light: { ...STEERED_SPEC, memory: "none", coordinates: DIRECTION_SPEC },
  /** Tensors by pooled coordinates, each with a memory over time, and by each other. */
  "tensor-wise": { ...STEERED_SPEC, tensorwise: true },
  /** Tensor-wise, and a memory for every coordinate of large tensors. */
  super: { ...STEERED_SPEC, tensorwise: true, coordinates: { ...DIRECTION_SPEC, smallest: LARGE } },
  /**
   * VeLO with an associative memory for its LSTM: a memory over time for each tensor blends the networks of its
   * coordinates, which have none. Source: Metz et al. 2022 for the two levels.
   */
  velo: { ...STEERED_SPEC, coordinates: { ...DIRECTION_SPEC, memory: "linear", blends: 4 } },
} as const satisfies Readonly<Record<string, SteeredSpec>>;
export type SteeredDesign = keyof typeof STEERED_DESIGNS;

/** @throws ConfigError naming the field, what it is and what is legal */
export function checkSteeredSpec(spec: SteeredSpec): void {
  checkKeys("steered", spec, [...Object.keys(STEERED_SPEC), "coordinates", "tensorwise"]);
  checkName("kind", spec.kind, ["steered"]);
  checkName("memory", spec.memory, TENSOR_MEMORIES);
  if (spec.direction !== undefined) checkName("direction", spec.direction, FEEDBACK_DIRECTIONS);
  checkCount("width", spec.width, 1, 256);
  checkNotNegative("tau", spec.tau);
  checkCount("features", spec.features, 1, 1024);
  const { coordinates, tensorwise = false } = spec;
  const takes = spec.memory === "none" ? "false: a memory of tensors is what it is for" : "true or false";
  if (tensorwise !== false && (tensorwise !== true || spec.memory === "none"))
    throw new ConfigError(`tensorwise is ${tensorwise}, expected ${takes}`);
  if (coordinates === undefined) return;
  checkKeys("coordinates", coordinates, [...Object.keys(DIRECTION_SPEC), "smallest", "blends"]);
  checkName("coordinates.memory", coordinates.memory, DIRECTION_MEMORIES);
  checkNotNegative("coordinates.tau", coordinates.tau);
  checkCount("coordinates.features", coordinates.features, 2, 1024);
  checkCount("coordinates.smallest", coordinates.smallest ?? 0, 0);
  checkCount("coordinates.blends", coordinates.blends ?? 1, 1, 64);
  if (coordinates.blends !== undefined && spec.memory === "none")
    throw new ConfigError(
      "coordinates.blends is given, expected none without a memory of tensors to say them",
    );
  if (coordinates.features % 2 !== 0)
    throw new ConfigError(`coordinates.features is ${coordinates.features}, expected an even number`);
}
