import { type CausalDesign, type CausalMemoryOptions, designCausal, sliceOfQuery } from "./causal-design.ts";

/**
 * Many causal memories of one design side by side, one per coordinate of an optimizer, in float32: each
 * stream writes one pattern and reads one query per step, independently of the others.
 *
 * The state of `count` streams is a list of arrays, stream after stream in each, and within a stream slice
 * after slice: N (slices, features, valueDim), Psi (slices, features), logScale (slices, features), and for a
 * thickened state sums (n + 2) as in `CausalMemory`.
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

/** @throws ConfigError as `createCausalMemory` */
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
 * Writes a pattern into stream j and then reads a query from it: `writeCausal` and `readCausal` in one pass.
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
