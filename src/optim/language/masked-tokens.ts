import { checkCount, type Rng } from "../../base/index.ts";
import { SPECIAL_TOKENS, specialId } from "./byte-pairs.ts";

/** A sequence with some of its tokens hidden. */
export type MaskedTokens = {
  /** (T) what is read. */
  readonly tokens: Int32Array;
  /** (M) where tokens are hidden, rising. */
  readonly places: Int32Array;
  /** (M) what stood there. */
  readonly targets: Int32Array;
};

/** Of the hidden tokens, the shares that become the mask and another token; the rest stay as they are. */
const MASKED = 0.8;
const REPLACED = 0.1;

/**
 * Hides some tokens of a sequence: of `count` places, each as likely, 80% become the mask, 10% a token at random, and 10% stay, so that
 * a network cannot tell from what it reads where it will be asked.
 *
 * @param sequence (T), with its special tokens, which are never hidden
 * @param count M, at most the tokens that are not special
 * @param vocabulary number of tokens
 * @throws ConfigError for another count
 *
 * Source: Devlin et al. 2019, section 3.1; the count is fixed, as in their `max_predictions_per_seq`.
 */
export function maskTokens(sequence: Int32Array, count: number, vocabulary: number, rng: Rng): MaskedTokens {
  const first = SPECIAL_TOKENS.length;
  const open = [...sequence.keys()].filter((t) => sequence[t] >= first);
  checkCount("count", count, 1, open.length);
  for (let i = 0; i < count; i++) {
    const j = i + rng.int(open.length - i);
    [open[i], open[j]] = [open[j], open[i]];
  }
  const places = Int32Array.from(open.slice(0, count)).sort();
  const tokens = sequence.slice();
  for (const place of places) {
    const share = rng.uniform();
    if (share < MASKED) tokens[place] = specialId("mask");
    else if (share < MASKED + REPLACED) tokens[place] = first + rng.int(vocabulary - first);
  }
  return { tokens, places, targets: places.map((place) => sequence[place]) };
}
