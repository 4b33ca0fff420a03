import { ShapeError } from "../base/index.ts";
import {
  add,
  constant,
  dense,
  div,
  exp,
  type Graph,
  matMul,
  max,
  mean,
  mul,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import type { AttentionMap, FeatureMap } from "./feature-map.ts";
import { coefficientsOfRho } from "./rho.ts";

/**
 * Bidirectional memory of every head as graph nodes, for a batch: all patterns are written, `N = sum phi(k) v'`,
 * `Psi = sum phi(k)`, then every query reads `N'phi(q) / (phi(q)'Psi)`. Softmax attention where the map is "softmax".
 *
 * Each feature's largest `phi_i(k)` moves from the keys to the queries, and each query's largest
 * feature is taken out; both cancel exactly, so that nothing overflows, the denominator is at least 1,
 * and no key's weight changes. For the same reason `|q|^2 / 2` and the constants of phi are left out.
 *
 * rho* (map with rho "data") is computed per head inside the graph, and no gradient passes through it:
 * the kernel estimate is unbiased for every rho, so that path has expectation zero and would only add
 * noise and nodes.
 *
 * @param q (B, H, T, n)
 * @param k (B, H, S, n)
 * @param v (B, H, S, dv)
 * @returns (B, H, T, dv); q and k are multiplied by `n^{-1/4}`, so that the kernel is `exp(q'k / sqrt(n))`
 * @throws ShapeError where shapes do not fit each other or `map.dim`
 * Source: docs/associative-memory.md#the-memory.
 */
export function camAttention(q: Tensor, k: Tensor, v: Tensor, map: AttentionMap): Tensor {
  checkShapes(q, k, v, map.dim);
  const scale = map.dim ** -0.25;
  if (map.kind === "softmax") return matMul(exactWeights(q, k, scale), v);
  const { phiQ, phiK } = features(q, k, map, scale);
  const N = matMul(phiK, v, { transposeA: true });
  const Psi = sum(phiK, [2], true);
  return div(matMul(phiQ, N), matMul(phiQ, Psi, { transposeB: true }));
}

/**
 * The weights with which `camAttention` mixes the values, `phi(q_t)'phi(k_s) / sum_j phi(q_t)'phi(k_j)`: rows of
 * positive numbers that sum to 1. O(T S), for looking at.
 *
 * @param q (B, H, T, n)
 * @param k (B, H, S, n)
 * @returns (B, H, T, S)
 * @throws as {@link camAttention}
 */
export function camWeights(q: Tensor, k: Tensor, map: AttentionMap): Tensor {
  checkShapes(q, k, k, map.dim);
  const scale = map.dim ** -0.25;
  if (map.kind === "softmax") return exactWeights(q, k, scale);
  const { phiQ, phiK } = features(q, k, map, scale);
  const products = matMul(phiQ, phiK, { transposeB: true });
  return div(products, sum(products, [3], true));
}

/** (B, H, T, S): softmax over the keys. */
function exactWeights(q: Tensor, k: Tensor, scale: number): Tensor {
  return softmax(matMul(mul(q, scale * scale), k, { transposeB: true }), 3);
}

/** phi(q) (B, H, T, features) and phi(k) (B, H, S, features), but for factors that the quotient cancels. */
function features(q: Tensor, k: Tensor, map: FeatureMap, scale: number): { phiQ: Tensor; phiK: Tensor } {
  const { queryLogs, keyLogs } =
    map.rho === "data" ? fittedLogs(q, k, map, scale) : fixedLogs(q, k, map, scale, map.rho);
  const shift = stopGradient(max(keyLogs, [2], true));
  const phiK = exp(sub(keyLogs, shift));
  const shifted = add(queryLogs, shift);
  const phiQ = exp(sub(shifted, stopGradient(max(shifted, [3], true))));
  return { phiQ, phiK };
}

type Logs = {
  /** (B, H, T, features): log phi(q) without what is the same for all features. */
  readonly queryLogs: Tensor;
  /** (B, H, S, features): log phi(k) without what is the same for all keys. */
  readonly keyLogs: Tensor;
};

/** Logs for a given rho: B is folded into the projections, A |w|^2 of both sides into the queries. */
function fixedLogs(q: Tensor, k: Tensor, map: FeatureMap, scale: number, rho: number): Logs {
  const { A, B } = coefficientsOfRho(rho, map.dim);
  const weights = projections(q.graph, map, scale * B);
  const half = mul(sum(square(k), [3], true), (scale * scale) / 2);
  const logs = dense(q, weights);
  return {
    queryLogs: A === 0 ? logs : add(logs, mul(squaredNorms(q.graph, map), 2 * A)),
    keyLogs: sub(dense(k, weights), half),
  };
}

/** Logs for the rho* of each head's own queries and keys. */
function fittedLogs(q: Tensor, k: Tensor, map: FeatureMap, scale: number): Logs {
  const weights = projections(q.graph, map, scale);
  const squares = sum(square(k), [3], true);
  const { twoA, B } = fittedCoefficients(q, k, squares, map.dim, scale);
  return {
    queryLogs: add(dense(mul(q, B), weights), mul(twoA, squaredNorms(q.graph, map))),
    keyLogs: sub(dense(mul(k, B), weights), mul(squares, (scale * scale) / 2)),
  };
}

/**
 * 2A and B = sqrt(1 - 4A) of rho*, each (B, H, 1, 1), from
 * `1 / rho* = (2g + n + sqrt((2g + n)^2 + 8 n g)) / (2n)`.
 */
function fittedCoefficients(
  q: Tensor,
  k: Tensor,
  keySquares: Tensor,
  dim: number,
  scale: number,
): { twoA: Tensor; B: Tensor } {
  const squares = add(mean(sum(square(q), [3], true), [2], true), mean(keySquares, [2], true));
  const cross = sum(mul(mean(q, [2], true), mean(k, [2], true)), [3], true);
  // In units of n: everything below is of order one for ordinary data.
  const g = mul(stopGradient(add(squares, mul(cross, 2))), (scale * scale) / dim);
  const b = add(mul(g, 2), 1);
  const inverse = mul(add(b, sqrt(add(square(b), mul(g, 8)))), 0.5);
  return { twoA: mul(sub(1, inverse), 0.25), B: sqrt(mul(add(inverse, 1), 0.5)) };
}

/** (n, features): the columns factor * w_i, for hyperbolic maps followed by -factor * w_i. */
function projections(g: Graph, map: FeatureMap, factor: number): Tensor {
  const { dim, features, weights } = map;
  const data = new Float64Array(dim * features);
  for (let i = 0; i < features; i++) {
    const row = (i % map.projections) * dim;
    const signed = i < map.projections ? factor : -factor;
    for (let j = 0; j < dim; j++) data[j * features + i] = signed * weights[row + j];
  }
  return constant(g, data, [dim, features]);
}

/** (features): |w_i|^2. */
function squaredNorms(g: Graph, map: FeatureMap): Tensor {
  const data = Float64Array.from({ length: map.features }, (_, i) => map.squaredNorms[i % map.projections]);
  return constant(g, data, [map.features]);
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor, dim: number): void {
  for (const [name, t] of Object.entries({ q, k, v }))
    if (t.shape.length !== 4)
      throw new ShapeError(`camAttention: ${name} has shape (${t.shape.join(", ")}), expected (B, H, T, d)`);
  const [B, H] = q.shape;
  for (const [name, t] of Object.entries({ q, k, v })) {
    const width = name === "v" ? t.shape[3] : dim;
    const tokens = name === "v" ? k.shape[2] : t.shape[2];
    if (t.shape[0] !== B || t.shape[1] !== H || t.shape[2] !== tokens || t.shape[3] !== width)
      throw new ShapeError(
        `camAttention: ${name} has shape (${t.shape.join(", ")}), expected (${B}, ${H}, ${tokens}, ${width}) for q (${q.shape.join(", ")}) and dim ${dim}`,
      );
  }
}
