import { ConfigError, checkCount } from "../../base/index.ts";
import type { AttentionMap } from "../../cam/index.ts";
import {
  add,
  concat,
  expand,
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
import {
  checkTransformer,
  layerMaps,
  layerParameters,
  linear,
  linearParameters,
  type NamedTensors,
  norm,
  normParameters,
  type TransformerOptions,
  transformerLayers,
} from "./transformer-layers.ts";

/** What of the last layer the classes are read from: the mean of all tokens, or one token without a patch. */
export const VIT_READOUTS = ["mean", "token"] as const;
export type VitReadout = (typeof VIT_READOUTS)[number];

export type VitOptions = Partial<TransformerOptions> & {
  /** Images and labels that batches are drawn from. */
  readonly digits: DigitSet;
  /** Side of a square patch, a divisor of the images' sides. [pixels] */
  readonly patch?: number;
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
type Vit = TransformerOptions & Required<VitOptions> & { readonly tokens: number };

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
  const maps = layerMaps(vit);
  const name = `vit-${layers}x${width}${vit.attention === "softmax" ? "" : `-${vit.attention}`}`;
  return createClassifier(name, layout, digits, batch, (p, image) => logits(p, image, vit, maps));
}

function resolve(options: VitOptions): Vit {
  const vit = { ...VIT_DEFAULTS, ...options };
  const { digits, patch, readout } = vit;
  checkDigits(digits);
  for (const name of ["patch", "batch"] as const) checkCount(name, vit[name], 1);
  checkTransformer(vit);
  if (digits.height % patch !== 0 || digits.width % patch !== 0)
    throw new ConfigError(
      `patch is ${patch} pixels, expected a divisor of the images' sides, ${digits.height} and ${digits.width}`,
    );
  if (!VIT_READOUTS.includes(readout))
    throw new ConfigError(`readout is "${readout}", expected ${VIT_READOUTS.join(" or ")}`);
  const patches = (digits.height / patch) * (digits.width / patch);
  return { ...vit, tokens: patches + (readout === "token" ? 1 : 0) };
}

function vitParameters(vit: Vit): ParameterSpec[] {
  const { digits, patch, width: D, readout, tokens } = vit;
  const token = { name: "token", shape: [1, D], init: { normal: TOKEN_STD } };
  return [
    ...linearParameters("patch", patch * patch * (digits.channels ?? 1), D),
    { name: "position", shape: [tokens, D], init: { normal: TOKEN_STD } },
    ...(readout === "token" ? [token] : []),
    ...layerParameters(vit),
    ...normParameters("norm", D),
    ...linearParameters("head", D, digits.classes),
  ];
}

/** (B, classes) of images (B, channels * height * width). */
function logits(p: NamedTensors, image: Tensor, vit: Vit, maps: readonly AttentionMap[]): Tensor {
  const { digits, patch, width: D, readout } = vit;
  const B = image.shape[0];
  let x = linear(p, patchesOf(image, digits, patch), "patch");
  if (readout === "token") x = concat([expand(reshape(p.token, [1, 1, D]), [B, 1, D]), x], 1);
  x = norm(p, transformerLayers(p, add(x, p.position), vit, maps), "norm");
  const read = readout === "token" ? reshape(slice(x, 1, 0, 1), [B, D]) : mean(x, [1]);
  return linear(p, read, "head");
}

/** Images (B, channels * height * width) as patches (B, tokens, channels * patch * patch), row by row. */
function patchesOf(image: Tensor, digits: DigitSet, patch: number): Tensor {
  const { height, width, channels = 1 } = digits;
  const B = image.shape[0];
  const [rows, columns] = [height / patch, width / patch];
  const squares = transpose(reshape(image, [B, channels, rows, patch, columns, patch]), [0, 2, 4, 1, 3, 5]);
  return reshape(squares, [B, rows * columns, channels * patch * patch]);
}
