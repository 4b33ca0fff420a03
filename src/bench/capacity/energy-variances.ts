import type { Rng } from "../../base/index.ts";
import {
  coefficientsOfRho,
  drawPatterns,
  energyChangeVariance,
  optimalRho,
  sampleEnergyChanges,
} from "../../cam/index.ts";

/** The variance of a flip's estimated energy change, one FAVOR++ projection: formula and Monte Carlo. */
export type EnergyVarianceRow = {
  /** n. */
  readonly dim: number;
  /** M. */
  readonly patterns: number;
  readonly A: number;
  /** V1 .. V6. */
  readonly parts: readonly number[];
  readonly closed: number;
  /** With the sign as it is printed. */
  readonly printed: number;
  readonly measured: number;
  /** Standard error of what was measured. */
  readonly error: number;
};

/** The fitted rho* of a state and its own pattern, |q + k|^2 = 4n: this pair carries nearly all of the variance. */
export function storageCoefficient(dim: number): number {
  return coefficientsOfRho(optimalRho(4 * dim, dim), dim).A;
}

/** The entry of the design (n = 3, two opposite patterns, A = -1), then drawn patterns at the fitted A. */
export function measureEnergyVariances(draws: number, rng: Rng): EnergyVarianceRow[] {
  const opposite = Float64Array.of(1, 1, 1, -1, -1, -1);
  const rows = [measure(opposite, 3, -1, draws, rng)];
  // Beyond n = 4 the fourth moment is too large for the sample to tell its own error.
  for (const n of [2, 3, 4]) {
    const patterns = drawPatterns(n, 1, 3, rng);
    rows.push(measure(patterns, n, storageCoefficient(n), draws, rng));
  }
  return rows;
}

/** The first bit of the first pattern is flipped. */
function measure(patterns: Float64Array, dim: number, A: number, draws: number, rng: Rng): EnergyVarianceRow {
  const sigma = patterns.slice(0, dim);
  const { variance, V } = energyChangeVariance(patterns, sigma, 0, A);
  const [sample] = sampleEnergyChanges({ patterns, dim, flips: [{ sigma, bit: 0 }], A, draws, rng });
  return {
    dim,
    patterns: patterns.length / dim,
    A,
    parts: [...V],
    closed: variance,
    printed: energyChangeVariance(patterns, sigma, 0, A, "printed").variance,
    measured: sample.variance,
    error: sample.varianceError,
  };
}
