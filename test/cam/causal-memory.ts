import {
  type CausalDesign,
  type CausalMemoryOptions,
  designCausal,
  sliceOfQuery,
} from "../../src/cam/causal-streams.ts";
import { logFeatures, projectPattern } from "../../src/cam/feature-map.ts";
import { createMemory, type Memory, readPattern, writePattern } from "./memory.ts";

type Vec = Float64Array;

/**
 * Causal memory: a stream of patterns, the older ones discounted by `e^{-tau}` per step. Its size does
 * not depend on how many were written.
 *
 * A map with rho from the data keeps one state per rho of a grid (the thickened state), because rho*
 * depends on the query, and the sums that g needs.
 */
export type CausalMemory = CausalDesign & {
  /** One memory per rho. */
  readonly slices: readonly Memory[];
  /** (n + 2): Sigma = sum of scaled k, then Lambda = sum of |k|^2, then the sum of weights, discounted. */
  readonly sums: Vec;
  /** Scratch: (projections) and (features). */
  readonly u: Vec;
  readonly logPhi: Vec;
};

/**
 * Allocates an empty causal memory.
 *
 * @throws ConfigError for tau < 0, a scale <= 0 or a number of slices that is no positive integer
 */
export function createCausalMemory(options: CausalMemoryOptions): CausalMemory {
  const design = designCausal(options);
  const { map, valueDim, rhos } = design;
  return {
    ...design,
    slices: Array.from(rhos, () => createMemory(map.features, valueDim)),
    sums: new Float64Array(map.dim + 2),
    u: new Float64Array(map.projections),
    logPhi: new Float64Array(map.features),
  };
}

/**
 * Writes one pattern into every slice and into the sums of g.
 *
 * @param k an (n) vector at `kOffset`
 * @param v a (valueDim) vector at `vOffset`
 */
export function writeCausal(memory: CausalMemory, k: Vec, kOffset: number, v: Vec, vOffset: number): void {
  const { map, tau, scale, slices, coefficients, sums, u, logPhi } = memory;
  const squared = projectPattern(map, k, kOffset, scale, u);
  for (let s = 0; s < slices.length; s++) {
    logFeatures(map, coefficients[s], u, squared, logPhi);
    writePattern(slices[s], logPhi, v, vOffset, tau);
  }
  const { dim } = map;
  const kept = Math.exp(-tau);
  for (let j = 0; j < dim; j++) sums[j] = kept * sums[j] + scale * k[kOffset + j];
  sums[dim] = kept * sums[dim] + squared;
  sums[dim + 1] = kept * sums[dim + 1] + 1;
}

/**
 * Reads `N'phi(q) / (phi(q)'Psi)` from the slice whose rho is nearest to rho*; zeros before the first
 * pattern. To write first and then read is the order of the paper: a query sees its own pattern.
 *
 * @param q an (n) vector at `qOffset`
 * @param out receives (valueDim) at `outOffset`
 */
export function readCausal(memory: CausalMemory, q: Vec, qOffset: number, out: Vec, outOffset: number): void {
  const { map, scale, slices, coefficients, u, logPhi } = memory;
  const squared = projectPattern(map, q, qOffset, scale, u);
  const s = slices.length === 1 ? 0 : nearestSlice(memory, q, qOffset, squared);
  logFeatures(map, coefficients[s], u, squared, logPhi);
  readPattern(slices[s], logPhi, out, outOffset);
}

/**
 * `g_t = |q|^2 + Lambda / t + (2 / t) q'Sigma`: the mean of `|q + k_j|^2` over the patterns written.
 * With a discount the mean is the discounted one (t becomes the sum of weights), so that rho* fits the
 * patterns that the memory still holds; at tau = 0 it is the formula as printed.
 *
 * @returns 0 before the first pattern
 */
export function causalSquaredSum(memory: CausalMemory, q: Vec, qOffset: number): number {
  const { map, scale, sums } = memory;
  const weight = sums[map.dim + 1];
  if (weight === 0) return 0;
  let squared = 0;
  let cross = 0;
  for (let j = 0; j < map.dim; j++) {
    const value = scale * q[qOffset + j];
    squared += value * value;
    cross += value * sums[j];
  }
  return Math.max(0, squared + (sums[map.dim] + 2 * cross) / weight);
}

function nearestSlice(memory: CausalMemory, q: Vec, qOffset: number, squared: number): number {
  if (!Number.isFinite(squared)) return 0;
  return sliceOfQuery(causalSquaredSum(memory, q, qOffset), memory.map.dim, memory.slices.length);
}
