import { ConfigError, checkCount, checkLength, ShapeError } from "../base/index.ts";
import { type FeatureMap, logFeatures, projectPattern } from "./feature-map.ts";
import type { FeatureCoefficients } from "./rho.ts";

type Vec = Float64Array;

/**
 * An energy on the corners of the cube, `E(sigma) = -sum_j exp(c_j + G_j'sigma)`, sigma in {-1,+1}^n.
 *
 * Both energies of the memory have this form. With the exact kernel the rows of G are the patterns and
 * c = 0. With random features they are the projections `B w_j`, and c_j holds what the memory knows of
 * the patterns: an estimate is an exact energy too, of r weighted patterns of its own.
 */
export type HopfieldEnergy = {
  /** n. */
  readonly dim: number;
  /** Rows of G. */
  readonly terms: number;
  /** (terms, n). */
  readonly G: Vec;
  /** (terms). */
  readonly c: Vec;
};

/**
 * The energy of the exponential Hopfield network, `E(sigma) = -sum_mu exp(xi_mu'sigma)`. Its logarithm
 * `-log sum exp` is the energy of the softmax network on the cube: the same minima, the same flips.
 *
 * @param patterns xi (M, n), every entry -1 or +1
 * @throws ShapeError where the length is no positive multiple of n, ConfigError for another entry
 * Source: Demircigil et al. 2017; Ramsauer et al. 2021.
 */
export function exactEnergy(patterns: Vec, dim: number): HopfieldEnergy {
  const terms = countPatterns("patterns", patterns, dim);
  return { dim, terms, G: patterns.slice(), c: new Float64Array(terms) };
}

/**
 * Its random-feature estimate, `E(sigma) = -phi(sigma)'Psi`, `Psi = sum_mu phi(xi_mu)`: unbiased, and of a
 * size that does not depend on the number of patterns.
 *
 * @param patterns xi (M, n), every entry -1 or +1
 * @param coefficients one choice for all queries: the memory is written with it
 * @throws ShapeError where the length is no positive multiple of n, ConfigError for another entry
 * Source: docs/associative-memory.md#energy-of-a-state-and-what-a-bit-flip-does-to-it;
 * Jain et al. 2023 (Mnemosyne), energy of the compact associative memory.
 */
export function estimatedEnergy(
  patterns: Vec,
  map: FeatureMap,
  coefficients: FeatureCoefficients,
): HopfieldEnergy {
  const { dim, features, projections, weights, squaredNorms } = map;
  const count = countPatterns("patterns", patterns, dim);
  // Psi_i over exp(logScale_i), the largest phi_i(xi) so far, so that it does not overflow.
  const Psi = new Float64Array(features);
  const logScale = new Float64Array(features).fill(Number.NEGATIVE_INFINITY);
  const u = new Float64Array(projections);
  const logPhi = new Float64Array(features);
  for (let j = 0; j < count; j++) {
    logFeatures(map, coefficients, u, projectPattern(map, patterns, j * dim, 1, u), logPhi);
    for (let i = 0; i < features; i++) {
      const scale = Math.max(logScale[i], logPhi[i]);
      if (scale === Number.NEGATIVE_INFINITY) continue;
      Psi[i] = Math.exp(logScale[i] - scale) * Psi[i] + Math.exp(logPhi[i] - scale);
      logScale[i] = scale;
    }
  }
  const G = new Float64Array(features * dim);
  const c = new Float64Array(features);
  const { A, B, logD } = coefficients;
  for (let i = 0; i < features; i++) {
    const row = i % projections;
    const sign = i < projections ? B : -B;
    for (let l = 0; l < dim; l++) G[i * dim + l] = sign * weights[row * dim + l];
    // |sigma|^2 = n on the cube, so phi(sigma) is a constant times exp(B w'sigma).
    const query = A * squaredNorms[row] - dim / 2 + 2 * logD - Math.log(features);
    c[i] = logScale[i] + Math.log(Psi[i]) + query;
  }
  return { dim, terms: features, G, c };
}

/**
 * `log(-E(sigma)) = log sum_j exp(c_j + G_j'sigma)`, which does not overflow.
 *
 * @param sigma (n)
 * @throws ShapeError where sigma has another length
 */
export function logEnergy(energy: HopfieldEnergy, sigma: Vec): number {
  checkLength("sigma", sigma.length, energy.dim, "n");
  const exponents = energyExponents(energy, sigma, new Float64Array(energy.terms));
  const top = exponents.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const a of exponents) sum += Math.exp(a - top);
  return top + Math.log(sum);
}

/**
 * `E(sigma^i) - E(sigma)`, where sigma^i is sigma with bit i flipped: negative where the flip is taken.
 *
 * @param sigma (n), every entry -1 or +1
 * @param bit i, 0 to n - 1
 * @returns infinite where the energy is beyond 1e308 (n > 700); its sign is right there, too
 * @throws ShapeError where sigma has another length, ConfigError where there is no such bit
 */
export function energyChange(energy: HopfieldEnergy, sigma: Vec, bit: number): number {
  checkLength("sigma", sigma.length, energy.dim, "n");
  checkCount("bit", bit, 0, energy.dim - 1);
  const exponents = energyExponents(energy, sigma, new Float64Array(energy.terms));
  const { scale, change } = scaledChange(energy, exponents, sigma[bit], bit);
  return change === 0 ? 0 : change * Math.exp(scale);
}

/** Writes `c_j + G_j'sigma`, (terms), into out. */
export function energyExponents({ dim, terms, G, c }: HopfieldEnergy, sigma: Vec, out: Vec): Vec {
  for (let j = 0; j < terms; j++) {
    let dot = 0;
    for (let l = 0; l < dim; l++) dot += G[j * dim + l] * sigma[l];
    out[j] = c[j] + dot;
  }
  return out;
}

/** The energy change of a flip from the exponents before it, as `change * exp(scale)`. */
export function scaledChange(
  { dim, terms, G }: HopfieldEnergy,
  exponents: Vec,
  spin: number,
  bit: number,
): { scale: number; change: number } {
  let scale = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < terms; j++) {
    scale = Math.max(scale, exponents[j] + Math.max(0, -2 * spin * G[j * dim + bit]));
  }
  let change = 0;
  for (let j = 0; j < terms; j++) {
    const step = -2 * spin * G[j * dim + bit];
    // exp(a + step) - exp(a), from the larger of the two, so that neither factor overflows.
    change -=
      step > 0
        ? -Math.exp(exponents[j] + step - scale) * Math.expm1(-step)
        : Math.exp(exponents[j] - scale) * Math.expm1(step);
  }
  return { scale, change };
}

/**
 * How many patterns (or states) an array holds.
 *
 * @throws ShapeError where the length is no positive multiple of n, ConfigError where an entry is not -1 or +1
 */
export function countPatterns(name: string, values: Vec, dim: number): number {
  checkCount("dim", dim, 1);
  if (values.length === 0 || values.length % dim !== 0)
    throw new ShapeError(`${name} has length ${values.length}, expected a positive multiple of n = ${dim}`);
  const at = values.findIndex((value) => value !== 1 && value !== -1);
  if (at >= 0) throw new ConfigError(`${name}[${at}] is ${values[at]}, expected -1 or +1`);
  return values.length / dim;
}
