import type { Feeds } from "../optimizees/optimizee.ts";
import type { TextSet } from "../texts/text-set.ts";
import type { Tokenizer } from "./sentence-piece.ts";

/** Texts as numbers of their pieces, all of one length, with a class each. */
export type TokenSet = {
  readonly count: number;
  /** T, pieces of a text; longer ones are cut off, shorter ones filled up. */
  readonly length: number;
  /** (count, T) */
  readonly ids: Int32Array;
  /** (count) pieces that are there. */
  readonly lengths: Uint8Array;
  /** (count) 0 .. classes - 1. */
  readonly labels: Uint16Array;
  readonly classes: number;
};

/** Of so many texts every piece is kept. */
const KEPT_SHARE = 0.9;
/** Lengths are multiples of it. */
const STEP = 4;

/** A length that holds nine of ten texts, as a multiple of 4, at most `longest`. @param texts >= 1 */
export function usualLength(texts: readonly string[], tokenize: Tokenizer, longest: number): number {
  const lengths = texts.map((text) => tokenize(text).length).sort((a, b) => a - b);
  const usual = lengths[Math.floor(KEPT_SHARE * (lengths.length - 1))];
  return Math.min(longest, Math.max(STEP, Math.ceil(usual / STEP) * STEP));
}

/** @param length T */
export function tokenizeTexts(
  { texts, labels, classes }: TextSet,
  tokenize: Tokenizer,
  length: number,
): TokenSet {
  const ids = new Int32Array(texts.length * length);
  const lengths = new Uint8Array(texts.length);
  texts.forEach((text, i) => {
    const own = tokenize(text).slice(0, length);
    ids.set(own, i * length);
    lengths[i] = own.length;
  });
  return { count: texts.length, length, ids, lengths, labels, classes: classes.length };
}

/**
 * Some texts as tensors.
 *
 * @param indices which, (B)
 * @returns `ids` (B, T) int64, `mask` (B, T) and `label` (B, classes), one-hot
 */
export function tokenFeeds(set: TokenSet, indices: ArrayLike<number>): Feeds {
  const { length: T, ids, lengths } = set;
  const B = indices.length;
  const taken = new BigInt64Array(B * T);
  const mask = new Float32Array(B * T);
  for (let b = 0; b < B; b++) {
    const i = indices[b];
    for (let t = 0; t < T; t++) taken[b * T + t] = BigInt(ids[i * T + t]);
    mask.fill(1, b * T, b * T + lengths[i]);
  }
  return {
    ids: { data: taken, shape: [B, T] },
    mask: { data: mask, shape: [B, T] },
    ...labelFeeds(set, indices),
  };
}

/** `label` (B, classes), one-hot. */
export function labelFeeds(
  { labels, classes }: Pick<TokenSet, "labels" | "classes">,
  indices: ArrayLike<number>,
): Feeds {
  const label = new Float32Array(indices.length * classes);
  for (let b = 0; b < indices.length; b++) label[b * classes + labels[indices[b]]] = 1;
  return { label: { data: label, shape: [indices.length, classes] } };
}
