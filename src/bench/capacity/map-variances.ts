import type { Rng } from "../../base/index.ts";
import {
  addSample,
  coefficientsOfRho,
  createFeatureMap,
  createMoments,
  estimateKernel,
  FEATURE_MAP_KINDS,
  type FeatureMapKind,
  isFitted,
  isHyperbolic,
  kernelPowerMoment,
  kernelVariance,
  optimalRho,
  summarizeMoments,
} from "../../cam/index.ts";

/** Variance of a map's kernel estimate over the squared kernel, times the number of features. */
export type MapVarianceRow = {
  readonly map: FeatureMapKind;
  /** s = |q + k|^2. */
  readonly squared_sum: number;
  readonly closed: number;
  /** Not where the tails are too heavy for so many draws: see {@link MOST_ERROR}. */
  readonly measured?: number;
  /** Standard error of what was measured. */
  readonly error?: number;
};

/** s at which the maps are measured. */
const SQUARED_SUMS = [0.03, 0.1, 0.3, 1, 2, 4, 8, 16] as const;
/** A variance is measured where its relative standard error, from the closed fourth moment, is below this. */
const MOST_ERROR = 0.1;

/**
 * Relative variance at equal feature count in closed form, r Var / exp(2 q'k). It depends on n and s alone:
 * how s is made up of q and k cancels against the kernel.
 *
 * @param s |q + k|^2
 */
export function relativeVariance(kind: FeatureMapKind, dim: number, s: number): number {
  const { x, A } = pairAt(kind, dim, s);
  return (featuresOf(kind) * kernelVariance(kind, x, x, A)) / Math.exp(s / 2);
}

/** Closed forms of all maps, and Monte Carlo over independent projections beside them. */
export function measureMapVariances(dim: number, draws: number, rng: Rng): MapVarianceRow[] {
  const rows: MapVarianceRow[] = [];
  for (const map of FEATURE_MAP_KINDS) {
    for (const s of SQUARED_SUMS) {
      const row = { map, squared_sum: s, closed: relativeVariance(map, dim, s) };
      rows.push(
        expectedError(map, dim, s, draws) > MOST_ERROR
          ? row
          : { ...row, ...measure(map, dim, s, draws, rng) },
      );
    }
  }
  return rows;
}

/** q = k along the first axis: s = 4 |q|^2. */
function pairAt(kind: FeatureMapKind, dim: number, s: number): { x: Float64Array; rho: number; A: number } {
  const x = new Float64Array(dim);
  x[0] = Math.sqrt(s) / 2;
  const rho = isFitted(kind) ? optimalRho(s, dim) : 1;
  return { x, rho, A: coefficientsOfRho(rho, dim).A };
}

function featuresOf(kind: FeatureMapKind): number {
  return isHyperbolic(kind) ? 2 : 1;
}

/** Standard error over value of a variance measured with so many draws. */
function expectedError(kind: FeatureMapKind, dim: number, s: number, draws: number): number {
  const { x, A } = pairAt(kind, dim, s);
  const [m1, m2, m3, m4] = [1, 2, 3, 4].map((power) => kernelPowerMoment(kind, x, x, A, power));
  const variance = kernelVariance(kind, x, x, A);
  const fourth = m4 - 4 * m3 * m1 + 6 * m2 * m1 * m1 - 3 * m1 ** 4;
  return Math.sqrt(Math.max(0, fourth / variance ** 2 - 1) / draws);
}

function measure(
  kind: FeatureMapKind,
  dim: number,
  s: number,
  draws: number,
  rng: Rng,
): { measured: number; error: number } {
  const { x, rho } = pairAt(kind, dim, s);
  const coefficients = coefficientsOfRho(rho, dim);
  const moments = createMoments();
  for (let n = 0; n < draws; n++) {
    const map = createFeatureMap({ kind, dim, features: 1, count: "projections", orthogonal: false, rng });
    addSample(moments, estimateKernel(map, coefficients, x, x));
  }
  const { variance, varianceError } = summarizeMoments(moments);
  const scale = featuresOf(kind) / Math.exp(s / 2);
  return { measured: scale * variance, error: scale * varianceError };
}
