import { checkCount } from "../../base/index.ts";

/** Tokens that no text has: padding, the ends of a sequence, and what stands in place of a hidden token. */
export const SPECIAL_TOKENS = ["pad", "begin", "end", "mask"] as const;
export type SpecialToken = (typeof SPECIAL_TOKENS)[number];

/** The id of a special token: 0, 1, ... in their order. */
export const specialId = (token: SpecialToken): number => SPECIAL_TOKENS.indexOf(token);

/** The id of byte 0; the other bytes follow, and after them what was merged. */
export const FIRST_BYTE = SPECIAL_TOKENS.length;
const FIRST_MERGE = FIRST_BYTE + 256;

/** The smallest vocabulary: special tokens and single bytes. */
export const SMALLEST_VOCABULARY = FIRST_MERGE;
/** Two ids make one key of a map in 32 bits. */
export const LARGEST_VOCABULARY = 0x10000;

/** A vocabulary: merge i says which two tokens token `SMALLEST_VOCABULARY + i` is made of. */
export type BytePairs = { readonly merges: readonly (readonly [number, number])[] };

/**
 * A vocabulary of byte pairs: the two neighbours within words that are most frequent become one token, again and again.
 *
 * Words are letters, digits or signs with the blank before them, so that no token reaches over two of them. Among pairs as
 * frequent the one of the smallest ids is taken: the same texts give the same vocabulary.
 *
 * @param size tokens wanted, special ones and bytes among them; fewer where no pair comes twice
 * @throws ConfigError for a size that is not in 260..65536
 *
 * Source: Sennrich, Haddow and Birch 2016, algorithm 1, on bytes as in Radford et al. 2019, section 2.2.
 */
export function trainBytePairs(texts: Iterable<string>, size: number): BytePairs {
  checkCount("vocabulary", size, SMALLEST_VOCABULARY, LARGEST_VOCABULARY);
  const words = countWords(texts);
  const pairs = countPairs(words);
  const merges: [number, number][] = [];
  while (FIRST_MERGE + merges.length < size) {
    const best = mostFrequent(pairs);
    if (best === undefined) break;
    const pair: [number, number] = [Math.floor(best / LARGEST_VOCABULARY), best % LARGEST_VOCABULARY];
    mergeEverywhere(pair, FIRST_MERGE + merges.length, words, pairs);
    merges.push(pair);
  }
  return { merges };
}

/** Letters, digits or signs with the blank before them, or blanks. */
const WORD = / ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+/gu;
const bytesOf = new TextEncoder();

/** The words of a text, which together are the text. */
export function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

/** The ids of a word's bytes. */
export function byteTokens(word: string): number[] {
  return Array.from(bytesOf.encode(word), (byte) => FIRST_BYTE + byte);
}

/** A word as the tokens it is made of so far, and how often it comes. */
type Word = { tokens: number[]; readonly count: number };
/** How often a pair comes, and in which words it may be. */
type Pair = { count: number; readonly words: Set<number> };

const keyOf = (left: number, right: number): number => left * LARGEST_VOCABULARY + right;

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Array.from(counts, ([word, count]) => ({ tokens: byteTokens(word), count }));
}

function countPairs(words: readonly Word[]): Map<number, Pair> {
  const pairs = new Map<number, Pair>();
  words.forEach((word, w) => {
    addPairs(word, w, 1, pairs);
  });
  return pairs;
}

/** Counts a word's pairs, or with sign -1 takes them away. */
function addPairs({ tokens, count }: Word, w: number, sign: 1 | -1, pairs: Map<number, Pair>): void {
  for (let i = 1; i < tokens.length; i++) {
    const key = keyOf(tokens[i - 1], tokens[i]);
    const pair = pairs.get(key) ?? { count: 0, words: new Set() };
    pair.count += sign * count;
    pair.words.add(w);
    pairs.set(key, pair);
  }
}

/** The key of the pair that comes most often, at least twice. */
function mostFrequent(pairs: ReadonlyMap<number, Pair>): number | undefined {
  let best: number | undefined;
  let most = 1;
  for (const [key, { count }] of pairs)
    if (count > most || (count === most && best !== undefined && key < best)) [best, most] = [key, count];
  return best;
}

function mergeEverywhere(
  [left, right]: readonly [number, number],
  merged: number,
  words: readonly Word[],
  pairs: Map<number, Pair>,
): void {
  const key = keyOf(left, right);
  for (const w of pairs.get(key)!.words) {
    const word = words[w];
    addPairs(word, w, -1, pairs);
    word.tokens = mergePair(word.tokens, left, right, merged);
    addPairs(word, w, 1, pairs);
  }
  pairs.delete(key);
}

/** Tokens with every pair (left, right), from the front, as one. */
export function mergePair(tokens: readonly number[], left: number, right: number, merged: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === left && tokens[i + 1] === right) {
      out.push(merged);
      i++;
    } else out.push(tokens[i]);
  }
  return out;
}
