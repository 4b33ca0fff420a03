import type { Rng } from "../../base/index.ts";
import {
  type BitFlip,
  drawPatterns,
  energyChange,
  energyChangeVariance,
  exactEnergy,
  sampleEnergyChanges,
  statesWithin,
  storageBound,
  worstFlipMargins,
} from "../../cam/index.ts";
import { storageCoefficient } from "./energy-variances.ts";
import { rightSign } from "./flip-energies.ts";

/** Energy changes over the number of stored patterns, for one distance and number of wrong bits. */
export type MarginCurve = {
  /** d. */
  readonly distance: number;
  /** h. */
  readonly errors: number;
  /** The bound on M. */
  readonly bound: number;
  /** Least margin over all sets of 1, 2, .. patterns, up to a few beyond where it is lost. */
  readonly worst: readonly number[];
  /** Patterns that were drawn: the flip with least margin. */
  readonly drawn: readonly {
    readonly patterns: number;
    /** Of the exact energy. */
    readonly exact: number;
    /** Of the estimate, mean over projections, with its standard error (from the closed variance). */
    readonly measured: number;
    readonly error: number;
  }[];
};

/** Numbers of patterns that are drawn, as far as there is room. */
const COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128] as const;
/** A worst margin below this is no more of interest. */
const LOWEST = -1;

/**
 * Margins are energy changes over exp(sigma'xi), positive on the right side. Each case keeps d - 2h at 2, 3
 * and 2: what the bound depends on.
 */
export function measureMargins(dim: number, draws: number, rng: Rng): MarginCurve[] {
  const cases = [
    [2, 0],
    [3, 0],
    [4, 1],
  ] as const;
  return cases
    .filter(([distance]) => distance <= dim)
    .map(([distance, errors]) => {
      const all = [...worstFlipMargins(dim, distance, errors)];
      const low = all.findIndex((margin) => margin < LOWEST);
      const drawn: MarginCurve["drawn"][number][] = [];
      for (const count of COUNTS) {
        if (count > 2 ** dim) break;
        const patterns = drawPatterns(dim, distance, count, rng);
        if (patterns.length < count * dim) break;
        drawn.push({ patterns: count, ...sampleLeast(patterns, dim, errors, draws, rng) });
      }
      return {
        distance,
        errors,
        bound: storageBound(dim, distance / dim, errors / dim),
        worst: low < 0 ? all : all.slice(0, low + 1),
        drawn,
      };
    });
}

/** Of the states around the first pattern, the flip with least margin in the exact energy, then estimated. */
function sampleLeast(
  patterns: Float64Array,
  dim: number,
  errors: number,
  draws: number,
  rng: Rng,
): { exact: number; measured: number; error: number } {
  const own = patterns.subarray(0, dim);
  const energy = exactEnergy(patterns, dim);
  let least: { flip: BitFlip; exact: number; scale: number } | undefined;
  for (const sigma of statesWithin(own, errors)) {
    const overlap = sigma.reduce((sum, spin, l) => sum + spin * own[l], 0);
    for (let bit = 0; bit < dim; bit++) {
      const scale = rightSign(own, sigma, bit) / Math.exp(overlap);
      const exact = scale * energyChange(energy, sigma, bit);
      if (least === undefined || exact < least.exact) least = { flip: { sigma, bit }, exact, scale };
    }
  }
  const { flip, exact, scale } = least!;
  const A = storageCoefficient(dim);
  const [sample] = sampleEnergyChanges({ patterns, dim, flips: [flip], A, draws, rng });
  const { variance } = energyChangeVariance(patterns, flip.sigma, flip.bit, A);
  return { exact, measured: scale * sample.mean, error: Math.abs(scale) * Math.sqrt(variance / draws) };
}
