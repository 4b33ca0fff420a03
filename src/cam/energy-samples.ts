import { checkCount, checkLength, type Rng } from "../base/index.ts";
import { createFeatureMap, type FeatureMapKind } from "./feature-map.ts";
import { countPatterns, energyExponents, estimatedEnergy, scaledChange } from "./hopfield-energy.ts";
import type { ProjectionOptions } from "./orthogonal-blocks.ts";
import { coefficientsOfA } from "./rho.ts";
import { addSample, createMoments, type MomentSummary, summarizeMoments } from "./sample-moments.ts";

type Vec = Float64Array;

/** A state and the bit of it that is flipped. */
export type BitFlip = { readonly sigma: Vec; readonly bit: number };

export type EnergySampleOptions = ProjectionOptions & {
  /** xi (M, n), every entry -1 or +1. */
  readonly patterns: Vec;
  readonly dim: number;
  readonly flips: readonly BitFlip[];
  /** Default "favor++". */
  readonly kind?: FeatureMapKind;
  /** Coefficient of |w|^2, < 1/8; 0 for the "+" maps. */
  readonly A: number;
  /** r, projections of one memory; default 1. */
  readonly projections?: number;
  /** How many memories are drawn. */
  readonly draws: number;
  readonly rng: Rng;
};

/**
 * Monte Carlo over projections: memories are drawn, the patterns written into each, and the energy
 * change of every flip read.
 *
 * All flips are read from the same memories, so their errors are correlated with each other.
 *
 * @returns one summary per flip
 * @throws ShapeError, ConfigError where an argument is not of its kind
 */
export function sampleEnergyChanges(options: EnergySampleOptions): MomentSummary[] {
  const { patterns, dim, flips, kind = "favor++", A, projections = 1, draws, rng } = options;
  checkCount("draws", draws, 2);
  for (const { sigma, bit } of flips) {
    checkLength("sigma", countPatterns("sigma", sigma, dim), 1, "one state");
    checkCount("bit", bit, 0, dim - 1);
  }
  const coefficients = coefficientsOfA(A, dim);
  const { orthogonal = false, signCorrected } = options;
  const moments = flips.map(createMoments);
  let exponents = new Float64Array(0);
  for (let n = 0; n < draws; n++) {
    const drawn = { kind, dim, features: projections, count: "projections", orthogonal, rng } as const;
    const map = createFeatureMap(signCorrected === undefined ? drawn : { ...drawn, signCorrected });
    const energy = estimatedEnergy(patterns, map, coefficients);
    if (exponents.length !== energy.terms) exponents = new Float64Array(energy.terms);
    for (let f = 0; f < flips.length; f++) {
      const { sigma, bit } = flips[f];
      // Flips of one state come one after the other and share its exponents.
      if (f === 0 || sigma !== flips[f - 1].sigma) energyExponents(energy, sigma, exponents);
      const { scale, change } = scaledChange(energy, exponents, sigma[bit], bit);
      addSample(moments[f], change * Math.exp(scale));
    }
  }
  return moments.map(summarizeMoments);
}
