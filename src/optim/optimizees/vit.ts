import { ConfigError, checkCount, createRng, hashSeed } from "../../base/index.ts";
import { type AttentionKind, type AttentionMap, camAttention, createFeatureMap } from "../../cam/index.ts";
import {
  add,
  concat,
  dense,
  expand,
  gelu,
  layerNorm,
  layoutParameters,
  mean,
  type ParameterSpec,
  reshape,
  slice,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { checkDigits, type DigitSet } from "../digits/digit-set.ts";
import { createClassifier } from "./classifier.ts";
import type { Optimizee } from "./optimizee.ts";

/** What of the last layer the classes are read from: the mean of all tokens, or one token without a patch. */
export const VIT_READOUTS = ["mean", "token"] as const;
export type VitReadout = (typeof VIT_READOUTS)[number];

export type VitOptions = {
  /** Images and labels that batches are drawn from. */
  readonly digits: DigitSet;
  /** Side of a square patch, a divisor of the images' sides. [pixels] */
  readonly patch?: number;
  readonly layers?: number;
  /** Numbers per token, a multiple of `heads`. */
  readonly width?: number;
  readonly heads?: number;
  /** Hidden units of a layer's perceptron as a multiple of `width`. */
  readonly mlp?: number;
  /** "softmax" is exact; the others are the compact associative memory with that feature map. */
  readonly attention?: AttentionKind;
  /** Random features per head, unless attention is exact. */
  readonly features?: number;
  /** Seed of the random features, which are part of the problem, not of its start. */
  readonly featureSeed?: number;
  readonly readout?: VitReadout;
  /** Images per step, drawn with replacement, >= 1. */
  readonly batch?: number;
};

export const VIT_DEFAULTS = {
  patch: 7,
  layers: 3,
  width: 16,
  heads: 2,
  mlp: 4,
  attention: "softmax",
  features: 16,
  featureSeed: 1,
  readout: "mean",
  batch: 128,
} as const satisfies Omit<Required<VitOptions>, "digits">;

/** Standard deviation of positions and of the readout token at the start. */
const TOKEN_STD = 0.02;

/** Options as resolved, with what follows from them. */
type Vit = Required<VitOptions> & { readonly tokens: number };

/**
 * A Vision Transformer that tells images apart, by mean cross-entropy over a batch: patches, learned positions,
 * pre-norm layers of attention and a GELU perceptron, a norm and a linear map to the classes.
 *
 * @throws ConfigError for an illegal option
 *
 * Source: Dosovitskiy et al. 2021, equations 1 to 4; attention as a memory:
 * docs/associative-memory.md#the-memory.
 */
export function createVit(options: VitOptions): Optimizee {
  const vit = resolve(options);
  const { digits, batch, layers, width } = vit;
  const layout = layoutParameters(vitParameters(vit));
  const maps = Array.from({ length: layers }, (_, layer) => layerMap(vit, layer));
  const name = `vit-${layers}x${width}${vit.attention === "softmax" ? "" : `-${vit.attention}`}`;
  return createClassifier(name, layout, digits, batch, (p, image) => logits(p, image, vit, maps));
}

function resolve(options: VitOptions): Vit {
  const vit = { ...VIT_DEFAULTS, ...options };
  const { digits, patch, width, heads, readout } = vit;
  checkDigits(digits);
  for (const name of ["patch", "layers", "width", "heads", "mlp", "features", "batch"] as const)
    checkCount(name, vit[name], 1);
  if (!Number.isSafeInteger(vit.featureSeed))
    throw new ConfigError(`featureSeed is ${vit.featureSeed}, expected an integer`);
  if (digits.height % patch !== 0 || digits.width % patch !== 0)
    throw new ConfigError(
      `patch is ${patch} pixels, expected a divisor of the images' sides, ${digits.height} and ${digits.width}`,
    );
  if (width % heads !== 0)
    throw new ConfigError(`width is ${width}, expected a multiple of heads = ${heads}`);
  if (!VIT_READOUTS.includes(readout))
    throw new ConfigError(`readout is "${readout}", expected ${VIT_READOUTS.join(" or ")}`);
  const patches = (digits.height / patch) * (digits.width / patch);
  return { ...vit, tokens: patches + (readout === "token" ? 1 : 0) };
}

function vitParameters({ digits, patch, layers, width: D, mlp, readout, tokens }: Vit): ParameterSpec[] {
  const linear = (name: string, rows: number, columns: number): ParameterSpec[] => [
    { name: `${name}.w`, shape: [rows, columns], init: { normal: 1 / Math.sqrt(rows) } },
    { name: `${name}.b`, shape: [columns], init: "zeros" },
  ];
  const norm = (name: string): ParameterSpec[] => [
    { name: `${name}.gain`, shape: [D], init: "ones" },
    { name: `${name}.bias`, shape: [D], init: "zeros" },
  ];
  const layer = (name: string): ParameterSpec[] => [
    ...norm(`${name}.norm.0`),
    ...["query", "key", "value", "out"].flatMap((part) => linear(`${name}.${part}`, D, D)),
    ...norm(`${name}.norm.1`),
    ...linear(`${name}.mlp.0`, D, D * mlp),
    ...linear(`${name}.mlp.1`, D * mlp, D),
  ];
  const token = { name: "token", shape: [1, D], init: { normal: TOKEN_STD } };
  return [
    ...linear("patch", patch * patch, D),
    { name: "position", shape: [tokens, D], init: { normal: TOKEN_STD } },
    ...(readout === "token" ? [token] : []),
    ...Array.from({ length: layers }, (_, l) => layer(`layer.${l}`)).flat(),
    ...norm("norm"),
    ...linear("head", D, digits.classes),
  ];
}

/** The random features of a layer, the same whenever the same options are built. */
function layerMap({ attention, width, heads, features, featureSeed }: Vit, layer: number): AttentionMap {
  const rng = createRng(hashSeed(featureSeed, layer));
  return createFeatureMap({ kind: attention, dim: width / heads, features, rng });
}

/** (B, classes) of images (B, height * width). */
function logits(
  p: Readonly<Record<string, Tensor>>,
  image: Tensor,
  { digits, patch, layers, width: D, heads, readout, tokens: T }: Vit,
  maps: readonly AttentionMap[],
): Tensor {
  const B = image.shape[0];
  const linear = (x: Tensor, name: string): Tensor => dense(x, p[`${name}.w`], p[`${name}.b`]);
  const norm = (x: Tensor, name: string): Tensor => layerNorm(x, p[`${name}.gain`], p[`${name}.bias`]);
  const split = (t: Tensor): Tensor => transpose(reshape(t, [B, T, heads, D / heads]), [0, 2, 1, 3]);

  let x = linear(patchesOf(image, digits, patch), "patch");
  if (readout === "token") x = concat([expand(reshape(p.token, [1, 1, D]), [B, 1, D]), x], 1);
  x = add(x, p.position);
  for (let l = 0; l < layers; l++) {
    const name = `layer.${l}`;
    const h = norm(x, `${name}.norm.0`);
    const [q, k, v] = ["query", "key", "value"].map((part) => split(linear(h, `${name}.${part}`)));
    const attended = transpose(camAttention(q, k, v, maps[l]), [0, 2, 1, 3]);
    x = add(x, linear(reshape(attended, [B, T, D]), `${name}.out`));
    const m = linear(norm(x, `${name}.norm.1`), `${name}.mlp.0`);
    x = add(x, linear(gelu(m), `${name}.mlp.1`));
  }
  x = norm(x, "norm");
  const read = readout === "token" ? reshape(slice(x, 1, 0, 1), [B, D]) : mean(x, [1]);
  return linear(read, "head");
}

/** Images (B, height * width) as patches (B, tokens, patch * patch), row by row. */
function patchesOf(image: Tensor, { height, width }: DigitSet, patch: number): Tensor {
  const B = image.shape[0];
  const [rows, columns] = [height / patch, width / patch];
  const squares = transpose(reshape(image, [B, rows, patch, columns, patch]), [0, 1, 3, 2, 4]);
  return reshape(squares, [B, rows * columns, patch * patch]);
}
