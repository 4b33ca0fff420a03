import { ConfigError } from "../../base/index.ts";
import {
  type BytePairs,
  byteTokens,
  FIRST_BYTE,
  LARGEST_VOCABULARY,
  mergePair,
  SMALLEST_VOCABULARY,
  wordsOf,
} from "./byte-pairs.ts";

/** Text as tokens and back. */
export type BytePairEncoder = {
  /** Tokens of the vocabulary: every id is below it. */
  readonly size: number;
  /** The tokens of a text; of the whole text, since the vocabulary has every byte. */
  encode(text: string): Int32Array;
  /**
   * The text of some tokens, without the special ones; bytes that are no UTF-8 become U+FFFD, as where a letter was cut.
   *
   * @throws ConfigError for an id that is not of the vocabulary
   */
  decode(tokens: ArrayLike<number>): string;
};

/** Words whose tokens are kept; the rest are worked out each time. */
const MOST_WORDS = 100_000;

/**
 * Reads and writes tokens of a vocabulary. A word's tokens are found as they were learned: of all pairs in it the one that was
 * merged first is merged first. `decode(encode(text))` is the text, but for halves of surrogate pairs, which UTF-8 does not have.
 */
export function createBytePairEncoder({ merges }: BytePairs): BytePairEncoder {
  const ranks = new Map(merges.map(([left, right], i) => [left * LARGEST_VOCABULARY + right, i]));
  const size = SMALLEST_VOCABULARY + merges.length;
  const bytes = bytesOfTokens(merges);
  const known = new Map<string, readonly number[]>();
  const tokensOf = (word: string): readonly number[] => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const tokens = mergeByRank(byteTokens(word), ranks);
    if (known.size < MOST_WORDS) known.set(word, tokens);
    return tokens;
  };
  return {
    size,
    encode: (text) => Int32Array.from(wordsOf(text).flatMap(tokensOf)),
    decode(tokens) {
      const parts: number[] = [];
      for (let i = 0; i < tokens.length; i++) {
        const own = bytes[tokens[i]];
        if (own === undefined)
          throw new ConfigError(`tokens[${i}] is ${tokens[i]}, expected an id in 0..${size - 1}`);
        parts.push(...own);
      }
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(parts));
    },
  };
}

/** The bytes of every token; none of special ones. */
function bytesOfTokens(merges: BytePairs["merges"]): number[][] {
  const bytes: number[][] = Array.from({ length: FIRST_BYTE }, () => []);
  for (let byte = 0; byte < 256; byte++) bytes.push([byte]);
  for (const [left, right] of merges) bytes.push([...bytes[left], ...bytes[right]]);
  return bytes;
}

function mergeByRank(tokens: number[], ranks: ReadonlyMap<number, number>): number[] {
  for (;;) {
    let best = Infinity;
    let at = -1;
    for (let i = 1; i < tokens.length; i++) {
      const rank = ranks.get(tokens[i - 1] * LARGEST_VOCABULARY + tokens[i]);
      if (rank !== undefined && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return tokens;
    tokens = mergePair(tokens, tokens[at - 1], tokens[at], SMALLEST_VOCABULARY + best);
  }
}
