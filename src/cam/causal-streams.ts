import { checkCount, checkNotNegative, checkPositive } from "../base/index.ts";
import type { FeatureMap } from "./feature-map.ts";
import { coefficientsOfRho, type FeatureCoefficients, optimalRho } from "./rho.ts";

/** What a causal memory is made of, whatever holds its state. */
export type CausalDesign = Required<Omit<CausalMemoryOptions, "slices">> & {
  /** (slices): the rho of each slice, ascending. */
  readonly rhos: Float64Array;
  readonly coefficients: readonly FeatureCoefficients[];
};

export type CausalMemoryOptions = {
  readonly map: FeatureMap;
  readonly valueDim: number;
  /** Discount per step, >= 0; default 0.1, that of the paper's optimizers. */
  readonly tau?: number;
  /** Multiplies q and k; default `n^{-1/4}`. */
  readonly scale?: number;
  /** c: how many rho the thickened state keeps, the midpoints of c equal parts of (0, 1]; default 16. */
  readonly slices?: number;
};

/** @throws ConfigError for tau < 0, a scale <= 0 or a size that is no positive integer */
export function designCausal(options: CausalMemoryOptions): CausalDesign {
  const { map, valueDim, tau = 0.1, scale = map.dim ** -0.25, slices = 16 } = options;
  checkNotNegative("tau", tau);
  checkPositive("scale", scale);
  checkCount("valueDim", valueDim, 1);
  checkCount("slices", slices, 1);
  const rhos =
    map.rho === "data"
      ? Float64Array.from({ length: slices }, (_, j) => (j + 0.5) / slices)
      : Float64Array.of(map.rho);
  const coefficients = Array.from(rhos, (rho) => coefficientsOfRho(rho, map.dim));
  return { map, valueDim, tau, scale, rhos, coefficients };
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

/**
 * Many causal memories of one design side by side, one per coordinate of an optimizer, in float32: each
 * stream writes one pattern and reads one query per step, independently of the others.
 *
 * The state of `count` streams is a list of arrays, stream after stream in each, and within a stream slice
 * after slice: N (slices, features, valueDim), Psi (slices, features), logScale (slices, features), and for a
 * thickened state sums (n + 2): of scaled k, of |k|^2 and of the weights, discounted.
 */
export type CausalStreams = CausalDesign & {
  /** Floats per stream of each array of the state. */
  readonly sizes: readonly number[];
};

/** One pattern and one query, as the products that a memory needs. Vectors are not scaled. */
export type StreamStep = {
  /** (projections): `scale w_i'k`. */
  readonly keyDots: Float64Array;
  /** (projections): `scale w_i'q`. */
  readonly queryDots: Float64Array;
  /** (n), (n): read where the state is thickened. */
  readonly key: Float64Array;
  readonly query: Float64Array;
  /** (valueDim) */
  readonly value: Float64Array;
  /** (valueDim): receives what is read. */
  readonly out: Float64Array;
};

/**
 * logScale of an empty feature: finite, so that graphs can subtract it from itself, and so low that whatever
 * is written first takes its place.
 */
export const EMPTY_LOG_SCALE = -1e30;

/** @throws ConfigError for tau < 0, a scale <= 0 or a size that is no positive integer */
export function createCausalStreams(options: CausalMemoryOptions): CausalStreams {
  const design = designCausal(options);
  const { map, valueDim, rhos } = design;
  const rows = rhos.length * map.features;
  const sizes = [rows * valueDim, rows, rows];
  if (rhos.length > 1) sizes.push(map.dim + 2);
  return { ...design, sizes };
}

/** Allocates the vectors of a step. */
export function createStreamStep({ map, valueDim }: CausalStreams): StreamStep {
  return {
    keyDots: new Float64Array(map.projections),
    queryDots: new Float64Array(map.projections),
    key: new Float64Array(map.dim),
    query: new Float64Array(map.dim),
    value: new Float64Array(valueDim),
    out: new Float64Array(valueDim),
  };
}

/**
 * Writes a pattern into stream j, `N <- e^-tau N + phi(k) v'`, `Psi <- e^-tau Psi + phi(k)`, and then reads a query from
 * it, `N'phi(q) / (phi(q)'Psi)`, of a thickened state from the slice whose rho is nearest to rho*.
 *
 * @param from the state before, arrays of (streams * size)
 * @param to receives stream j of the state after; may be `from`
 * @param step the pattern and the query; `out` is written
 * @param keySquared `|scale k|^2`
 */
export function stepStream(
  streams: CausalStreams,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  step: StreamStep,
  keySquared: number,
): void {
  const { map, valueDim, tau, coefficients } = streams;
  const { projections, features, squaredNorms } = map;
  const { keyDots, queryDots, value } = step;
  const slices = coefficients.length;
  const chosen = slices === 1 ? 0 : updateSums(streams, from[3], to[3], j, step, keySquared);
  const [fromN, fromPsi, fromScale] = from;
  const [toN, toPsi, toScale] = to;
  let largest = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < slices; s++) {
    const { A, B } = coefficients[s];
    const first = (j * slices + s) * features;
    for (let i = 0; i < features; i++) {
      const p = i < projections ? i : i - projections;
      const sign = i < projections ? B : -B;
      const row = first + i;
      const written = A * squaredNorms[p] + sign * keyDots[p] - keySquared / 2;
      const kept = fromScale[row] - tau;
      const isLarger = written > kept;
      const shrink = isLarger ? Math.exp(kept - written) : 1;
      const weight = isLarger ? 1 : Math.exp(written - kept);
      const scale = isLarger ? written : kept;
      const at = row * valueDim;
      for (let c = 0; c < valueDim; c++) toN[at + c] = shrink * fromN[at + c] + weight * value[c];
      toPsi[row] = shrink * fromPsi[row] + weight;
      toScale[row] = scale;
      if (s !== chosen) continue;
      const read = A * squaredNorms[p] + sign * queryDots[p] + scale;
      if (read > largest) largest = read;
    }
  }
  readStream(streams, to, j, step, chosen, largest);
}

function readStream(
  { map, valueDim, coefficients }: CausalStreams,
  [N, Psi, logScale]: readonly Float32Array[],
  j: number,
  { queryDots, out }: StreamStep,
  slice: number,
  largest: number,
): void {
  const { projections, features, squaredNorms } = map;
  const { A, B } = coefficients[slice];
  const first = (j * coefficients.length + slice) * features;
  let total = 0;
  out.fill(0);
  for (let i = 0; i < features; i++) {
    const p = i < projections ? i : i - projections;
    const row = first + i;
    const log = A * squaredNorms[p] + (i < projections ? B : -B) * queryDots[p] + logScale[row];
    const weight = Math.exp(log - largest);
    total += weight * Psi[row];
    const at = row * valueDim;
    for (let c = 0; c < valueDim; c++) out[c] += weight * N[at + c];
  }
  for (let c = 0; c < valueDim; c++) out[c] /= total;
}

/** Sigma, Lambda and the sum of weights of g; returns the slice that the query reads. */
function updateSums(
  { map, scale, tau, rhos }: CausalStreams,
  from: Float32Array,
  to: Float32Array,
  j: number,
  { key, query }: StreamStep,
  keySquared: number,
): number {
  const { dim } = map;
  const kept = Math.exp(-tau);
  const at = j * (dim + 2);
  let squared = 0;
  let cross = 0;
  for (let i = 0; i < dim; i++) {
    const sum = kept * from[at + i] + scale * key[i];
    const q = scale * query[i];
    to[at + i] = sum;
    squared += q * q;
    cross += q * sum;
  }
  const squares = kept * from[at + dim] + keySquared;
  const weight = kept * from[at + dim + 1] + 1;
  to[at + dim] = squares;
  to[at + dim + 1] = weight;
  return sliceOfQuery(Math.max(0, squared + (squares + 2 * cross) / weight), dim, rhos.length);
}
