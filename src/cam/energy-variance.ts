import { checkLength, checkName } from "../base/index.ts";
import { countPatterns, energyChange, exactEnergy, logEnergy } from "./hopfield-energy.ts";
import { coefficientsOfA } from "./rho.ts";

type Vec = Float64Array;

/** Variance of an estimated energy change, in the parts of the theorem. */
export type EnergyChangeVariance = {
  /** `E(sigma^i) - E(sigma)` of the exact energy, the estimate's expectation. */
  readonly mean: number;
  /** Variance by one projection; r independent ones have 1/r of it. */
  readonly variance: number;
  /** (6): V1 .. V6. */
  readonly V: Vec;
};

export type PsiForm = "corrected" | "printed";

/**
 * `Psi(x) = E[phi(a) phi(b) phi(c) phi(d)]`, the expected product of four FAVOR++ features of one
 * projection w ~ N(0, I_n), whose arguments lie in {-1,+1}^n and add up to x:
 *
 * `Psi(x) = D^4 e^{-2n} (1 - 8A)^{-n/2} exp(B^2 |x|^2 / (2 (1 - 8A)))`.
 *
 * It is `D^4 e^{-2n} E exp(4A |w|^2 + B w'x)`: each feature gives A|w|^2 and, as |sigma|^2 = n, e^{-n/2}.
 * "printed" has the paper's `1 + 8A` in the exponent (there `1 - 8a`, a = -A), as an ablation: it is
 * no moment of anything, and the variance from it can be negative.
 *
 * @param squared |x|^2
 * @param dim n
 * @param A < 1/8; 0 is FAVOR+
 * @throws ConfigError where A >= 1/8
 * Source: docs/associative-memory.md#where-the-papers-are-corrected; Jain et al. 2023 (Mnemosyne), Theorem 4.4.
 */
export function fourFeatureMoment(
  squared: number,
  dim: number,
  A: number,
  form: PsiForm = "corrected",
): number {
  const { B, logD } = coefficientsOfA(A, dim);
  checkName("form", form, ["corrected", "printed"]);
  const denominator = 2 * (form === "corrected" ? 1 - 8 * A : 1 + 8 * A);
  const log = 4 * logD - 2 * dim - (dim / 2) * Math.log1p(-8 * A);
  return Math.exp(log + (B * B * squared) / denominator);
}

/**
 * The variance of a flip's estimated energy change, `E(s) - E(t)` with s = sigma^i, t = sigma, from one
 * FAVOR++ projection: `V1 + V2 - 2 V3 - V4 - V5 + 2 V6`, over all pairs of patterns mu, nu
 *
 * - `V1 = sum Psi(2s + xi_mu + xi_nu)`, `V2 = sum Psi(2t + xi_mu + xi_nu)`,
 *   `V3 = sum Psi(s + t + xi_mu + xi_nu)`: the second moments of the two estimates and of their product;
 * - `V4 = E(s)^2`, `V5 = E(t)^2`, `V6 = E(s) E(t)`: the squares and the product of their expectations.
 *
 * @param patterns xi (M, n), every entry -1 or +1
 * @param sigma (n), every entry -1 or +1
 * @param bit i
 * @param A < 1/8; 0 is FAVOR+
 * @throws ShapeError, ConfigError where an argument is not of this kind
 * Source: docs/associative-memory.md#where-the-papers-are-corrected; n = 3, M = 2, A = -1 give 6374.
 */
export function energyChangeVariance(
  patterns: Vec,
  sigma: Vec,
  bit: number,
  A: number,
  form: PsiForm = "corrected",
): EnergyChangeVariance {
  const dim = sigma.length;
  const count = countPatterns("patterns", patterns, dim);
  checkLength("sigma", countPatterns("sigma", sigma, dim), 1, "one state");
  const energy = exactEnergy(patterns, dim);
  const mean = energyChange(energy, sigma, bit);
  const flipped = sigma.slice();
  flipped[bit] = -flipped[bit];
  const V = new Float64Array(6);
  for (let m = 0; m < count; m++) {
    for (let k = 0; k < count; k++) {
      const [both, base, mixed] = squaredSums(patterns, m * dim, k * dim, sigma, bit);
      V[0] += fourFeatureMoment(both, dim, A, form);
      V[1] += fourFeatureMoment(base, dim, A, form);
      V[2] += fourFeatureMoment(mixed, dim, A, form);
    }
  }
  const after = Math.exp(logEnergy(energy, flipped));
  const before = Math.exp(logEnergy(energy, sigma));
  V[3] = after * after;
  V[4] = before * before;
  V[5] = after * before;
  return { mean, variance: V[0] + V[1] - 2 * V[2] - V[3] - V[4] + 2 * V[5], V };
}

/** `|p + 2s|^2`, `|p + 2t|^2`, `|p + s + t|^2`, p = xi_mu + xi_nu; s and t differ in one bit alone. */
function squaredSums(
  patterns: Vec,
  mu: number,
  nu: number,
  sigma: Vec,
  bit: number,
): [number, number, number] {
  let rest = 0;
  for (let l = 0; l < sigma.length; l++) {
    if (l === bit) continue;
    rest += (patterns[mu + l] + patterns[nu + l] + 2 * sigma[l]) ** 2;
  }
  const pair = patterns[mu + bit] + patterns[nu + bit];
  const spin = sigma[bit];
  return [rest + (pair - 2 * spin) ** 2, rest + (pair + 2 * spin) ** 2, rest + pair * pair];
}
