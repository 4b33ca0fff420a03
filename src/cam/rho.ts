import { check } from "../base/index.ts";

/**
 * The coefficients of one positive random feature
 * `phi_i(z) = D r^{-1/2} exp(A |w_i|^2 + B w_i'z - |z|^2 / 2)`.
 */
export type FeatureCoefficients = {
  /** A < 1/8 (finite variance); A = 0 is FAVOR+. */
  readonly A: number;
  /** B = sqrt(1 - 4 A). */
  readonly B: number;
  /** log D = (n / 4) log(1 - 4 A). */
  readonly logD: number;
};

/** B and D for a given A, chosen so that `phi(x)'phi(y)` is an unbiased estimate of `exp(x'y)`. */
export function coefficientsOfA(A: number, dim: number): FeatureCoefficients {
  check("A", A, A < 1 / 8, "A < 1/8 (the variance is infinite beyond)");
  return { A, B: Math.sqrt(1 - 4 * A), logD: (dim / 4) * Math.log1p(-4 * A) };
}

/**
 * The coefficients of FAVOR++ for a given rho: `A = (1 - 1/rho) / 8`.
 *
 * The papers at hand print `1 - 1/rho`, without the 8: also unbiased, but of far larger variance.
 *
 * @param rho in (0, 1]; 1 gives FAVOR+
 * @param dim n
 * @throws ConfigError where rho is outside (0, 1]
 * Source: Likhosherstov et al. 2022 (FAVOR++), corrected.
 */
export function coefficientsOfRho(rho: number, dim: number): FeatureCoefficients {
  checkRho(rho);
  return coefficientsOfA((1 - 1 / rho) / 8, dim);
}

/** Throws a ConfigError unless `rho` is in (0, 1]. */
export function checkRho(rho: number): void {
  check("rho", rho, rho > 0 && rho <= 1, "a number in (0, 1]");
}

/**
 * The rho at which FAVOR++ has least variance for pairs with `|q + k|^2 = g`:
 * `rho* = 2n / (2g + n + sqrt((2g + n)^2 + 8 n g))`.
 *
 * It is the positive root of `2 g rho^2 + (2g + n) rho - n = 0`, where the derivative of the log second
 * moment vanishes; the form that is usually printed divides by g and is 0/0 at g = 0.
 *
 * @param g mean of `|q + k|^2`, >= 0
 * @param dim n
 * @returns in (0, 1]; 1 at g = 0
 */
export function optimalRho(g: number, dim: number): number {
  const b = 2 * g + dim;
  // Past 1e150 the square overflows while the root is simply b.
  const root = b > 1e150 ? b : Math.sqrt(b * b + 8 * dim * g);
  return (2 * dim) / (b + root);
}
