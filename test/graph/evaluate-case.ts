import { createRng } from "../../src/base/index.ts";
import {
  constant,
  createGraph,
  type Graph,
  gradients,
  input,
  mul,
  sum,
  type Tensor,
} from "../../src/graph/index.ts";
import type { OpCase } from "./gradient-cases.ts";
import { interpret } from "./interpret.ts";

/** A case as a graph: a random weighting of its outputs is the loss. */
export type BuiltCase = {
  readonly g: Graph;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly loss: Tensor;
  readonly gradients: readonly Tensor[];
  /** Random numbers by input's name, exact in float32. */
  readonly feeds: Record<string, Float64Array>;
};

export function buildCase({ shapes, build, range = [-2, 2] }: OpCase, seed = 1): BuiltCase {
  const rng = createRng(seed);
  const g = createGraph();
  const inputs = shapes.map((shape, i) => input(g, `x${i}`, shape));
  const feeds: Record<string, Float64Array> = {};
  for (const { name, shape } of inputs) {
    const size = shape.reduce((a, b) => a * b, 1);
    const draw = (): number => Math.fround(range[0] + (range[1] - range[0]) * rng.uniform());
    feeds[name] = Float64Array.from({ length: size }, draw);
  }
  const output = build(...inputs);
  const size = output.shape.reduce((a, b) => a * b, 1);
  const weights = constant(
    g,
    Array.from({ length: size }, () => rng.gauss()),
    output.shape,
  );
  const loss = sum(
    mul(output, weights),
    output.shape.map((_, i) => i),
  );
  return { g, inputs, output, loss, gradients: gradients(loss, inputs), feeds };
}

/** d value / d input by central differences in float64, error about step^2. */
export function differences(
  g: Graph,
  feeds: Readonly<Record<string, Float64Array>>,
  value: Tensor,
  wrt: Tensor,
  step = 1e-5,
): Float64Array {
  const at = (shifted: Float64Array): number =>
    interpret(g, { ...feeds, [wrt.name]: shifted }, [value])[0].data[0];
  return feeds[wrt.name].map((x, i, all) => {
    const shifted = all.slice();
    shifted[i] = x + step;
    const above = at(shifted);
    shifted[i] = x - step;
    return (above - at(shifted)) / (2 * step);
  });
}

/** The largest difference, relative to the largest expected number (at least 1). */
export function worstError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return worst / scale;
}
