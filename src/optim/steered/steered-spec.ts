import { checkCount, checkKeys, checkName, checkNotNegative } from "../../base/index.ts";
import { FEEDBACK_DIRECTIONS, type FeedbackDirection } from "../../rules/index.ts";

/** What remembers the statistics of a tensor over time. */
export const TENSOR_MEMORIES = ["none", "cam", "lstm"] as const;
export type TensorMemory = (typeof TENSOR_MEMORIES)[number];

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

/** @throws ConfigError naming the field, what it is and what is legal */
export function checkSteeredSpec(spec: SteeredSpec): void {
  checkKeys("steered", spec, Object.keys(STEERED_SPEC));
  checkName("kind", spec.kind, ["steered"]);
  checkName("memory", spec.memory, TENSOR_MEMORIES);
  if (spec.direction !== undefined) checkName("direction", spec.direction, FEEDBACK_DIRECTIONS);
  checkCount("width", spec.width, 1, 256);
  checkNotNegative("tau", spec.tau);
  checkCount("features", spec.features, 1, 1024);
}
