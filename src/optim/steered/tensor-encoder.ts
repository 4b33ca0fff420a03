import { createRng } from "../../base/index.ts";
import { camAttention, createFeatureMap, type FeatureMap, projectPattern } from "../../cam/index.ts";
import {
  add,
  dense,
  matMul,
  mean,
  type ParameterSpec,
  reshape,
  type Tensor,
  tanh,
} from "../../graph/index.ts";
import { TOKEN_CHUNK, TOKENS } from "../../rules/index.ts";

/** Levels of the hierarchy: tokens of coordinates to one of each chunk, and these to one of the tensor. */
const LEVELS = 2;

/**
 * The hierarchical pooling encoder: what many coordinates of a tensor say, as one meta-token of `width` numbers.
 *
 *     x = tanh(tokens E + e);  twice: in every chunk of 64  x <- x + attention(x Q, x K, x V), then the mean of the chunk
 *
 * Attention is bidirectional, by positive random features (a Performer), so that it costs what the tokens are.
 *
 * Source: Mnemosyne (Jain et al. 2023), section 4, the tensor-wise optimizer.
 */
export type TensorEncoder = {
  readonly parameters: readonly ParameterSpec[];
  /** @returns what writes the meta-token (width) of `count` tokens to `out` at `at` */
  bind(
    weights: Readonly<Record<string, Float32Array>>,
  ): (tokens: Float64Array, count: number, out: Float64Array, at: number) => void;
  /** @param tokens (count, TOKENS) @returns (1, width) */
  tensors(weights: Readonly<Record<string, Tensor>>, tokens: Tensor): Tensor;
};

/** @param features of the attention, an even number */
export function createTensorEncoder(width: number, features: number, seed: number): TensorEncoder {
  const std = 1 / Math.sqrt(width);
  const rng = createRng(seed);
  const map = createFeatureMap({ kind: "hf+", dim: width, features, rng });
  const levels = Array.from({ length: LEVELS }, (_, l) => l);
  const square = { shape: [width, width], init: { normal: std } } as const;
  return {
    parameters: [
      { name: "enter", shape: [TOKENS, width], init: { normal: 1 / Math.sqrt(TOKENS) } },
      { name: "bias", shape: [width], init: "zeros" },
      ...levels.flatMap((l) =>
        ["query", "key", "value"].map((name): ParameterSpec => ({ name: `level${l}/${name}`, ...square })),
      ),
    ],
    bind: (weights) => bindEncoder(map, width, weights),
    tensors(weights, tokens) {
      let x = tanh(dense(tokens, weights.enter, weights.bias));
      for (const l of levels) {
        const [count] = x.shape;
        const chunks = Math.max(1, count / TOKEN_CHUNK);
        const heads = (name: string): Tensor =>
          reshape(matMul(x, weights[`level${l}/${name}`]), [chunks, 1, count / chunks, width]);
        const read = camAttention(heads("query"), heads("key"), heads("value"), map);
        const mixed = add(reshape(x, [chunks, count / chunks, width]), reshape(read, [chunks, count / chunks, width])); // biome-ignore format: one line
        x = mean(mixed, [1], false);
      }
      return x;
    },
  };
}

function bindEncoder(
  map: FeatureMap,
  width: number,
  weights: Readonly<Record<string, Float32Array>>,
): ReturnType<TensorEncoder["bind"]> {
  let x = new Float64Array(0);
  return (tokens, count, out, at) => {
    if (x.length < count * width) x = new Float64Array(count * width);
    for (let t = 0; t < count; t++)
      for (let c = 0; c < width; c++) {
        let sum = weights.bias[c];
        for (let i = 0; i < TOKENS; i++) sum += tokens[t * TOKENS + i] * weights.enter[i * width + c];
        x[t * width + c] = Math.tanh(sum);
      }
    let left = count;
    for (let l = 0; l < LEVELS; l++) {
      const chunk = Math.min(left, TOKEN_CHUNK);
      const own = (name: string): Float32Array => weights[`level${l}/${name}`];
      for (let first = 0, to = 0; first < left; first += chunk, to++) {
        const pooled = poolChunk(map, x.subarray(first * width, (first + chunk) * width), width, own("query"), own("key"), own("value")); // biome-ignore format: one line
        x.set(pooled, to * width);
      }
      left /= chunk;
    }
    for (let c = 0; c < width; c++) out[at + c] = x[c];
  };
}

/** The mean over a chunk x (T, width) of `x + attention(x Q, x K, x V)`. */
function poolChunk(
  map: FeatureMap,
  x: Float64Array,
  width: number,
  Q: Float32Array,
  K: Float32Array,
  V: Float32Array,
): Float64Array {
  const T = x.length / width;
  const { features, projections } = map;
  const scale = width ** -0.25;
  const times = (W: Float32Array): Float64Array => {
    const out = new Float64Array(T * width);
    for (let t = 0; t < T; t++)
      for (let i = 0; i < width; i++)
        for (let c = 0; c < width; c++) out[t * width + c] += x[t * width + i] * W[i * width + c];
    return out;
  };
  const [q, k, v] = [Q, K, V].map(times);
  const u = new Float64Array(projections);
  const logs = (z: Float64Array, t: number, squares: boolean, out: Float64Array): void => {
    const half = projectPattern(map, z, t * width, scale, u) / 2;
    for (let i = 0; i < features; i++)
      out[i] = (i < projections ? u[i] : -u[i - projections]) - (squares ? half : 0);
  };
  const keys = Array.from({ length: T }, (_, t) => {
    const out = new Float64Array(features);
    logs(k, t, true, out);
    return out;
  });
  const shift = new Float64Array(features).fill(Number.NEGATIVE_INFINITY);
  for (const key of keys) for (let i = 0; i < features; i++) shift[i] = Math.max(shift[i], key[i]);
  const N = new Float64Array(features * width);
  const Psi = new Float64Array(features);
  keys.forEach((key, t) => {
    for (let i = 0; i < features; i++) {
      const weight = Math.exp(key[i] - shift[i]);
      Psi[i] += weight;
      for (let c = 0; c < width; c++) N[i * width + c] += weight * v[t * width + c];
    }
  });
  const pooled = new Float64Array(width);
  const query = new Float64Array(features);
  for (let t = 0; t < T; t++) {
    logs(q, t, false, query);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < features; i++) most = Math.max(most, query[i] + shift[i]);
    let total = 0;
    for (let i = 0; i < features; i++) {
      query[i] = Math.exp(query[i] + shift[i] - most);
      total += query[i] * Psi[i];
    }
    for (let c = 0; c < width; c++) {
      let read = 0;
      for (let i = 0; i < features; i++) read += query[i] * N[i * width + c];
      pooled[c] += (x[t * width + c] + read / total) / T;
    }
  }
  return pooled;
}
