import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createBytePairEncoder,
  FIRST_BYTE,
  readBytePairs,
  SMALLEST_VOCABULARY,
  trainBytePairs,
  writeBytePairs,
} from "../../src/optim/index.ts";

const TEXT = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";

describe("a vocabulary of byte pairs", () => {
  test("merges the pairs of the published example, by what is counted by hand", () => {
    const { merges } = trainBytePairs([TEXT], SMALLEST_VOCABULARY + 3);
    const id = (letter: string): number => FIRST_BYTE + letter.charCodeAt(0);
    // es: 6 + 3, then es t: 9; of the pairs that come 7 times "lo" has the smallest ids but "l o" and "o w" tie: l < o.
    expect(merges[0]).toEqual([id("e"), id("s")]);
    expect(merges[1]).toEqual([SMALLEST_VOCABULARY, id("t")]);
    expect(merges[2]).toEqual([id("l"), id("o")]);
  });

  test("is the same for the same texts, and stops where no pair comes twice", () => {
    expect(trainBytePairs([TEXT], 300)).toEqual(trainBytePairs([TEXT], 300));
    expect(trainBytePairs(["abc"], 1000).merges).toEqual([]);
  });

  test("makes fewer tokens of its text the larger it is", () => {
    const counts = [260, 265, 270].map(
      (size) => createBytePairEncoder(trainBytePairs([TEXT], size)).encode(TEXT).length,
    );
    expect(counts[0]).toBe(TEXT.length);
    expect(counts[1]).toBeLessThan(counts[0]);
    expect(counts[2]).toBeLessThan(counts[1]);
  });

  test("gives back every text, of whatever letters", () => {
    const encoder = createBytePairEncoder(trainBytePairs([TEXT, "naïve café 東京 東京 🙂🙂"], 290));
    const strings = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(strings, (text) => {
        const whole = Buffer.from(text).toString();
        const tokens = encoder.encode(whole);
        expect(encoder.decode(tokens)).toBe(whole);
        expect(tokens.every((id) => id >= FIRST_BYTE && id < encoder.size)).toBe(true);
      }),
    );
  });

  test("is written and read as it was", () => {
    const pairs = trainBytePairs([TEXT], 280);
    expect(readBytePairs(writeBytePairs(pairs))).toEqual(pairs);
  });

  const good = JSON.parse(writeBytePairs(trainBytePairs([TEXT], 262)));
  test.each<[string, unknown, string]>([
    ["no object", 3, "vocabulary is 3, expected an object"],
    ["another format", { ...good, format: "bpe" }, 'format "bpe", expected "mnemosyne-byte-pairs"'],
    ["another version", { ...good, version: 2 }, "version 2, expected 1"],
    ["other special tokens", { ...good, special: ["pad"] }, 'special ["pad"]'],
    ["no merges", { ...good, merges: undefined }, "merges nothing"],
    [
      "a token of later",
      { ...good, merges: [[104, 260]] },
      "merges[0] is [104,260], expected two ids in 4..259",
    ],
    ["a special token", { ...good, merges: [[3, 104]] }, "merges[0] is [3,104]"],
    ["a pair twice", { ...good, merges: [[104, 105], [104, 105]] }, "merges[1] is [104,105], which is there before"], // biome-ignore format: one line
  ])("is refused with %s", (_, file, message) => {
    expect(() => readBytePairs(JSON.stringify(file))).toThrow(message);
  });

  test("mistakes are named", () => {
    expect(() => readBytePairs("{")).toThrow("vocabulary is no JSON");
    expect(() => trainBytePairs([], 100)).toThrow("vocabulary is 100, expected an integer in 260..65536");
    expect(() => createBytePairEncoder({ merges: [] }).decode([260])).toThrow("tokens[0] is 260, expected an id in 0..259"); // biome-ignore format: one line
  });
});
