import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  expand,
  max,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { type DirectionReader, ODD_LIMIT } from "./direction-reader.ts";
import { type FeedbackTensors, HYPER, TINY_SQUARE } from "./feedback-law.ts";
import { fanIn } from "./orthogonal.ts";

/** In place of a divisor that may be zero. */
const TINY = 1e-30;

/** What is known of K tensors: vectors of their coordinates; gradients are over the largest of their tensor. */
export type DirectionFactTensors = {
  readonly gs: readonly Tensor[];
  /** Last updates, Adam's directions, mean gradients and mean squares. */
  readonly us: readonly Tensor[];
  readonly ds: readonly Tensor[];
  readonly means: readonly Tensor[];
  readonly squares: readonly Tensor[];
  /** (K) */
  readonly directionRms: Tensor;
  readonly hyper: readonly Tensor[];
};

const rms = (x: Tensor): Tensor => sqrt(mul(sum(square(x), [0], true), 1 / x.shape[0]));
const unit = (x: Tensor): Tensor => div(x, maximum(rms(x), TINY));
/** `1 - 2 / (x + 1)`: finite for every x >= 0. */
const level = (x: Tensor): Tensor => sub(1, div(2, add(x, 1)));
/** A vector over its largest number. */
const relative = (x: Tensor, least = TINY): Tensor => div(x, maximum(max(abs(x), [0], true), least));

/** `createDirectionArrays` as graph pieces. @param blend (K, blends) of each tensor @returns the directions of each tensor, and the memories after */
export function directionTensors(
  reader: DirectionReader,
  { places }: FeedbackTensors,
  facts: DirectionFactTensors,
  isMean: (k: number) => boolean,
  state: readonly Tensor[],
  blend: Tensor | undefined,
): { readonly directions: readonly Tensor[]; readonly state: readonly Tensor[] } {
  const evens: Tensor[] = [];
  const odds: Tensor[] = [];
  const bases: Tensor[] = [];
  places.forEach((place, k) => {
    const { size, shape } = place;
    const { graph } = facts.gs[k];
    const [d, v] = [facts.ds[k], facts.squares[k]];
    const m = relative(facts.means[k]);
    const known = (value: number): Tensor => constant(graph, new Float32Array(size).fill(value), [size]);
    // The root of a relative mean square, to which the gradient over its largest is relative, too: a factor that `unit` takes.
    const ratio = div(facts.gs[k], sqrt(maximum(relative(v, TINY_SQUARE), TINY)));
    const { factored, average } = factor(relative(v, TINY_SQUARE), fanIn(place), shape.at(-1) ?? 1);
    const [direction, current, momentum, divided] = [d, ratio, m, div(m, sqrt(maximum(factored, TINY)))].map(
      unit,
    );
    const odd = [direction, current, momentum, divided].map((x) => clip(x, -ODD_LIMIT, ODD_LIMIT));
    const g = unit(facts.gs[k]);
    const even = [
      known(1),
      level(square(g)),
      clip(mul(odd[0], odd[1]), -1, 1),
      level(square(d)),
      clip(mul(mul(g, unit(facts.us[k])), -1), -1, 1),
      level(div(relative(v, TINY_SQUARE), maximum(average, TINY))),
      expand(facts.hyper[HYPER.time], [size]),
      known(shape.length > 1 ? 0 : 1),
    ];
    const columns = (xs: readonly Tensor[]): Tensor => concat(xs.map((x) => reshape(x, [size, 1])), 1); // biome-ignore format: one line
    evens.push(columns(even));
    odds.push(columns(odd));
    bases.push(isMean(k) ? momentum : direction);
  });
  const blends = blend && concat(places.map(({ size }, k) => expand(slice(blend, 0, k, k + 1), [size, blend.shape[1]])), 0); // biome-ignore format: one line
  const read = reader.tensors(concat(evens, 0), concat(odds, 0), state, blends);
  const directions = places.map(({ offset, size }, k) => {
    if (size < reader.smallest) return isMean(k) ? facts.means[k] : facts.ds[k];
    const whole = add(bases[k], slice(read.out, 0, offset, offset + size));
    return mul(unit(whole), slice(facts.directionRms, 0, k, k + 1));
  });
  if (places.every(({ size }) => size >= reader.smallest)) return { directions, state: read.state };
  const next = read.state.map((memory, i) => {
    const pieces = places.map(({ offset, size }) => {
      const [from, to] = [offset, offset + size].map((at) => at * reader.sizes[i]);
      return slice(size < reader.smallest ? state[i] : memory, 0, from, to);
    });
    return concat(pieces, 0);
  });
  return { directions, state: next };
}

/** Products of means along rows and columns (rows, columns), over the mean of all (1). */
function factor(v: Tensor, rows: number, columns: number): { factored: Tensor; average: Tensor } {
  const matrix = reshape(v, [rows, columns]);
  const byRow = mul(sum(matrix, [1], true), 1 / columns);
  const byColumn = mul(sum(matrix, [0], true), 1 / rows);
  const average = mul(sum(v, [0], true), 1 / (rows * columns));
  const factored = div(mul(byRow, byColumn), maximum(average, TINY));
  return { factored: reshape(factored, [rows * columns]), average };
}
