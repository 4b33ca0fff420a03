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
  optimalRho,
  summarizeMoments,
} from "../../cam/index.ts";

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

const SQUARED_SUMS = [0.1, 0.25, 0.5, 1, 1.5, 2] as const;

/**
 * The bias that Householder QR leaves in random features when its signs are not corrected: some directions
 * come more often than their opposite. q = k along the diagonal (1, .., 1), one whole block of n
 * projections; all maps and sizes read the same draws.
 */
export function measureQrBias(dim: number, draws: number, rng: Rng): QrBiasRow[] {
  const rows: QrBiasRow[] = [];
  for (const corrected of [false, true]) {
    const cells = FEATURE_MAP_KINDS.flatMap((kind) =>
      SQUARED_SUMS.map((s) => ({
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
