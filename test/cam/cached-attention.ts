import { ConfigError } from "../../src/base/index.ts";
import { softmaxRead } from "./softmax-attention.ts";

type Vec = Float64Array;

/**
 * Regular attention over the last `capacity` patterns: what the causal memory is compared with. Its size
 * and its cost per read grow with the capacity.
 */
export type CachedAttention = {
  readonly dim: number;
  readonly valueDim: number;
  readonly capacity: number;
  readonly tau: number;
  readonly scale: number;
  /** (capacity, dim), oldest first. */
  readonly K: Vec;
  /** (capacity, valueDim). */
  readonly V: Vec;
  /** (1): patterns held. */
  readonly held: Float64Array;
  readonly weights: Vec;
};

/**
 * Allocates an empty cache.
 *
 * @param options.capacity patterns kept; the oldest is dropped
 * @param options.tau discount per step, >= 0; default 0
 * @param options.scale multiplies q and k; default `dim^{-1/4}`
 * @throws ConfigError for a size that is no positive integer, or tau < 0
 */
export function createCachedAttention(options: {
  readonly dim: number;
  readonly valueDim: number;
  readonly capacity: number;
  readonly tau?: number;
  readonly scale?: number;
}): CachedAttention {
  const { dim, valueDim, capacity, tau = 0, scale = dim ** -0.25 } = options;
  for (const [name, value] of Object.entries({ dim, valueDim, capacity }))
    if (!Number.isInteger(value) || value < 1)
      throw new ConfigError(`${name} is ${value}, expected a positive integer`);
  if (!(tau >= 0 && Number.isFinite(tau))) throw new ConfigError(`tau is ${tau}, expected a number >= 0`);
  return {
    dim,
    valueDim,
    capacity,
    tau,
    scale,
    K: new Float64Array(capacity * dim),
    V: new Float64Array(capacity * valueDim),
    held: new Float64Array(1),
    weights: new Float64Array(capacity),
  };
}

/** Appends one pattern; the oldest makes room. */
export function writeCached(cache: CachedAttention, k: Vec, kOffset: number, v: Vec, vOffset: number): void {
  const { dim, valueDim, capacity, K, V, held } = cache;
  if (held[0] === capacity) {
    K.copyWithin(0, dim);
    V.copyWithin(0, valueDim);
  } else held[0] += 1;
  const last = held[0] - 1;
  for (let j = 0; j < dim; j++) K[last * dim + j] = k[kOffset + j];
  for (let j = 0; j < valueDim; j++) V[last * valueDim + j] = v[vOffset + j];
}

/** Reads `sum_j p_j v_j`, `p_j ~ exp(q'k_j - tau age_j)`, over the patterns held; zeros when empty. */
export function readCached(
  cache: CachedAttention,
  q: Vec,
  qOffset: number,
  out: Vec,
  outOffset: number,
): void {
  const { dim, valueDim, tau, scale, K, V, held, weights } = cache;
  softmaxRead(q, qOffset, K, V, held[0], dim, valueDim, scale, tau, weights, out, outOffset);
}
