import { checkCount, checkLength, type Rng, shuffle } from "../base/index.ts";
import { countPatterns, energyExponents, type HopfieldEnergy, scaledChange } from "./hopfield-energy.ts";

type Vec = Float64Array;

export type RetrieveOptions = {
  /** Passes over all bits, at most; default 100. */
  readonly maxSweeps?: number;
  /** Visits the bits of every sweep in random order; by default in the order of their index. */
  readonly rng?: Rng;
};

export type PatternRetrieval = {
  /** "converged": no flip lowers the energy any more. "maxIterations": the sweeps ran out before. */
  readonly status: "converged" | "maxIterations";
  /** (n): the state reached. */
  readonly sigma: Vec;
  /** Flips taken. */
  readonly flips: number;
  /** Sweeps begun; the last one of a converged run took no flip. */
  readonly sweeps: number;
};

/**
 * Asynchronous bit-flip dynamics: bit after bit, flipped where that lowers the energy,
 * `E(sigma^i) < E(sigma)`, until a whole sweep changes nothing. Every flip lowers the energy, so it ends
 * in a minimum among the neighbours. O(terms n) per sweep.
 *
 * @param sigma (n), every entry -1 or +1; not changed
 * @throws ShapeError, ConfigError where sigma is no state of this energy or maxSweeps no positive integer
 * Source: Hopfield 1982; Demircigil et al. 2017, eq. 5 (the same rule as a comparison of two energies).
 */
export function retrieve(
  energy: HopfieldEnergy,
  sigma: Vec,
  options: RetrieveOptions = {},
): PatternRetrieval {
  const { maxSweeps = 100, rng } = options;
  checkCount("maxSweeps", maxSweeps, 1);
  const { dim, terms, G } = energy;
  checkLength("sigma", sigma.length, dim, "n");
  countPatterns("sigma", sigma, dim);
  const state = sigma.slice();
  const exponents = new Float64Array(terms);
  const order = Int32Array.from({ length: dim }, (_, i) => i);
  let flips = 0;
  for (let sweep = 1; sweep <= maxSweeps; sweep++) {
    if (rng !== undefined) shuffle(order, rng);
    // Afresh once per sweep: the cost of one more bit, and updates of flips cannot add up their rounding.
    energyExponents(energy, state, exponents);
    const before = flips;
    for (const bit of order) {
      const spin = state[bit];
      if (!(scaledChange(energy, exponents, spin, bit).change < 0)) continue;
      for (let j = 0; j < terms; j++) exponents[j] -= 2 * spin * G[j * dim + bit];
      state[bit] = -spin;
      flips++;
    }
    if (flips === before) return { status: "converged", sigma: state, flips, sweeps: sweep };
  }
  return { status: "maxIterations", sigma: state, flips, sweeps: maxSweeps };
}
