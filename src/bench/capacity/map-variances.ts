import type { Rng } from "../../base/index.ts";
import {
  addSample,
  coefficientsOfRho,
  createFeatureMap,
  createMoments,
  estimateKernel,
  FEATURE_MAP_KINDS,
  type FeatureMap,
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

/** Mean of the kernel estimate with orthogonal projections over the kernel, less 1. */
export type QrBiasRow = {
  readonly map: FeatureMapKind;
  /** Whether the columns of Q are multiplied by sign(diag R). */
  readonly corrected: boolean;
  /** |q + k|^2. */
  readonly squared_sum: number;
  readonly bias: number;
  /** Standard error of the bias. */
  readonly error: number;
};

const QR_SQUARED_SUMS = [0.1, 0.25, 0.5, 1, 1.5, 2] as const;

/**
 * The bias that Householder QR leaves in random features when its signs are not corrected: some directions
 * come more often than their opposite. q = k along the diagonal (1, .., 1), one whole block of n
 * projections; all maps and sizes read the same draws.
 */
export function measureQrBias(dim: number, draws: number, rng: Rng): QrBiasRow[] {
  const rows: QrBiasRow[] = [];
  for (const corrected of [false, true]) {
    const cells = FEATURE_MAP_KINDS.flatMap((kind) =>
      QR_SQUARED_SUMS.map((s) => ({
        kind,
        s,
        x: new Float64Array(dim).fill(Math.sqrt(s / dim) / 2),
        coefficients: coefficientsOfRho(isFitted(kind) ? optimalRho(s, dim) : 1, dim),
        moments: createMoments(),
      })),
    );
    for (let n = 0; n < draws; n++) {
      const plain = createFeatureMap({ kind: "favor+", dim, features: dim, signCorrected: corrected, rng });
      const paired: FeatureMap = { ...plain, kind: "hf+", features: 2 * dim };
      for (const { kind, s, x, coefficients, moments } of cells) {
        const map = isHyperbolic(kind) ? paired : plain;
        addSample(moments, estimateKernel(map, coefficients, x, x) / Math.exp(s / 4));
      }
    }
    for (const { kind, s, moments } of cells) {
      const { mean, meanError } = summarizeMoments(moments);
      rows.push({ map: kind, corrected, squared_sum: s, bias: mean - 1, error: meanError });
    }
  }
  return rows;
}
