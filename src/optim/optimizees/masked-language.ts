import { ConfigError, checkCount, createRng, hashSeed, type Rng } from "../../base/index.ts";
import type { AttentionMap } from "../../cam/index.ts";
import {
  add,
  exp,
  gather,
  gelu,
  initParameters,
  layoutParameters,
  log,
  matMul,
  max,
  mean,
  mul,
  type ParameterSpec,
  reshape,
  stopGradient,
  sub,
  sum,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import type { MaskedTokens } from "../language/masked-tokens.ts";
import { maskedWindow, type TokenWindows } from "../language/token-windows.ts";
import type { Feeds, Optimizee } from "./optimizee.ts";
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

export type MaskedLanguageOptions = Partial<TransformerOptions> & {
  /** Sequences that batches are drawn from. */
  readonly text: TokenWindows;
  /** Share of a sequence's tokens that is hidden, but for its ends. */
  readonly hidden?: number;
  /** Sequences per step, drawn with replacement, >= 1. */
  readonly batch?: number;
};

export const MASKED_LANGUAGE_DEFAULTS = {
  layers: 2,
  width: 64,
  heads: 4,
  mlp: 4,
  attention: "softmax",
  features: 16,
  featureSeed: 1,
  hidden: 0.15,
  batch: 16,
} as const satisfies Omit<Required<MaskedLanguageOptions>, "text">;

/** The sizes of BERT's base model, but for its vocabulary of 30,522. */
export const BERT_BASE = { layers: 12, width: 768, heads: 12 } as const;

/** Standard deviation of embeddings and positions at the start. */
const TOKEN_STD = 0.02;

type MaskedLanguage = TransformerOptions &
  Required<MaskedLanguageOptions> & {
    /** M, tokens hidden in a sequence. */
    readonly places: number;
  };

/**
 * A transformer that says which tokens are hidden, by mean cross-entropy over the hidden ones: embedding and learned positions,
 * pre-norm layers, and for each hidden token a GELU layer whose products with the embedding, plus a bias, are the logits.
 *
 * Batches: `tokens` (B, T), `places` (B M) into the B T tokens, `targets` (B M), all int64.
 *
 * @throws ConfigError for an illegal option
 *
 * Source: Devlin et al. 2019, section 3.1, with the norms before the layers (Xiong et al. 2020); docs/transformers.md.
 */
export function createMaskedLanguage(options: MaskedLanguageOptions): Optimizee {
  const model = resolve(options);
  const { text, batch, places, layers, width, attention } = model;
  const layout = layoutParameters(parameters(model));
  const maps = layerMaps(model);
  return {
    name: `mlm-${layers}x${width}${attention === "softmax" ? "" : `-${attention}`}`,
    layout,
    problem: [],
    batch: [
      { name: "tokens", shape: [batch, text.length], dtype: "int64" },
      { name: "places", shape: [batch * places], dtype: "int64" },
      { name: "targets", shape: [batch * places], dtype: "int64" },
    ],
    loss: (params, inputs) => lossOf(unpackParameters(params, layout), inputs, model, maps),
    init: (rng) => initParameters(layout, rng),
    drawProblem: () => ({}),
    drawBatch: (rng) =>
      feedsOf(Array.from({ length: batch }, () => maskedWindow(text, rng.int(text.count), places, rng))),
  };
}

/** Seeds what is hidden in sequences that are judged by: the same in every run. */
const JUDGE_SEED = 20181011;

/** Feeds of given sequences, hiding the same tokens of each whenever it is asked for. */
export function judgedSequences(text: TokenWindows, indices: ArrayLike<number>, hidden?: number): Feeds {
  const places = placesOf(text, hidden ?? MASKED_LANGUAGE_DEFAULTS.hidden);
  const draw = (index: number): Rng => createRng(hashSeed(JUDGE_SEED, index));
  return feedsOf(Array.from(indices, (index) => maskedWindow(text, index, places, draw(index))));
}

function placesOf({ length }: TokenWindows, hidden: number): number {
  return Math.max(1, Math.round(hidden * (length - 2)));
}

function feedsOf(masked: readonly MaskedTokens[]): Feeds {
  const T = masked[0].tokens.length;
  const vector = (ids: number[]) => ({ data: BigInt64Array.from(ids, BigInt), shape: [ids.length] });
  return {
    tokens: { ...vector(masked.flatMap(({ tokens }) => [...tokens])), shape: [masked.length, T] },
    places: vector(masked.flatMap(({ places }, b) => Array.from(places, (place) => b * T + place))),
    targets: vector(masked.flatMap(({ targets }) => [...targets])),
  };
}

function resolve(options: MaskedLanguageOptions): MaskedLanguage {
  const model = { ...MASKED_LANGUAGE_DEFAULTS, ...options };
  const { text, hidden, batch } = model;
  checkTransformer(model);
  checkCount("batch", batch, 1);
  if (!(hidden > 0 && hidden < 1)) throw new ConfigError(`hidden is ${hidden}, expected a share in (0, 1)`);
  return { ...model, places: placesOf(text, hidden) };
}

function parameters(model: MaskedLanguage): ParameterSpec[] {
  const { text, width: D } = model;
  const table = (name: string, rows: number): ParameterSpec => ({ name, shape: [rows, D], init: { normal: TOKEN_STD } }); // biome-ignore format: one line
  return [
    table("embedding", text.vocabulary),
    table("position", text.length),
    ...normParameters("embedding.norm", D),
    ...layerParameters(model),
    ...normParameters("norm", D),
    ...linearParameters("head", D, D),
    ...normParameters("head.norm", D),
    { name: "bias", shape: [text.vocabulary], init: "zeros" },
  ];
}

function lossOf(
  p: NamedTensors,
  { tokens, places, targets }: NamedTensors,
  model: MaskedLanguage,
  maps: readonly AttentionMap[],
): Tensor {
  const [B, T] = tokens.shape;
  const { width: D } = model;
  const V = p.embedding.shape[0];
  let x = norm(p, add(gather(p.embedding, tokens), p.position), "embedding.norm");
  x = norm(p, transformerLayers(p, x, model, maps), "norm");
  const hidden = gather(reshape(x, [B * T, D]), places);
  const h = norm(p, gelu(linear(p, hidden, "head")), "head.norm");
  const logits = add(matMul(h, p.embedding, { transposeB: true }), p.bias);
  // The logit of a target is its own row's product: no one-hot vectors of the length of the vocabulary.
  const bias = gather(reshape(p.bias, [V, 1]), targets);
  const own = add(sum(mul(h, gather(p.embedding, targets)), [1], true), bias);
  const largest = stopGradient(max(logits, [1], true));
  const total = add(log(sum(exp(sub(logits, largest)), [1], true)), largest);
  return mean(reshape(sub(total, own), [places.shape[0]]), [0], true);
}
