import { checkLength } from "../base/index.ts";
import {
  add,
  concat,
  constant,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  type Tensor,
} from "../graph/index.ts";
import type { CachedStreams } from "./cached-streams.ts";
import type { StreamTensors } from "./graph-causal.ts";

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
