import { once } from "../../base/index.ts";
import type { TensorPlace } from "../flat-ranges.ts";
import { limitGradient } from "../gradient-limit.ts";
import type { RuleInput, RuleOutput } from "../update-rule.ts";
import {
  createDirectionKernel,
  DIRECTION_CHUNK,
  type DirectionKernel,
  setFactors,
} from "./direction-kernel.ts";
import { type DirectionReader, EVEN, ODD, ODD_LIMIT } from "./direction-reader.ts";
import { type FeedbackTensors, HYPER, TINY_SQUARE } from "./feedback-law.ts";
import { fanIn } from "./orthogonal.ts";

/** What is known of K tensors before directions are read. (K) */
export type DirectionFacts = {
  /** Sums of squares of gradient and last update; root mean square of Adam's direction. */
  readonly gg: Float64Array;
  readonly uu: Float64Array;
  readonly directionRms: Float64Array;
  /** Sums of squares of gradients over the mean ones, and of mean gradients. */
  readonly ratio: Float64Array;
  readonly mm: Float64Array;
  /** (K, blends) what a reader of tensors says of each. */
  readonly blend: Float64Array;
};

const limited = (x: number, most: number): number => (x > most ? most : x < -most ? -most : x);

/** `tanh log sqrt(x)` of a square x: -1 where it is zero, 0 where it is 1. */
const level = (x: number): number => (x < Infinity ? (x - 1) / (x + 1) : 1);

/** One for all: what it is given is written anew for every tensor. */
const sharedKernel = once(createDirectionKernel);

/**
 * Adds what a reader says to the directions of all coordinates: into `updates`, where Adam's are, each tensor's of root mean
 * square `directionRms`, which it is afterwards, too, unless it is to be made orthogonal: then its size is of no account.
 *
 * Odd numbers, each over its root mean square in the tensor: Adam's direction, the gradient over its root mean square in time, the mean
 * gradient, and that over the root of row's and column's mean squares (Shazeer and Stern 2018). Even ones: 1; the size of the
 * gradient in its tensor; whether gradient and direction agree; the size of the direction; whether gradient and last
 * update oppose; the mean square in its tensor; the time; whether it is of a vector. Sizes x as `tanh(log(x))`.
 *
 * @param simd whether as WebAssembly, where there is that and nothing is remembered of coordinates: to the same bits
 */
export function createDirectionArrays(reader: DirectionReader, simd = true) {
  const even = new Float64Array(EVEN);
  const odd = new Float64Array(ODD);
  even[0] = 1;
  const kernel = simd && reader.matrix !== undefined ? sharedKernel() : undefined;
  /** @param isMean (K) whether what is added to is the mean gradient, to be made orthogonal, instead of Adam's direction */
  return (
    tensors: FeedbackTensors,
    facts: DirectionFacts,
    isMean: (k: number) => boolean,
    input: RuleInput,
    out: RuleOutput,
    from: readonly Float32Array[],
    to: readonly Float32Array[],
  ): void => {
    even[6] = input.hyper[HYPER.time];
    const blends = facts.blend.length / tensors.places.length;
    for (let k = 0; k < tensors.places.length; k++) {
      const place = tensors.places[k];
      const { offset, size, shape } = place;
      if (size < reader.smallest) {
        from.forEach((memory, i) => {
          const width = reader.sizes[i];
          to[i].set(memory.subarray(offset * width, (offset + size) * width), offset * width);
        });
        if (isMean(k)) out.updates.set(out.slots[0].subarray(offset, offset + size), offset);
        continue;
      }
      even[7] = shape.length > 1 ? 0 : 1;
      const factors = measureTensor(place, facts, k, out);
      reader.blend(facts.blend.subarray(k * blends, (k + 1) * blends));
      if (kernel !== undefined) readByKernel(kernel, reader, place, factors, isMean(k), input, out, even);
      else readTensor(reader, place, factors, isMean(k), input, out, even, odd, from, to);
      if (!isMean(k)) scaleTo(facts.directionRms[k], place, out.updates);
    }
  };
}

/** Gives the numbers of a tensor a root mean square; zeros stay. */
function scaleTo(rms: number, { offset, size }: TensorPlace, updates: Float32Array): void {
  let sum = 0;
  for (let at = offset; at < offset + size; at++) sum += updates[at] * updates[at];
  const back = sum > 0 ? rms / Math.sqrt(sum / size) : 0;
  for (let at = offset; at < offset + size; at++) updates[at] *= back;
}

/** What {@link readTensor} does, chunk by chunk. */
function readByKernel(
  kernel: DirectionKernel,
  { matrix }: DirectionReader,
  { offset, size }: TensorPlace,
  factors: Factors,
  isMean: boolean,
  { grads, scale, slots: [, , last] }: RuleInput,
  { updates, slots: [mean, square] }: RuleOutput,
  even: Float64Array,
): void {
  const { columns, byRow, byColumn, average, ratio, momentum, factored, direction, gradient, before } = factors; // biome-ignore format: one line
  const perSquare = average > 0 ? 1 / average : 0;
  const numbers = { scale, direction, ratio, momentum, factored, gradient, before, perSquare, time: even[6], vector: even[7] }; // biome-ignore format: one line
  const { floats, doubles } = kernel;
  setFactors(kernel, numbers);
  if (matrix !== undefined) doubles.W.set(matrix);
  const vectors = [[floats.grads, grads], [floats.last, last], [floats.mean, mean], [floats.square, square], [floats.updates, updates]] as const; // biome-ignore format: one line
  let [row, column] = [0, 0];
  for (let begin = offset; begin < offset + size; begin += DIRECTION_CHUNK) {
    const end = Math.min(begin + DIRECTION_CHUNK, offset + size);
    for (const [to, whole] of vectors) to.set(whole.subarray(begin, end));
    for (let i = 0; i < end - begin; ) {
      const rest = Math.min(columns - column, end - begin - i);
      for (let j = 0; j < rest; j++) doubles.products[i + j] = byRow[row] * byColumn[column + j];
      i += rest;
      column += rest;
      if (column === columns) [row, column] = [row + 1, 0];
    }
    kernel.run[isMean ? "mean" : "adam"](end - begin);
    updates.set(floats.updates.subarray(0, end - begin), begin);
  }
}

/** What numbers of a tensor are multiplied by to have a root mean square of 1; zero where they are all zero. */
type Factors = ReturnType<typeof measureTensor>;

function measureTensor(place: TensorPlace, facts: DirectionFacts, k: number, { slots }: RuleOutput) {
  const { offset, size, shape } = place;
  const [mean, square] = slots;
  const columns = shape.at(-1) ?? 1;
  const rows = fanIn(place);
  const { byRow, byColumn, average } = meanSquares(square, offset, rows, columns);
  const perColumn = byColumn.map((x) => (x > 0 ? 1 / x : 0));
  let factored = 0;
  for (let i = 0, at = offset; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++, at++) sum += mean[at] * mean[at] * perColumn[j];
    if (byRow[i] > 0) factored += sum / byRow[i];
  }
  const unit = (squares: number): number => (squares > 0 ? Math.sqrt(size / squares) : 0);
  return {
    ...{ rows, columns, byRow, byColumn, average },
    ...{ ratio: unit(facts.ratio[k]), momentum: unit(facts.mm[k]), factored: unit(factored) },
    direction: facts.directionRms[k] > 0 ? 1 / facts.directionRms[k] : 0,
    gradient: unit(facts.gg[k]),
    before: unit(facts.uu[k]),
  };
}

/** The directions of one tensor, written into `updates`. */
function readTensor(
  reader: DirectionReader,
  { offset }: TensorPlace,
  factors: Factors,
  isMean: boolean,
  { grads, scale, slots: [, , last] }: RuleInput,
  { updates, slots: [mean, square] }: RuleOutput,
  even: Float64Array,
  odd: Float64Array,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
): void {
  const { rows, columns, byRow, byColumn, average, ratio, momentum, factored, direction } = factors;
  const perSquare = average > 0 ? 1 / average : 0;
  for (let i = 0, at = offset; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      const g = limitGradient(scale * grads[at]);
      const d = updates[at];
      const m = momentum * mean[at];
      const product = byRow[i] * byColumn[j];
      odd[0] = limited(direction * d, ODD_LIMIT);
      odd[1] = limited((ratio * g) / Math.sqrt(Math.max(square[at], TINY_SQUARE)), ODD_LIMIT);
      odd[2] = limited(m, ODD_LIMIT);
      odd[3] = product > 0 ? limited((factored * mean[at]) / Math.sqrt(product), ODD_LIMIT) : 0;
      const unit = factors.gradient * g;
      even[1] = level(unit * unit);
      even[2] = limited(odd[0] * odd[1], 1);
      even[3] = level(d * d);
      even[4] = limited(-unit * factors.before * last[at], 1);
      even[5] = level(perSquare * square[at]);
      updates[at] = (isMean ? m : direction * d) + reader.read(even, odd, from, to, at);
    }
}

/** Means of a matrix (rows, columns) along its axes, those of columns over that of all. */
function meanSquares(values: Float32Array, offset: number, rows: number, columns: number) {
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  let sum = 0;
  for (let i = 0, at = offset; i < rows; i++) {
    let own = 0;
    for (let j = 0; j < columns; j++, at++) {
      own += values[at];
      byColumn[j] += values[at];
    }
    byRow[i] = own / columns;
    sum += own;
  }
  for (let j = 0; j < columns && sum > 0; j++) byColumn[j] /= sum / columns;
  return { byRow, byColumn, average: sum / (rows * columns) };
}
