import { createRng, type Rng } from "../../src/base/index.ts";
import {
  createFeatureMap,
  estimateKernel,
  type FeatureCoefficients,
  type FeatureMapKind,
  type FeatureMapOptions,
} from "../../src/cam/index.ts";

export type Sample = {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly meanError: number;
  readonly variance: number;
  /** Standard error of the variance, from the sample's fourth moment. */
  readonly varianceError: number;
};

/** Moments of `draw()` over `count` draws. */
export function sampleMoments(count: number, draw: () => number): Sample {
  const values = Float64Array.from({ length: count }, draw);
  let mean = 0;
  for (const value of values) mean += value / count;
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    second += (value - mean) ** 2 / count;
    fourth += (value - mean) ** 4 / count;
  }
  return {
    mean,
    meanError: Math.sqrt(second / count),
    variance: second,
    varianceError: Math.sqrt((fourth - second * second) / count),
  };
}

/** Kernel estimates of freshly drawn maps. */
export function sampleKernel(
  options: Omit<FeatureMapOptions, "rng" | "dim"> & { readonly kind: FeatureMapKind },
  coefficients: FeatureCoefficients,
  x: Float64Array,
  y: Float64Array,
  count: number,
  seed: number,
): Sample {
  const rng = createRng(seed);
  return sampleMoments(count, () =>
    estimateKernel(createFeatureMap({ ...options, dim: x.length, rng }), coefficients, x, y),
  );
}

/** n Gaussian numbers times `scale`. */
export function gaussians(n: number, rng: Rng, scale = 1): Float64Array {
  return Float64Array.from({ length: n }, () => scale * rng.gauss());
}

export function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, value, i) => sum + value * y[i], 0);
}

/** A vector of the given norm in a random direction. */
export function ofNorm(n: number, norm: number, rng: Rng): Float64Array {
  const z = gaussians(n, rng);
  const factor = norm / Math.sqrt(dot(z, z));
  return z.map((value) => factor * value);
}
