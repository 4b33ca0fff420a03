import { checkCount, checkNotNegative } from "../base/index.ts";

/**
 * Regular attention over the last patterns of many streams, one stream per coordinate of an optimizer, in
 * float32: what causal memories are compared with. Its state grows with the capacity.
 *
 * Arrays of the state: K (capacity, dim), oldest first, and V (capacity, valueDim) of each stream, then the
 * log-weights (capacity), the same at the first step for all: `-tau age`, so low that the weight is zero where
 * nothing was written yet.
 */
export type CachedStreams = Required<CachedStreamsOptions> & {
  /** Floats per stream of each array of the state. */
  readonly sizes: readonly number[];
  /** (capacity): scratch. */
  readonly weights: Float64Array;
};

export type CachedStreamsOptions = {
  readonly dim: number;
  readonly valueDim: number;
  /** Patterns kept; the oldest is dropped. */
  readonly capacity: number;
  /** Discount per step, >= 0; default 0. */
  readonly tau?: number;
  /** Multiplies q and k; default `dim^{-1/4}`. */
  readonly scale?: number;
};

/** @throws ConfigError for a size that is no positive integer, or tau < 0 */
export function createCachedStreams(options: CachedStreamsOptions): CachedStreams {
  const { dim, valueDim, capacity, tau = 0, scale = dim ** -0.25 } = options;
  for (const [name, value] of Object.entries({ dim, valueDim, capacity })) checkCount(name, value, 1);
  checkNotNegative("tau", tau);
  const sizes = [capacity * dim, capacity * valueDim, capacity];
  return { dim, valueDim, capacity, tau, scale, sizes, weights: new Float64Array(capacity) };
}

/**
 * Writes a pattern into stream j, then reads `sum_s p_s v_s`, `p_s ~ exp(q'k_s - tau age_s)`, from it.
 *
 * @param from the state before, arrays of (streams * size)
 * @param to receives stream j of the state after; shares no array with `from`
 * @param q (dim)
 * @param k (dim)
 * @param v (valueDim)
 * @param out (valueDim), written
 */
export function stepCachedStream(
  cache: CachedStreams,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  out: Float64Array,
): void {
  const { dim, valueDim, capacity, tau, scale, weights } = cache;
  const [K, V, logs] = to;
  const keys = j * capacity * dim;
  const values = j * capacity * valueDim;
  const places = j * capacity;
  K.set(from[0].subarray(keys + dim, keys + capacity * dim), keys);
  V.set(from[1].subarray(values + valueDim, values + capacity * valueDim), values);
  for (let s = 0; s < capacity - 1; s++) logs[places + s] = from[2][places + s + 1] - tau;
  logs[places + capacity - 1] = 0;
  K.set(k, keys + (capacity - 1) * dim);
  V.set(v, values + (capacity - 1) * valueDim);

  let largest = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < capacity; s++) {
    let dot = 0;
    for (let i = 0; i < dim; i++) dot += q[i] * K[keys + s * dim + i];
    weights[s] = scale * scale * dot + logs[places + s];
    if (weights[s] > largest) largest = weights[s];
  }
  let total = 0;
  out.fill(0);
  for (let s = 0; s < capacity; s++) {
    const weight = Math.exp(weights[s] - largest);
    total += weight;
    for (let c = 0; c < valueDim; c++) out[c] += weight * V[values + s * valueDim + c];
  }
  for (let c = 0; c < valueDim; c++) out[c] /= total;
}
