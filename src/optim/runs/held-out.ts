import { type DigitSet, digitBatch } from "../digits/digit-set.ts";
import type { Feeds } from "../optimizees/optimizee.ts";

/** Examples that nothing trains on, to judge parameters by. */
export type HeldOut = {
  readonly count: number;
  /** Values for the optimizee's `batch` inputs, and perhaps more, of some examples. */
  feeds(indices: Int32Array): Feeds;
};

/** Images and their labels, to judge by. */
export function heldOutDigits(digits: DigitSet): HeldOut {
  return { count: digits.count, feeds: (indices) => digitBatch(digits, indices) };
}
