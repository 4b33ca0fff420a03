import type { Rng } from "../../base/index.ts";
import type { ParameterLayout } from "../../graph/index.ts";

/** Some coordinates of a parameter vector, and how many each stands for. */
export type CoordinateSample = {
  /** (m), ascending within a tensor; where a layout has fewer than m coordinates, all and then repeats. */
  readonly indices: Int32Array;
  /** (m): coordinates of its tensor over those drawn of it, so that weighted sums estimate whole ones; 0: filler. */
  readonly weights: Float32Array;
};

/**
 * Draws m coordinates without replacement, tensor by tensor: shares in proportion to the root of a tensor's
 * size, so that biases are seen too, which are few and matter much.
 */
export function sampleCoordinates(layout: ParameterLayout, m: number, rng: Rng): CoordinateSample {
  const indices = new Int32Array(m);
  const weights = new Float32Array(m);
  const quotas = shareOut(
    layout.entries.map(({ size }) => size),
    m,
  );
  let at = 0;
  layout.entries.forEach(({ offset, size }, e) => {
    const count = quotas[e];
    let left = count;
    for (let i = 0; i < size && left > 0; i++) {
      // Selection sampling: each subset of `count` is equally likely.
      if (rng.uniform() * (size - i) >= left) continue;
      indices[at] = offset + i;
      weights[at] = size / count;
      at++;
      left--;
    }
  });
  return { indices, weights };
}

/** Counts that sum to min(m, all), at most `size` each, otherwise in proportion to its root. */
function shareOut(sizes: readonly number[], m: number): number[] {
  const counts = sizes.map(() => 0);
  let left = Math.min(
    m,
    sizes.reduce((a, b) => a + b, 0),
  );
  let open = sizes.map((_, i) => i);
  while (left > 0) {
    const total = open.reduce((sum, i) => sum + Math.sqrt(sizes[i]), 0);
    const pot = left;
    for (const i of open) {
      const want = Math.max(1, Math.floor((pot * Math.sqrt(sizes[i])) / total));
      const given = Math.min(want, sizes[i] - counts[i], left);
      counts[i] += given;
      left -= given;
    }
    open = open.filter((i) => counts[i] < sizes[i]);
  }
  return counts;
}
