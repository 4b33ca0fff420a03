import { createRng } from "../../src/base/index.ts";
import {
  type CachedStreams,
  type CausalStreams,
  createStreamStep,
  EMPTY_LOG_SCALE,
  type FeatureMap,
  stepCachedStream,
  stepStream,
} from "../../src/cam/index.ts";
import { gaussians } from "./monte-carlo.ts";

/** What one step of `count` streams is given, rounded to float32 as graphs are fed: rows of q, k and v. */
export type StreamRows = {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
};

/** Rows for some steps of some streams; streams differ in the length of their vectors. */
export function drawRows(
  count: number,
  steps: number,
  sizes: { readonly dim: number; readonly valueDim: number },
  seed: number,
  scale = 1,
): StreamRows[] {
  const rng = createRng(seed);
  const rows = (width: number, factor: number): Float64Array =>
    gaussians(count * width, rng).map((x, i) => Math.fround(factor * (1 + Math.floor(i / width)) * x));
  return Array.from({ length: steps }, () => ({
    q: rows(sizes.dim, scale),
    k: rows(sizes.dim, scale),
    v: rows(sizes.valueDim, 1),
  }));
}

/** One step of stream j of causal memories; returns what it reads. */
export function stepCausal(
  streams: CausalStreams,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  { q, k, v }: StreamRows,
): Float64Array {
  const { map, valueDim, scale } = streams;
  const step = createStreamStep(streams);
  step.query.set(row(q, j, map.dim));
  step.key.set(row(k, j, map.dim));
  step.value.set(row(v, j, valueDim));
  project(map, step.query, scale, step.queryDots);
  const keySquared = project(map, step.key, scale, step.keyDots);
  stepStream(streams, from, to, j, step, keySquared);
  return step.out;
}

/** One step of stream j of caches; returns what it reads. */
export function stepCached(
  cache: CachedStreams,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  { q, k, v }: StreamRows,
): Float64Array {
  const out = new Float64Array(cache.valueDim);
  const [query, key, value] = [row(q, j, cache.dim), row(k, j, cache.dim), row(v, j, cache.valueDim)];
  stepCachedStream(cache, from, to, j, query, key, value, out);
  return out;
}

export function row(flat: Float64Array, j: number, width: number): Float64Array {
  return flat.slice(j * width, (j + 1) * width);
}

/** `out_p = scale w_p'z`; returns `|scale z|^2`. */
function project(map: FeatureMap, z: Float64Array, scale: number, out: Float64Array): number {
  for (let p = 0; p < map.projections; p++) {
    out[p] = 0;
    for (let i = 0; i < map.dim; i++) out[p] += scale * map.weights[p * map.dim + i] * z[i];
  }
  return z.reduce((sum, x) => sum + scale * scale * x * x, 0);
}

/** The memories that optimizers are made of: name, kind, rho and discount. */
export const MEMORIES = [
  ["favor+", "data", 0],
  ["favor+", "data", 0.1],
  ["hf+", "data", 0],
  ["hf+", "data", 0.1],
  ["favor++", "data", 0],
  ["favor++", "data", 0.1],
  ["hf++", "data", 0],
  ["hf++", "data", 0.1],
  ["favor++", 0.4, 0.1],
  ["hf++", 0.7, 0],
] as const;

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs(a[i] - b[i]);
    if (!(gap <= most)) most = gap; // NaN is the largest
  }
  return most;
}

/** The state of `count` empty streams, made of arrays of these sizes each. */
export function emptyStreams(
  { sizes }: { readonly sizes: readonly number[] },
  count: number,
): Float32Array[] {
  return sizes.map((size, i) => new Float32Array(size * count).fill(i === 2 ? EMPTY_LOG_SCALE : 0));
}
