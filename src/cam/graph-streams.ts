import { checkLength, ShapeError } from "../base/index.ts";
import {
  add,
  concat,
  constant,
  dense,
  div,
  exp,
  type Graph,
  greater,
  matMul,
  max,
  maximum,
  mul,
  reshape,
  scalar,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph/index.ts";
import type { CachedStreams } from "./cached-streams.ts";
import { type CausalStreams, EMPTY_LOG_SCALE } from "./causal-streams.ts";

/** What one step of many streams reads, and their state after it. */
export type StreamTensors = {
  /** (B, valueDim) */
  readonly out: Tensor;
  /** Flat, as the arrays of `CausalStreams`: the i-th (B * sizes[i]). */
  readonly state: readonly Tensor[];
};

/**
 * One step of B causal memories as graph nodes, what `stepStream` does: every stream writes its pattern, then
 * reads its query.
 *
 * No gradient passes through log-scales, which cancel between writing and reading, nor through the choice of
 * a slice.
 *
 * @param state flat tensors, the i-th (B * streams.sizes[i])
 * @param q (B, n)
 * @param k (B, n)
 * @param v (B, valueDim)
 * @throws ShapeError where shapes do not fit
 */
export function stepStreams(
  streams: CausalStreams,
  state: readonly Tensor[],
  q: Tensor,
  k: Tensor,
  v: Tensor,
): StreamTensors {
  checkShapes(streams, state, q, k, v);
  const { map, valueDim, tau, scale, rhos } = streams;
  const [B] = q.shape;
  const rows = rhos.length * map.features;
  const { graph } = q;
  const [N, Psi, logScale] = [
    reshape(state[0], [B, rows, valueDim]),
    reshape(state[1], [B, rows]),
    reshape(state[2], [B, rows]),
  ];
  const { weights, norms } = rowConstants(graph, streams);
  const keySquared = mul(sum(square(k), [1], true), scale * scale);

  const kept = sub(logScale, tau);
  const written = add(sub(dense(k, weights), mul(keySquared, 0.5)), norms);
  const nextScale = stopGradient(maximum(kept, written));
  const shrink = stopGradient(exp(sub(kept, nextScale)));
  const weight = exp(sub(written, nextScale));
  const nextN = add(
    mul(N, reshape(shrink, [B, rows, 1])),
    mul(reshape(weight, [B, rows, 1]), reshape(v, [B, 1, valueDim])),
  );
  const nextPsi = add(mul(Psi, shrink), weight);
  const next = [nextN, nextPsi, nextScale];

  let logs = add(add(dense(q, weights), norms), nextScale);
  if (rhos.length > 1) {
    const { sums, rho } = updateSums(streams, reshape(state[3], [B, map.dim + 2]), q, k, keySquared);
    next.push(sums);
    logs = keepSlice(logs, rho, rhos.length, map.features);
  }
  const phi = exp(sub(logs, stopGradient(max(logs, [1], true))));
  const total = sum(mul(phi, nextPsi), [1], true);
  const read = reshape(matMul(reshape(phi, [B, 1, rows]), nextN), [B, valueDim]);
  return {
    out: div(read, total),
    state: next.map((tensor, i) => reshape(tensor, [B * streams.sizes[i]])),
  };
}

/** Per row (slice and feature): the projection `+-scale B w` as a column of (n, rows), and `A |w|^2` (rows). */
function rowConstants(g: Graph, { map, scale, coefficients }: CausalStreams) {
  const { dim, projections, features } = map;
  const rows = coefficients.length * features;
  const weights = new Float64Array(dim * rows);
  const norms = new Float64Array(rows);
  coefficients.forEach(({ A, B }, s) => {
    for (let i = 0; i < features; i++) {
      const p = i % projections;
      const row = s * features + i;
      const factor = i < projections ? scale * B : -scale * B;
      for (let j = 0; j < dim; j++) weights[j * rows + row] = factor * map.weights[p * dim + j];
      norms[row] = A * map.squaredNorms[p];
    }
  });
  return { weights: constant(g, weights, [dim, rows]), norms: constant(g, norms, [rows]) };
}

/** The sums of g after this pattern (B, n + 2), and rho* of each query (B, 1). */
function updateSums(
  { map, scale, tau }: CausalStreams,
  before: Tensor,
  q: Tensor,
  k: Tensor,
  keySquared: Tensor,
): { sums: Tensor; rho: Tensor } {
  const { dim } = map;
  const { graph } = q;
  const [B] = q.shape;
  const one = constant(graph, new Float32Array(B).fill(1), [B, 1]);
  const pattern = concat([mul(k, scale), keySquared, one], 1);
  const sums = stopGradient(add(mul(before, Math.exp(-tau)), pattern));
  const scaled = stopGradient(mul(q, scale));
  const keySums = slice(sums, 1, 0, dim);
  const squares = slice(sums, 1, dim, dim + 1);
  const weight = slice(sums, 1, dim + 1, dim + 2);
  const cross = sum(mul(scaled, keySums), [1], true);
  const mean = div(add(squares, mul(cross, 2)), weight);
  const g = maximum(add(sum(square(scaled), [1], true), mean), 0);
  const b = add(mul(g, 2), dim);
  const rho = div(scalar(graph, 2 * dim), add(b, sqrt(add(square(b), mul(g, 8 * dim)))));
  return { sums, rho };
}

/** The logs (B, slices * features) of the slice that covers rho, all others so low that their exp is zero. */
function keepSlice(logs: Tensor, rho: Tensor, slices: number, features: number): Tensor {
  const { graph } = logs;
  const perRow = (bound: (s: number) => number): Tensor =>
    constant(
      graph,
      Float64Array.from({ length: slices * features }, (_, row) => bound(Math.floor(row / features))),
      [1, slices * features],
    );
  // Slice s: s <= rho slices < s + 1; the last one takes rho = 1 too.
  const position = mul(rho, slices);
  const isBelow = greater(
    perRow((s) => s),
    position,
  );
  const isAbove = greater(
    perRow((s) => (s === slices - 1 ? Number.MAX_SAFE_INTEGER : s + 1)),
    position,
  );
  return where(isAbove, where(isBelow, EMPTY_LOG_SCALE, logs), EMPTY_LOG_SCALE);
}

function checkShapes(
  { map, valueDim, sizes }: CausalStreams,
  state: readonly Tensor[],
  q: Tensor,
  k: Tensor,
  v: Tensor,
): void {
  const [B] = q.shape;
  for (const [name, t, width] of [
    ["q", q, map.dim],
    ["k", k, map.dim],
    ["v", v, valueDim],
  ] as const)
    if (t.shape.length !== 2 || t.shape[0] !== B || t.shape[1] !== width)
      throw new ShapeError(
        `stepStreams: ${name} has shape (${t.shape.join(", ")}), expected (${B ?? "B"}, ${width})`,
      );
  checkLength("stepStreams: state", state.length, sizes.length, "tensors");
  state.forEach((tensor, i) => {
    checkLength(`stepStreams: state[${i}].shape`, tensor.shape.length, 1, "a flat vector's");
    checkLength(`stepStreams: state[${i}]`, tensor.shape[0], B * sizes[i], "streams * size");
  });
}

/**
 * One step of B caches as graph nodes, what `stepCachedStream` does.
 *
 * @param state flat tensors, the i-th (B * cache.sizes[i])
 * @param q (B, dim)
 * @param k (B, dim)
 * @param v (B, valueDim)
 * @throws ShapeError where shapes do not fit
 */
export function stepCachedStreams(
  cache: CachedStreams,
  state: readonly Tensor[],
  q: Tensor,
  k: Tensor,
  v: Tensor,
): StreamTensors {
  const { dim, valueDim, capacity, tau, scale, sizes } = cache;
  const [B] = q.shape;
  checkLength("stepCachedStreams: state", state.length, sizes.length, "tensors");
  const shifted = (tensor: Tensor, width: number, last: Tensor): Tensor => {
    const before = reshape(tensor, [B, capacity, width]);
    const fresh = reshape(last, [B, 1, width]);
    return slice(concat([before, fresh], 1), 1, 1, capacity + 1);
  };
  const zero = constant(q.graph, new Float32Array(B), [B, 1]);
  const K = shifted(state[0], dim, k);
  const V = shifted(state[1], valueDim, v);
  const aged = shifted(sub(state[2], tau), 1, zero);
  const dots = matMul(reshape(mul(q, scale * scale), [B, 1, dim]), K, { transposeB: true });
  const logs = add(dots, reshape(aged, [B, 1, capacity]));
  const out = reshape(matMul(softmax(logs, 2), V), [B, valueDim]);
  return { out, state: [K, V, aged].map((tensor, i) => reshape(tensor, [B * sizes[i]])) };
}
