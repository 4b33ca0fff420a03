import { type FeedbackTensors, HYPER } from "./feedback-law.ts";
import { fanIn } from "./orthogonal.ts";
import { STATISTICS } from "./tensor-reader.ts";

/** What is known of K tensors in one step. Vectors (K), of signals (K + 1), the last of all tensors. */
export type TensorFacts = {
  /** Fast and slow means of the signal, and its mean square. */
  readonly fast: Float32Array;
  readonly slow: Float32Array;
  readonly square: Float32Array;
  /** Of the direction, and of the parameters. */
  readonly directionRms: Float64Array;
  readonly parameterRms: Float64Array;
  /** `(sum |g|)^2 / (n sum g^2)`: 1 where all coordinates have a gradient of one size, 1 / n where one has it. */
  readonly participation: Float64Array;
  readonly logStep: Float32Array;
  /** Fast and slow mean of the loss. (2) */
  readonly losses: Float32Array;
  readonly hyper: Float32Array;
};

const clamp = (x: number, lo: number, hi: number): number => (x < lo ? lo : x > hi ? hi : x);

/**
 * The statistics of every tensor, none of which has a unit: of the signal (0 to 4), of direction, parameters and gradient
 * (5, 6, 11), of its shape (7 to 9), its step (10), the loss (12), and the time (13 to 16); the last is 1.
 *
 * @param firstLog logarithm of the step before the first update
 * @param z (K, STATISTICS), written
 */
export function writeStatistics(
  { places, unit }: FeedbackTensors,
  facts: TensorFacts,
  firstLog: number,
  z: Float64Array,
): void {
  const { fast, slow, square, directionRms, parameterRms, participation, logStep, losses, hyper } = facts;
  const K = places.length;
  const ratio = (k: number): number => slow[k] / Math.sqrt(square[k] + 1e-8);
  const rise = (losses[0] - losses[1]) / (Math.abs(losses[0]) + Math.abs(losses[1]) || 1);
  places.forEach((place, k) => {
    const isMatrix = place.shape.length > 1;
    const at = k * STATISTICS;
    z[at] = fast[k];
    z[at + 1] = fast[K];
    z[at + 2] = 2 * slow[k];
    z[at + 3] = ratio(k);
    z[at + 4] = ratio(K);
    z[at + 5] = clamp(0.5 * Math.log(directionRms[k] + 1e-3) + 0.5, -2, 1);
    z[at + 6] = isMatrix ? clamp(Math.log(parameterRms[k] / unit[k] + 1e-2) / 3, -2, 2) : 0;
    z[at + 7] = isMatrix ? Math.log(fanIn(place) / 64) / 3 : 0;
    z[at + 8] = Math.log(place.size / 2000) / 4;
    z[at + 9] = isMatrix ? 0 : 1;
    z[at + 10] = (logStep[k] - firstLog) / 3;
    z[at + 11] = clamp(0.5 * Math.log(participation[k] + 1e-3) + 0.5, -2, 1);
    z[at + 12] = clamp(10 * rise, -1, 1);
    for (let i = 0; i < 4; i++) z[at + 13 + i] = hyper[HYPER.time + i];
    z[at + 17] = 1;
  });
}
