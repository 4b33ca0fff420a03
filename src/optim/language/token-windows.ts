import { ConfigError, checkCount, type Rng } from "../../base/index.ts";
import { createBytePairEncoder } from "./byte-pair-encoder.ts";
import { type BytePairs, specialId } from "./byte-pairs.ts";
import { type MaskedTokens, maskTokens } from "./masked-tokens.ts";

/** Sequences of tokens of one length. */
export type TokenWindows = {
  /** Tokens that there are. */
  readonly vocabulary: number;
  /** T, tokens of a sequence, its two ends among them. */
  readonly length: number;
  readonly count: number;
  /** (count, T) */
  readonly tokens: Int32Array;
};

/** Sequences to learn from, to choose settings by, and to report. */
export type TokenSets = Readonly<Record<"train" | "validation" | "test", TokenWindows>>;

/** Of ten sequences one after the other, the last but one is for validation, the last for the test. */
const TURN = 10;
/** So that a tenth is some sequences. */
const LEAST_WINDOWS = 100;

/**
 * Cuts texts into sequences that do not overlap, `begin ... end`, and deals them out. A text that ends within a sequence is followed by
 * the next one after an `end`; what is left at the very end is dropped.
 *
 * @param length T >= 8
 * @throws ConfigError for too little text, or another length
 */
export function createTokenSets(texts: readonly string[], pairs: BytePairs, length: number): TokenSets {
  checkCount("length", length, 8);
  const { encode, size } = createBytePairEncoder(pairs);
  const inner = length - 2;
  const [begin, end] = [specialId("begin"), specialId("end")];
  const stream = texts.flatMap((text) => [...encode(text), end]);
  const count = Math.floor(stream.length / inner);
  if (count < LEAST_WINDOWS)
    throw new ConfigError(
      `the text has ${stream.length} tokens, ${count} sequences of ${inner}, expected at least ${LEAST_WINDOWS} sequences: more text, or a shorter length`,
    );
  const windows = (wanted: (turn: number) => boolean): TokenWindows => {
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => wanted(i % TURN));
    const tokens = new Int32Array(own.length * length);
    own.forEach((i, n) => {
      tokens.set([begin, ...stream.slice(i * inner, (i + 1) * inner), end], n * length);
    });
    return { vocabulary: size, length, count: own.length, tokens };
  };
  return {
    train: windows((turn) => turn < TURN - 2),
    validation: windows((turn) => turn === TURN - 2),
    test: windows((turn) => turn === TURN - 1),
  };
}

/** One of the sequences, some of its tokens hidden. */
export function maskedWindow(windows: TokenWindows, index: number, hidden: number, rng: Rng): MaskedTokens {
  const { length, tokens, vocabulary } = windows;
  return maskTokens(tokens.slice(index * length, (index + 1) * length), hidden, vocabulary, rng);
}
