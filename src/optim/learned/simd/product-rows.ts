import type { CausalStreams } from "../../../cam/index.ts";
import type { DenseLayer } from "../../../wasm/index.ts";
import type { CellWeights } from "../cell.ts";
import { foldProjections } from "../memory-cell.ts";

/**
 * Everything that a cell multiplies x by, as one layer: the dots of key and query with the projections, times
 * B; the key, such that the sum of its squares is `|scale k|^2 / 2`; the value. Each begins at a vector.
 */
export type ProductRows = {
  readonly layer: DenseLayer;
  /** Bytes from the first product to those of each kind. */
  readonly keyDots: number;
  readonly queryDots: number;
  readonly key: number;
  readonly value: number;
  /** (features): `A |w|^2`; none where A = 0. */
  readonly norms: Float64Array | undefined;
};

/** @param streams of one slice, keys and values a multiple of 4 wide */
export function productRows(streams: CausalStreams, weights: CellWeights): ProductRows {
  const { map, valueDim, scale, coefficients } = streams;
  const { dim, projections, features, squaredNorms } = map;
  const [{ A, B }] = coefficients;
  const dots = 4 * Math.ceil(projections / 4);
  const outputs = 2 * dots + dim + valueDim;
  const W = new Float64Array(dim * outputs);
  const [keyRows, queryRows] = [weights.key, weights.query].map((w) =>
    foldProjections(map.weights, w, projections, dim, scale * B),
  );
  for (let i = 0; i < dim; i++) {
    const row = W.subarray(i * outputs, (i + 1) * outputs);
    for (let p = 0; p < projections; p++) {
      row[p] = keyRows[p * dim + i];
      row[dots + p] = queryRows[p * dim + i];
    }
    for (let c = 0; c < dim; c++) row[2 * dots + c] = scale * Math.SQRT1_2 * weights.key[i * dim + c];
    for (let c = 0; c < valueDim; c++) row[2 * dots + dim + c] = weights.value[i * valueDim + c];
  }
  return {
    layer: { inputs: dim, outputs, W },
    keyDots: 0,
    queryDots: 4 * dots,
    key: 8 * dots,
    value: 8 * dots + 4 * dim,
    norms:
      A === 0
        ? undefined
        : Float64Array.from({ length: features }, (_, i) => A * squaredNorms[i % projections]),
  };
}
