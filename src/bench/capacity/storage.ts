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

/** What Theorem 4.4 promises for patterns d bits apart and states h bits off, and what holds. */
export type StorageRow = {
  /** d: bits between two patterns, at least. */
  readonly distance: number;
  /** h: bits between the state and its pattern, at most. */
  readonly errors: number;
  /** The bound on M. */
  readonly bound: number;
  /** Least margin of a flip with so many patterns, over all sets of patterns; 1 - e^-2 is all of the signal. */
  readonly margin: number;
  /** Up to this many patterns every flip of every set goes the right way. */
  readonly safe: number;
  /** Corners that could be patterns: `safe` cannot be more. */
  readonly corners: number;
  /** Monte Carlo over projections with patterns that were drawn, as many as bound and distance allow. */
  readonly sampled: {
    readonly patterns: number;
    /** Flips read: of one state with 0, 1, .. h bits off each, every bit. */
    readonly flips: number;
    /** Of these, how many have a mean on the wrong side of 0. */
    readonly wrong: number;
    /** Least distance of a mean from the wrong side, in standard errors of the closed form. */
    readonly least_z: number;
    /** Largest distance of a mean from the exact energy's change, in standard errors. */
    readonly largest_error_z: number;
  };
};

/** Every d and h for which the theorem allows at least one pattern. */
export function measureStorage(dim: number, draws: number, rng: Rng): StorageRow[] {
  const rows: StorageRow[] = [];
  for (let errors = 0; 2 * errors < dim; errors++) {
    for (let distance = 2 * errors + 1; distance <= dim; distance++) {
      const bound = storageBound(dim, distance / dim, errors / dim);
      if (bound < 1) continue;
      const margins = worstFlipMargins(dim, distance, errors);
      const wrong = margins.findIndex((margin) => !(margin > 0));
      const count = Math.min(Math.floor(bound), margins.length);
      rows.push({
        distance,
        errors,
        bound,
        margin: margins[count - 1],
        safe: wrong < 0 ? margins.length : wrong,
        corners: margins.length,
        sampled: sampleFlips(dim, distance, errors, count, draws, rng),
      });
    }
  }
  return rows;
}

function sampleFlips(
  dim: number,
  distance: number,
  errors: number,
  count: number,
  draws: number,
  rng: Rng,
): StorageRow["sampled"] {
  const patterns = drawPatterns(dim, distance, Math.min(count, 2 ** dim), rng);
  const own = patterns.subarray(0, dim);
  const flips = Array.from({ length: errors + 1 }, (_, off) =>
    own.map((spin, l) => (l < off ? -spin : spin)),
  ).flatMap((sigma) => Array.from(sigma, (_, bit): BitFlip => ({ sigma, bit })));
  const A = storageCoefficient(dim);
  let wrong = 0;
  let leastZ = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [f, sample] of sampleEnergyChanges({ patterns, dim, flips, A, draws, rng }).entries()) {
    const { sigma, bit } = flips[f];
    // The sample's own error is too small while it has not met the rare projections that matter most.
    const { mean, variance } = energyChangeVariance(patterns, sigma, bit, A);
    const error = Math.sqrt(variance / draws);
    const z = (rightSign(own, sigma, bit) * sample.mean) / error;
    if (!(z > 0)) wrong++;
    leastZ = Math.min(leastZ, z);
    largest = Math.max(largest, Math.abs(sample.mean - mean) / error);
  }
  return {
    patterns: patterns.length / dim,
    flips: flips.length,
    wrong,
    least_z: leastZ,
    largest_error_z: largest,
  };
}

/** The sign that the energy change of a flip must have: -1 where the flip leads to the pattern and must lower the energy, else 1. */
export function rightSign(pattern: Float64Array, sigma: Float64Array, bit: number): 1 | -1 {
  return sigma[bit] === pattern[bit] ? 1 : -1;
}

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
