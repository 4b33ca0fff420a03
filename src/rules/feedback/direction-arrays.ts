import { limitGradient } from "../gradient-limit.ts";
import type { RuleInput, RuleOutput } from "../update-rule.ts";
import { type DirectionReader, EVEN, ODD, ODD_LIMIT } from "./direction-reader.ts";
import { type FeedbackTensors, HYPER, TINY_SQUARE } from "./feedback-law.ts";
import { fanIn } from "./orthogonal.ts";

/** What is known of K tensors before directions are read. (K) */
export type DirectionFacts = {
  /** Sums of squares of gradient and last update; root mean square of Adam's direction. */
  readonly gg: Float64Array;
  readonly uu: Float64Array;
  readonly directionRms: Float64Array;
};

const limited = (x: number, most: number): number => (x > most ? most : x < -most ? -most : x);

/**
 * Adds what a reader says to the directions of all coordinates: into `updates`, where Adam's are, each tensor's of root mean
 * square `directionRms`, which it is afterwards, too.
 *
 * Odd numbers, each over its root mean square in the tensor: Adam's direction, the gradient over its root mean square in time, the mean
 * gradient, and that over the root of row's and column's mean squares (Shazeer and Stern 2018). Even ones: 1; the
 * logarithm of the gradient's size in its tensor; whether gradient and direction agree; the logarithm of the direction; whether gradient
 * and last update oppose; the logarithm of the mean square in its tensor; the time; whether it is of a vector.
 *
 * @param isMean (K) whether what is added to is the mean gradient instead of Adam's direction
 */
export function readDirections(
  reader: DirectionReader,
  tensors: FeedbackTensors,
  facts: DirectionFacts,
  isMean: (k: number) => boolean,
  input: RuleInput,
  out: RuleOutput,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
): void {
  const { grads, scale, slots, hyper } = input;
  const { updates, slots: next } = out;
  const [mean, square] = next;
  const last = slots[2];
  const even = new Float64Array(EVEN);
  const odd = new Float64Array(ODD);
  even[0] = 1;
  even[6] = hyper[HYPER.time];
  tensors.places.forEach((place, k) => {
    const { offset, size, shape } = place;
    const columns = shape.at(-1) ?? 1;
    const { byRow, byColumn, average } = meanSquares(square, offset, fanIn(place), columns);
    const sizes = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      const factored = byRow[Math.floor(i / columns)] * byColumn[i % columns];
      sizes[0] += limitGradient(scale * grads[at]) ** 2 / Math.max(square[at], TINY_SQUARE);
      sizes[1] += mean[at] ** 2;
      sizes[2] += factored > 0 ? mean[at] ** 2 / factored : 0;
    }
    const [ratio, momentum, factor] = sizes.map((sum) => (sum > 0 ? Math.sqrt(size / sum) : 0));
    const own = facts.directionRms[k];
    const direction = own > 0 ? 1 / own : 0;
    const gradient = facts.gg[k] > 0 ? Math.sqrt(size / facts.gg[k]) : 0;
    const before = facts.uu[k] > 0 ? Math.sqrt(size / facts.uu[k]) : 0;
    even[7] = shape.length > 1 ? 0 : 1;
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      const g = limitGradient(scale * grads[at]);
      const d = updates[at];
      const factored = byRow[Math.floor(i / columns)] * byColumn[i % columns];
      odd[0] = limited(direction * d, ODD_LIMIT);
      odd[1] = limited((ratio * g) / Math.sqrt(Math.max(square[at], TINY_SQUARE)), ODD_LIMIT);
      odd[2] = limited(momentum * mean[at], ODD_LIMIT);
      odd[3] = factored > 0 ? limited((factor * mean[at]) / Math.sqrt(factored), ODD_LIMIT) : 0;
      const g2 = gradient * g;
      even[1] = 0.25 * Math.log(g2 * g2 + 1e-4);
      even[2] = limited(odd[0] * odd[1], 1);
      even[3] = 0.5 * Math.log(d * d + 1e-3);
      even[4] = limited(-g2 * before * last[at], 1);
      even[5] = average > 0 ? 0.25 * Math.log(square[at] / average + 1e-4) : 0;
      const base = isMean(k) ? momentum * mean[at] : direction * d;
      const x = base + reader.read(even, odd, from, to, at);
      updates[at] = x;
      sum += x * x;
    }
    const back = sum > 0 ? own / Math.sqrt(sum / size) : 0;
    for (let at = offset; at < offset + size; at++) updates[at] *= back;
  });
}

/** Means of a matrix (rows, columns) along its axes, those of columns over that of all. */
function meanSquares(values: Float32Array, offset: number, rows: number, columns: number) {
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  let sum = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const v = values[offset + i * columns + j];
      byRow[i] += v / columns;
      byColumn[j] += v;
      sum += v;
    }
  for (let j = 0; j < columns && sum > 0; j++) byColumn[j] /= sum / columns;
  return { byRow, byColumn, average: sum / (rows * columns) };
}
