import { ConfigError, checkCount, createRng, hashSeed } from "../../base/index.ts";
import { type AttentionKind, type AttentionMap, camAttention, createFeatureMap } from "../../cam/index.ts";
import {
  add,
  dense,
  gelu,
  layerNorm,
  type ParameterSpec,
  reshape,
  type Tensor,
  transpose,
} from "../../graph/index.ts";

/** What the layers of a transformer are. */
export type TransformerOptions = {
  readonly layers: number;
  /** D, numbers per token, a multiple of `heads`. */
  readonly width: number;
  readonly heads: number;
  /** Hidden units of a layer's perceptron as a multiple of `width`. */
  readonly mlp: number;
  /** "softmax" is exact; the others are the compact associative memory with that feature map. */
  readonly attention: AttentionKind;
  /** Random features per head, unless attention is exact. */
  readonly features: number;
  /** Seed of the random features, which are part of the problem, not of its start. */
  readonly featureSeed: number;
};

/** Parameters of a graph by their names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** @throws ConfigError for an illegal option */
export function checkTransformer(options: TransformerOptions): void {
  const { width, heads, featureSeed } = options;
  for (const name of ["layers", "width", "heads", "mlp", "features"] as const)
    checkCount(name, options[name], 1);
  if (!Number.isSafeInteger(featureSeed))
    throw new ConfigError(`featureSeed is ${featureSeed}, expected an integer`);
  if (width % heads !== 0)
    throw new ConfigError(`width is ${width}, expected a multiple of heads = ${heads}`);
}

/** A matrix `NAME.w` that starts with a standard deviation of `1 / sqrt(rows)`, and a bias `NAME.b` of zeros. */
export function linearParameters(name: string, rows: number, columns: number): ParameterSpec[] {
  return [
    { name: `${name}.w`, shape: [rows, columns], init: { normal: 1 / Math.sqrt(rows) } },
    { name: `${name}.b`, shape: [columns], init: "zeros" },
  ];
}

/** `NAME.gain` of ones and `NAME.bias` of zeros. */
export function normParameters(name: string, width: number): ParameterSpec[] {
  return [
    { name: `${name}.gain`, shape: [width], init: "ones" },
    { name: `${name}.bias`, shape: [width], init: "zeros" },
  ];
}

/** The parameters of all layers: `layer.0.norm.0.gain`, ... */
export function layerParameters({ layers, width: D, mlp }: TransformerOptions): ParameterSpec[] {
  return Array.from({ length: layers }, (_, l) => `layer.${l}`).flatMap((name) => [
    ...normParameters(`${name}.norm.0`, D),
    ...["query", "key", "value", "out"].flatMap((part) => linearParameters(`${name}.${part}`, D, D)),
    ...normParameters(`${name}.norm.1`, D),
    ...linearParameters(`${name}.mlp.0`, D, D * mlp),
    ...linearParameters(`${name}.mlp.1`, D * mlp, D),
  ]);
}

/** The random features of every layer, the same whenever the same options are given. */
export function layerMaps(options: TransformerOptions): AttentionMap[] {
  const { layers, attention, width, heads, features, featureSeed } = options;
  return Array.from({ length: layers }, (_, layer) => {
    const rng = createRng(hashSeed(featureSeed, layer));
    return createFeatureMap({ kind: attention, dim: width / heads, features, rng });
  });
}

/** `x w + b` with the matrix and the bias of a name. */
export function linear(p: NamedTensors, x: Tensor, name: string): Tensor {
  return dense(x, p[`${name}.w`], p[`${name}.b`]);
}

/** Layer normalization with the gain and the bias of a name. */
export function norm(p: NamedTensors, x: Tensor, name: string): Tensor {
  return layerNorm(x, p[`${name}.gain`], p[`${name}.bias`]);
}

/**
 * All layers in pre-norm form: `x += attention(norm x)`, then `x += W2 gelu(W1 norm x)`.
 *
 * @param p at least those of {@link layerParameters}
 * @param x (B, T, D)
 * @param maps one per layer, of {@link layerMaps}
 * @returns (B, T, D), not normalized
 */
export function transformerLayers(
  p: NamedTensors,
  x: Tensor,
  { layers, heads }: TransformerOptions,
  maps: readonly AttentionMap[],
): Tensor {
  const [B, T, D] = x.shape;
  const split = (t: Tensor): Tensor => transpose(reshape(t, [B, T, heads, D / heads]), [0, 2, 1, 3]);
  for (let l = 0; l < layers; l++) {
    const name = `layer.${l}`;
    const h = norm(p, x, `${name}.norm.0`);
    const [q, k, v] = ["query", "key", "value"].map((part) => split(linear(p, h, `${name}.${part}`)));
    const attended = transpose(camAttention(q, k, v, maps[l]), [0, 2, 1, 3]);
    x = add(x, linear(p, reshape(attended, [B, T, D]), `${name}.out`));
    const m = linear(p, norm(p, x, `${name}.norm.1`), `${name}.mlp.0`);
    x = add(x, linear(p, gelu(m), `${name}.mlp.1`));
  }
  return x;
}
