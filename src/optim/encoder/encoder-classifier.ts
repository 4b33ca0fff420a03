import { checkCount, type Rng } from "../../base/index.ts";
import {
  concat,
  constant,
  expand,
  gather,
  initParameters,
  layoutParameters,
  mul,
  type ParameterSpec,
  reshape,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import { crossEntropy } from "../optimizees/classifier.ts";
import type { Feeds, Optimizee } from "../optimizees/optimizee.ts";
import { linear, linearParameters, type NamedTensors } from "../optimizees/transformer-layers.ts";
import { encodeSentences, SENTENCE_ENCODER, SENTENCE_LAYOUT } from "./sentence-encoder.ts";
import { labelFeeds, type TokenSet, tokenFeeds } from "./token-set.ts";

const { token, width } = SENTENCE_ENCODER;

/** Sentences as the encoder gives them, each of length 1, with a class each. */
export type SentenceSet = Pick<TokenSet, "count" | "labels" | "classes"> & {
  /** (count, 512) */
  readonly sentences: Float32Array;
};

export type EncoderClassifierOptions = {
  readonly tokens: TokenSet;
  /** Texts per step, drawn with replacement. */
  readonly batch?: number;
  /** Rows that are put before every text: a soft prompt. */
  readonly prompt?: number;
  /** Standard deviation that the prompt starts with. */
  readonly promptStd?: number;
};

export const ENCODER_CLASSIFIER_DEFAULTS = { batch: 32, prompt: 0, promptStd: 1 / Math.sqrt(token) } as const;

/**
 * The sentence encoder with a linear map to classes on top, by mean cross-entropy over a batch. Its tensors are those of
 * {@link SENTENCE_LAYOUT}, `prompt` (P, 256) where there is one, `head.w` (512, classes) and `head.b`.
 *
 * Source: the soft prompt is that of Lester, Al-Rfou and Constant 2021.
 */
export function createEncoderClassifier(options: EncoderClassifierOptions): Optimizee {
  const { tokens, batch, prompt: P, promptStd } = { ...ENCODER_CLASSIFIER_DEFAULTS, ...options };
  checkCount("batch", batch, 1);
  checkCount("prompt", P, 0);
  const { classes, length: T } = tokens;
  const prompt: ParameterSpec = { name: "prompt", shape: [P, token], init: { normal: promptStd } };
  const layout = layoutParameters([
    ...SENTENCE_LAYOUT.entries,
    ...(P > 0 ? [prompt] : []),
    ...linearParameters("head", width, classes),
  ]);
  return {
    name: "encoder",
    layout,
    problem: [],
    batch: [
      { name: "ids", shape: [batch, T], dtype: "int64" },
      { name: "mask", shape: [batch, T] },
      { name: "label", shape: [batch, classes] },
    ],
    loss(params, { ids, mask, label }) {
      const p = unpackParameters(params, layout);
      const rows = gather(p.embedding, ids);
      const z =
        P === 0 ? encodeSentences(p, rows, mask) : encodeSentences(p, ...prompted(p.prompt, rows, mask));
      return crossEntropy(readout(p, z), label);
    },
    init: (rng) => initParameters(layout, rng),
    drawProblem: () => ({}),
    drawBatch: (rng) => tokenFeeds(tokens, drawn(rng, tokens.count, batch)),
  };
}

/**
 * The linear map to classes alone, on sentences that the encoder gave once: what {@link createEncoderClassifier} is where nothing but its
 * head is trained.
 */
export function createSentenceClassifier(
  set: SentenceSet,
  batch: number = ENCODER_CLASSIFIER_DEFAULTS.batch,
): Optimizee {
  checkCount("batch", batch, 1);
  const layout = layoutParameters(linearParameters("head", width, set.classes));
  return {
    name: "encoder",
    layout,
    problem: [],
    batch: [
      { name: "sentence", shape: [batch, width] },
      { name: "label", shape: [batch, set.classes] },
    ],
    loss: (params, { sentence, label }) =>
      crossEntropy(readout(unpackParameters(params, layout), sentence), label),
    init: (rng) => initParameters(layout, rng),
    drawProblem: () => ({}),
    drawBatch: (rng) => sentenceFeeds(set, drawn(rng, set.count, batch)),
  };
}

/** Some sentences as tensors: `sentence` (B, 512) and `label` (B, classes), one-hot. */
export function sentenceFeeds(set: SentenceSet, indices: ArrayLike<number>): Feeds {
  const data = new Float32Array(indices.length * width);
  for (let b = 0; b < indices.length; b++)
    data.set(set.sentences.subarray(indices[b] * width, (indices[b] + 1) * width), b * width);
  return { sentence: { data, shape: [indices.length, width] }, ...labelFeeds(set, indices) };
}

/** Scores of sentences of length 1; scaled, their numbers have a root mean square of 1 as a layer's inputs have. */
function readout(p: NamedTensors, z: Tensor): Tensor {
  return linear(p, mul(z, Math.sqrt(width)), "head");
}

/** Rows of a prompt (P, D) before those of every text, and the mask of all. */
function prompted(prompt: Tensor, rows: Tensor, mask: Tensor): [rows: Tensor, mask: Tensor] {
  const [B, , D] = rows.shape;
  const [P] = prompt.shape;
  const all = expand(reshape(prompt, [1, P, D]), [B, P, D]);
  const there = constant(rows.graph, new Float32Array(B * P).fill(1), [B, P]);
  return [concat([all, rows], 1), concat([there, mask], 1)];
}

function drawn(rng: Rng, count: number, batch: number): number[] {
  return Array.from({ length: batch }, () => rng.int(count));
}
