import {
  add,
  constant,
  div,
  layerNorm,
  layoutParameters,
  matMul,
  maximum,
  mul,
  type ParameterSpec,
  relu,
  reshape,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type TfjsWeight,
  tanh,
  tfjsWeight,
  transpose,
} from "../../graph/index.ts";
import {
  linear,
  linearParameters,
  type NamedTensors,
  normParameters,
} from "../optimizees/transformer-layers.ts";

/** Sizes of the sentence encoder; they are those of its published weights. */
export const SENTENCE_ENCODER = {
  vocabulary: 8002,
  /** Numbers of a token; the first layer makes `width` of them. */
  token: 256,
  width: 512,
  heads: 4,
  hidden: 1536,
  layers: 2,
  /** Tokens of a text; what is beyond is cut off. */
  longest: 128,
} as const;

const { vocabulary, token, width, heads, hidden, layers } = SENTENCE_ENCODER;
const EPSILON = 1e-6;
/** The least square of a sentence's length that is divided by. */
const LEAST_SQUARE = 1e-12;
/** What is added to the score of a token that is not there. */
const NOT_THERE = -1e9;
/** Wave lengths of positions go from 2 pi to 2 pi times this. */
const LONGEST_WAVE = 10_000;

/** Tensors of the encoder: `embedding`, `layer.0.query.w`, ..., `pool.b`; they begin as fresh ones do unless weights are given. */
export const SENTENCE_LAYOUT = layoutParameters([
  { name: "embedding", shape: [vocabulary, token], init: { normal: 1 / Math.sqrt(token) } },
  ...Array.from({ length: layers }, (_, l) => layerOf(l)).flat(),
  ...linearParameters("pool", width, width),
]);

function inputsOf(layer: number): number {
  return layer === 0 ? token : width;
}

function layerOf(l: number): ParameterSpec[] {
  const name = `layer.${l}`;
  const inputs = inputsOf(l);
  return [
    ...normParameters(`${name}.norm.0`, inputs),
    ...["query", "key", "value"].flatMap((part) => linearParameters(`${name}.${part}`, inputs, inputs)),
    ...linearParameters(`${name}.out`, inputs, width),
    ...(inputs === width ? [] : linearParameters(`${name}.skip`, inputs, width)),
    ...normParameters(`${name}.norm.1`, width),
    ...linearParameters(`${name}.mlp.0`, width, hidden),
    ...linearParameters(`${name}.mlp.1`, hidden, width),
  ];
}

/**
 * What the encoder makes of texts: the Universal Sentence Encoder's "lite" transformer. Positions are sines and cosines; pre-norm
 * layers `x += attention(norm x)`, `x += W2 relu(W1 norm x)`, the first of which widens its tokens; the mean over tokens, an affine map,
 * tanh, and length 1.
 *
 * @param p tensors of {@link SENTENCE_LAYOUT} but for the embedding
 * @param tokens (B, T, 256), rows of the embedding
 * @param mask (B, T), 1 for a token, 0 where there is none
 * @returns (B, 512), each of length 1
 *
 * Source: Cer et al. 2018; details from the graph of its TensorFlow.js version, which adds tokens twice.
 */
export function encodeSentences(p: NamedTensors, tokens: Tensor, mask: Tensor): Tensor {
  const [B, T] = tokens.shape;
  const bias = reshape(mul(sub(1, mask), NOT_THERE), [B, 1, 1, T]);
  let x = add(mul(tokens, 2), constant(tokens.graph, positions(T), [T, token]));
  for (let l = 0; l < layers; l++) {
    const name = `layer.${l}`;
    const skip = inputsOf(l) === width ? x : linear(p, x, `${name}.skip`);
    x = add(skip, linear(p, attention(p, normed(p, x, `${name}.norm.0`), bias, name), `${name}.out`));
    x = add(x, linear(p, relu(linear(p, normed(p, x, `${name}.norm.1`), `${name}.mlp.0`)), `${name}.mlp.1`));
  }
  const share = div(mask, maximum(sum(mask, [1], true), 1));
  const mean = reshape(matMul(reshape(share, [B, 1, T]), x), [B, width]);
  const y = tanh(linear(p, mean, "pool"));
  return div(y, sqrt(maximum(sum(square(y), [1], true), LEAST_SQUARE)));
}

function normed(p: NamedTensors, x: Tensor, name: string): Tensor {
  return layerNorm(x, p[`${name}.gain`], p[`${name}.bias`], EPSILON);
}

/** Softmax attention of tokens x (B, T, D) over those that are there. */
function attention(p: NamedTensors, x: Tensor, bias: Tensor, name: string): Tensor {
  const [B, T, D] = x.shape;
  const size = D / heads;
  const [q, k, v] = ["query", "key", "value"].map((part) =>
    transpose(reshape(linear(p, x, `${name}.${part}`), [B, T, heads, size]), [0, 2, 1, 3]),
  );
  const scores = matMul(mul(q, 1 / Math.sqrt(size)), k, { transposeB: true });
  const read = matMul(softmax(add(scores, bias)), v);
  return reshape(transpose(read, [0, 2, 1, 3]), [B, T, D]);
}

/** (T, 256) sines, then cosines, of positions over wave lengths that grow geometrically. */
function positions(T: number): Float32Array {
  const half = token / 2;
  const out = new Float32Array(T * token);
  for (let t = 0; t < T; t++)
    for (let i = 0; i < half; i++) {
      const angle = t * LONGEST_WAVE ** (-i / (half - 1));
      out[t * token + i] = Math.sin(angle);
      out[t * token + half + i] = Math.cos(angle);
    }
  return out;
}

/**
 * The tensors of the encoder out of its TensorFlow.js model, by their names there.
 *
 * @throws FormatError or ShapeError for a model that lacks one, or has it of another size
 */
export function sentenceWeights(weights: ReadonlyMap<string, TfjsWeight>): Record<string, Float32Array> {
  const found: Record<string, Float32Array> = {};
  const take = (name: string, from: string, size: number): void => {
    found[name] = tfjsWeight(weights, from, size);
  };
  take("embedding", "module/Embeddings_en", vocabulary * token);
  take("pool.w", "module/Encoder_en/hidden_layers/tanh_layer_0/weights", width * width);
  take("pool.b", "module/Encoder_en/hidden_layers/tanh_layer_0/bias", width);
  for (let l = 0; l < layers; l++) takeLayer(l, weights, take, found);
  return found;
}

function takeLayer(
  l: number,
  weights: ReadonlyMap<string, TfjsWeight>,
  take: (name: string, from: string, size: number) => void,
  found: Record<string, Float32Array>,
): void {
  const name = `layer.${l}`;
  const inputs = inputsOf(l);
  const layer = `Encode/Layer_${l}/TransformerLayer`;
  const kernels = `module/Encoder_en/KonaTransformer/${layer}/MultiheadAttention`;
  const vectors = `module_apply_default/Encoder_en/KonaTransformer/${layer}`;
  const stack = `module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_${l}/TransformerLayer`;
  const vector = (own: string, from: string, size: number): void =>
    take(`${name}.${own}`, `${vectors}/${from}/ConcatPartitions/concat`, size);

  const kernel = tfjsWeight(weights, `${kernels}/qkv_transform_single/kernel/part_0`, 3 * inputs * inputs);
  const bias = tfjsWeight(weights, `${vectors}/MultiheadAttention/qkv_transform_single/bias/ConcatPartitions/concat`, 3 * inputs); // biome-ignore format: one line
  ["query", "key", "value"].forEach((part, i) => {
    found[`${name}.${part}.w`] = columns(kernel, 3 * inputs, i * inputs, inputs);
    found[`${name}.${part}.b`] = columns(bias, 3 * inputs, i * inputs, inputs);
  });
  take(`${name}.out.w`, `${kernels}/output_transform_single/kernel/part_0`, inputs * width);
  vector("out.b", "MultiheadAttention/output_transform_single/bias", width);
  if (inputs !== width) {
    vector("skip.w", "dense/kernel", inputs * width);
    vector("skip.b", "dense/bias", width);
  }
  for (const [n, place, size] of [
    [0, "", inputs],
    [1, "FFN/", width],
  ] as const) {
    // biome-ignore format: one line
    vector(`norm.${n}.gain`, `${place}layer_prepostprocess/layer_norm/layer_norm_scale`, size);
    vector(`norm.${n}.bias`, `${place}layer_prepostprocess/layer_norm/layer_norm_bias`, size);
  }
  take(`${name}.mlp.0.w`, `${stack}/FFN/conv1/Tensordot/Reshape_1`, width * hidden);
  take(`${name}.mlp.1.w`, `${stack}/FFN/conv2/Tensordot/Reshape_1`, hidden * width);
  vector("mlp.0.b", "FFN/conv1/bias", hidden);
  vector("mlp.1.b", "FFN/conv2/bias", width);
}

/** Columns from <= j < from + count of a matrix of `all` columns. */
function columns(matrix: Float32Array, all: number, from: number, count: number): Float32Array {
  const out = new Float32Array((matrix.length / all) * count);
  for (let i = 0; i * all < matrix.length; i++)
    out.set(matrix.subarray(i * all + from, i * all + from + count), i * count);
  return out;
}
