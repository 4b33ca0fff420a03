import type { MetaOptions } from "./meta-options.ts";

/** Rows of T steps for the backward pass to be filled: m numbers each, and h hyper-parameters. */
export function emptyRows(T: number, m: number, h: number) {
  return {
    grads: new Float32Array(T * m),
    pull: new Float32Array(T * m),
    target: new Float32Array(T * m),
    hyper: new Float32Array(T * h),
  };
}

/** By what the gradient of a loss counts in the objective of an unroll. */
export function pullFactor({ objective, unroll }: MetaOptions, loss: number): number {
  if (objective === "none") return 0;
  return 1 / unroll / (objective === "log-loss" ? Math.max(loss, 1e-12) : 1);
}

/** The loss after step t depends on the updates 0..t: adds its gradient to their rows. */
export function addPull(
  pull: Float32Array,
  t: number,
  m: number,
  grads: Float32Array,
  indices: Int32Array,
  counts: Float32Array,
  factor: number,
): void {
  for (let i = 0; i < m; i++) {
    const part = factor * counts[i] * grads[indices[i]];
    for (let s = 0; s <= t; s++) pull[s * m + i] += part;
  }
}

/** Weights of the distance to the teacher that make its sum over steps and coordinates a mean over the whole vector. (m) */
export function teacherShare(options: MetaOptions, counts: Float32Array, n: number): Float32Array {
  const { imitation, teacherRate, unroll } = options;
  return counts.map((count) => (imitation * count) / (n * unroll * teacherRate ** 2));
}

/** The rows of some coordinates from arrays of (n * size). */
export function gatherRows(
  state: readonly Float32Array[],
  sizes: readonly number[],
  indices: Int32Array,
): Float32Array[] {
  return state.map((array, i) => {
    const size = sizes[i];
    const out = new Float32Array(indices.length * size);
    indices.forEach((index, at) => {
      out.set(array.subarray(index * size, (index + 1) * size), at * size);
    });
    return out;
  });
}
