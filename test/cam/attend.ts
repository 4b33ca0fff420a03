import { ConfigError, checkLength, ShapeError } from "../../src/base/index.ts";
import {
  type AttentionMap,
  type FeatureMap,
  logFeatures,
  projectPattern,
} from "../../src/cam/feature-map.ts";
import { coefficientsOfRho, type FeatureCoefficients, optimalRho } from "../../src/cam/rho.ts";
import { clearMemory, createMemory, type Memory, readPattern, writePattern } from "./memory.ts";
import { softmaxRead } from "./softmax-attention.ts";

type Vec = Float64Array;

/** Scratch of {@link camAttend} for one map and value size; reused between calls it saves allocation. */
export type AttendWorkspace = { readonly memory: Memory; readonly u: Vec; readonly logPhi: Vec };

export type AttendOptions = {
  /** Multiplies q and k; default `n^{-1/4}`, so that the kernel is `exp(q'k / sqrt(n))`. */
  readonly scale?: number;
  readonly workspace?: AttendWorkspace;
  /** (queries, valueDim), written and returned. */
  readonly out?: Vec;
};

/** Allocates the scratch of {@link camAttend}. */
export function createAttendWorkspace(map: FeatureMap, valueDim: number): AttendWorkspace {
  return {
    memory: createMemory(map.features, valueDim),
    u: new Float64Array(map.projections),
    logPhi: new Float64Array(map.features),
  };
}

/**
 * Bidirectional memory of one head: all patterns are written, `N = sum phi(k) v'`, `Psi = sum phi(k)`,
 * then every query reads `N'phi(q) / (phi(q)'Psi)`. O((queries + keys) r d); exact softmax attention,
 * O(queries keys d), where the map is "softmax".
 *
 * @param q (queries, n)
 * @param k (keys, n)
 * @param v (keys, valueDim)
 * @returns (queries, valueDim); zeros where there are no keys, NaN where an input is not finite
 * @throws ShapeError where lengths do not fit `map.dim` or each other, ConfigError for a scale <= 0
 * Source: docs/associative-memory.md#the-memory; Choromanski et al. 2021, bidirectional attention.
 */
export function camAttend(q: Vec, k: Vec, v: Vec, map: AttentionMap, options: AttendOptions = {}): Vec {
  const { dim } = map;
  const scale = options.scale ?? dim ** -0.25;
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new ConfigError(`scale is ${scale}, expected a positive number`);
  const queries = rowsOf("q", q, dim);
  const keys = rowsOf("k", k, dim);
  const valueDim = keys > 0 ? v.length / keys : (options.workspace?.memory.valueDim ?? 0);
  if (!Number.isInteger(valueDim) || (keys === 0 && v.length > 0))
    throw new ShapeError(`v has length ${v.length}, expected a multiple of the ${keys} keys`);
  const out = options.out ?? new Float64Array(queries * valueDim);
  checkLength("out", out.length, queries * valueDim, "queries * valueDim");
  if (map.kind === "softmax") {
    const weights = new Float64Array(keys);
    for (let i = 0; i < queries; i++)
      softmaxRead(q, i * dim, k, v, keys, dim, valueDim, scale, 0, weights, out, i * valueDim);
    return out;
  }
  const workspace = options.workspace ?? createAttendWorkspace(map, valueDim);
  checkLength("workspace N", workspace.memory.N.length, map.features * valueDim, "features * valueDim");
  const coefficients = coefficientsFor(map, q, k, scale);
  const { memory, u, logPhi } = workspace;
  clearMemory(memory);
  for (let j = 0; j < keys; j++) {
    logFeatures(map, coefficients, u, projectPattern(map, k, j * dim, scale, u), logPhi);
    writePattern(memory, logPhi, v, j * valueDim, 0);
  }
  for (let i = 0; i < queries; i++) {
    logFeatures(map, coefficients, u, projectPattern(map, q, i * dim, scale, u), logPhi);
    readPattern(memory, logPhi, out, i * valueDim);
  }
  return out;
}

/** The coefficients a map uses for these queries and keys: its own rho, or rho* of the data. */
export function coefficientsFor(map: FeatureMap, q: Vec, k: Vec, scale: number): FeatureCoefficients {
  if (map.rho !== "data") return coefficientsOfRho(map.rho, map.dim);
  const g = meanSquaredSum(q, k, map.dim, scale);
  // Queries or keys that are not finite are no mistake of the caller's options: the result is NaN.
  return coefficientsOfRho(Number.isFinite(g) ? optimalRho(g, map.dim) : 1, map.dim);
}

function rowsOf(name: string, a: Vec, dim: number): number {
  if (a.length % dim !== 0)
    throw new ShapeError(`${name} has length ${a.length}, expected a multiple of dim = ${dim}`);
  return a.length / dim;
}

/**
 * The mean of `|q_i + k_j|^2` over all pairs, without forming them:
 * `g = mean |q|^2 + mean |k|^2 + 2 (mean q)'(mean k)`.
 *
 * @param q (queries, dim)
 * @param k (keys, dim)
 * @param scale both are multiplied by it first
 */
export function meanSquaredSum(q: Float64Array, k: Float64Array, dim: number, scale = 1): number {
  const queries = q.length / dim;
  const keys = k.length / dim;
  if (queries === 0 || keys === 0) return 0;
  let g = 0;
  for (let j = 0; j < dim; j++) {
    let sumQ = 0;
    let sumK = 0;
    let squares = 0;
    for (let i = j; i < q.length; i += dim) {
      sumQ += q[i];
      squares += q[i] * q[i];
    }
    g += squares / queries;
    squares = 0;
    for (let i = j; i < k.length; i += dim) {
      sumK += k[i];
      squares += k[i] * k[i];
    }
    g += squares / keys + 2 * (sumQ / queries) * (sumK / keys);
  }
  // Rounding can leave a tiny negative number where q = -k.
  return scale * scale * Math.max(0, g);
}
