import { FormatError } from "../../base/index.ts";

/**
 * Pieces of text with the logarithm of their probability; a piece's number is its place. A score that is missing counts as 0, the
 * likeliest: the published vocabulary lacks those of pieces with colons, and its own tokenizer adds it so.
 */
export type Vocabulary = readonly (readonly [piece: string, score: number | null])[];

/** Cuts a text into pieces. @returns their numbers; of an empty text none */
export type Tokenizer = (text: string) => number[];

/** What stands for a space. */
const SPACE = "\u2581";
/** The first pieces stand for nothing in a text: unknown, begin, end, extra ones. */
const RESERVED = 6;
const UNKNOWN = 0;
/** How much less likely an unknown character is than the least likely piece. */
const UNKNOWN_PENALTY = 10;

/**
 * SentencePiece's unigram tokenizer: of all ways to cut a text into pieces of the vocabulary, the likeliest (Viterbi). A character
 * that no piece has is unknown; several in a row are one.
 *
 * @throws FormatError for a vocabulary that is none
 *
 * Source: Kudo 2018, section 3.2; normalization as in SentencePiece (NFKC, spaces as U+2581, one in front).
 */
export function createTokenizer(vocabulary: Vocabulary): Tokenizer {
  const ids = new Map<string, number>();
  const beginnings = new Set<string>();
  let least = 0;
  vocabulary.forEach((entry, id) => {
    if (typeof entry?.[0] !== "string" || !Number.isFinite(entry[1] ?? 0))
      throw new FormatError(`vocabulary[${id}] is ${JSON.stringify(entry)}, expected [piece, score]`);
    if (id < RESERVED) return;
    ids.set(entry[0], id);
    let beginning = "";
    for (const character of entry[0]) {
      beginning += character;
      beginnings.add(beginning);
    }
    least = Math.min(least, entry[1] ?? 0);
  });
  if (ids.size === 0)
    throw new FormatError(`vocabulary has ${vocabulary.length} pieces, expected more than ${RESERVED}`);

  return (text) => {
    const normalized = text.normalize("NFKC");
    if (normalized === "") return [];
    const characters = [...`${SPACE}${normalized.replaceAll(" ", SPACE)}`];
    const n = characters.length;
    const best = new Float64Array(n + 1).fill(-Infinity);
    const from = new Int32Array(n + 1);
    const taken = new Int32Array(n + 1);
    best[0] = 0;
    const reach = (end: number, start: number, id: number, score: number): void => {
      if (best[start] + score < best[end]) return;
      best[end] = best[start] + score;
      from[end] = start;
      taken[end] = id;
    };
    for (let start = 0; start < n; start++) {
      reach(start + 1, start, UNKNOWN, least - UNKNOWN_PENALTY);
      let piece = "";
      for (let end = start + 1; end <= n; end++) {
        piece += characters[end - 1];
        if (!beginnings.has(piece)) break;
        const id = ids.get(piece);
        if (id !== undefined) reach(end, start, id, vocabulary[id][1] ?? 0);
      }
    }
    const found: number[] = [];
    for (let end = n; end > 0; end = from[end])
      if (taken[end] !== UNKNOWN || found.at(-1) !== UNKNOWN) found.push(taken[end]);
    return found.reverse();
  };
}
