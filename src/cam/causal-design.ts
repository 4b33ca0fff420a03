import { ConfigError } from "../base/index.ts";
import type { FeatureMap } from "./feature-map.ts";
import { coefficientsOfRho, type FeatureCoefficients, optimalRho } from "./rho.ts";

/** What a causal memory is made of, whatever holds its state. */
export type CausalDesign = {
  readonly map: FeatureMap;
  readonly valueDim: number;
  readonly tau: number;
  readonly scale: number;
  /** (slices): the rho of each slice, ascending. */
  readonly rhos: Float64Array;
  readonly coefficients: readonly FeatureCoefficients[];
};

export type CausalMemoryOptions = {
  readonly map: FeatureMap;
  readonly valueDim: number;
  /** Discount per step, >= 0; default 0.1. */
  readonly tau?: number;
  /** Multiplies q and k; default `n^{-1/4}`. */
  readonly scale?: number;
  /** c: how many rho the thickened state keeps, the midpoints of c equal parts of (0, 1]; default 16. */
  readonly slices?: number;
};

/** Discount of the paper's optimizers. */
export const DEFAULT_TAU = 0.1;

/** @throws ConfigError for tau < 0, a scale <= 0 or a size that is no positive integer */
export function designCausal(options: CausalMemoryOptions): CausalDesign {
  const { map, valueDim, tau = DEFAULT_TAU, scale = map.dim ** -0.25, slices = 16 } = options;
  if (!(tau >= 0 && Number.isFinite(tau))) throw new ConfigError(`tau is ${tau}, expected a number >= 0`);
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new ConfigError(`scale is ${scale}, expected a positive number`);
  if (!Number.isInteger(valueDim) || valueDim < 1)
    throw new ConfigError(`valueDim is ${valueDim}, expected a positive integer`);
  if (!Number.isInteger(slices) || slices < 1)
    throw new ConfigError(`slices is ${slices}, expected a positive integer`);
  const rhos =
    map.rho === "data"
      ? Float64Array.from({ length: slices }, (_, j) => (j + 0.5) / slices)
      : Float64Array.of(map.rho);
  return {
    map,
    valueDim,
    tau,
    scale,
    rhos,
    coefficients: Array.from(rhos, (rho) => coefficientsOfRho(rho, map.dim)),
  };
}

/**
 * The slice whose rho is nearest to rho* of `g`: slice s covers rho in (s / count, (s + 1) / count].
 *
 * @param g mean of `|q + k|^2`, >= 0
 */
export function sliceOfQuery(g: number, dim: number, count: number): number {
  if (!Number.isFinite(g)) return 0;
  return Math.min(count - 1, Math.max(0, Math.floor(optimalRho(g, dim) * count)));
}
