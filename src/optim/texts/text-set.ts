import { crc32, FormatError } from "../../base/index.ts";

/** A text and its class. */
export type LabelledText = {
  readonly text: string;
  readonly label: string;
  /** Texts of one origin are never on both sides of a split; default: the text itself. */
  readonly origin?: string;
};

/** Texts with a class each. */
export type TextSet = {
  readonly texts: readonly string[];
  /** (texts) 0 .. classes - 1. */
  readonly labels: Uint16Array;
  readonly classes: readonly string[];
};

/** Texts to train on, to choose by and to judge by. */
export type TextSplit = { readonly train: TextSet; readonly validation: TextSet; readonly test: TextSet };

/** One of so many origins is for choosing, and one for judging. */
const SHARE = 6;

/**
 * Parts texts by a checksum of their origin, so that the split depends on no order and no seed; of equal texts only the first is taken.
 *
 * @param most texts of each side, the first by checksum; default: all
 * @throws FormatError for fewer than two classes, or a side without texts
 */
export function splitTexts(texts: readonly LabelledText[], most = Number.MAX_SAFE_INTEGER): TextSplit {
  const classes = [...new Set(texts.map(({ label }) => label))].sort();
  if (classes.length < 2)
    throw new FormatError(
      `texts have ${classes.length} classes (${classes.join(", ")}), expected two or more`,
    );
  const encoder = new TextEncoder();
  const sumOf = (text: string): number => crc32(encoder.encode(text));
  const unique = [...new Map(texts.toReversed().map((one) => [one.text, one])).values()];
  const summed = unique.map((one) => ({
    ...one,
    own: sumOf(one.text),
    side: sumOf(one.origin ?? one.text) % SHARE,
  }));
  summed.sort((a, b) => a.own - b.own || (a.text < b.text ? -1 : 1));
  const take = (name: string, has: (side: number) => boolean): TextSet => {
    const own = summed.filter(({ side }) => has(side)).slice(0, most);
    if (own.length === 0)
      throw new FormatError(`${texts.length} texts are too few: none is left for ${name}`);
    return {
      texts: own.map(({ text }) => text),
      labels: Uint16Array.from(own, ({ label }) => classes.indexOf(label)),
      classes,
    };
  };
  return {
    train: take("training", (side) => side > 1),
    validation: take("choosing", (side) => side === 1),
    test: take("judging", (side) => side === 0),
  };
}
