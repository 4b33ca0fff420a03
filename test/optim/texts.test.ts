import { describe, expect, test } from "vitest";
import {
  createTokenizer,
  parseCsvTexts,
  parseDebianTexts,
  splitTexts,
  type Vocabulary,
} from "../../src/optim/index.ts";

describe("CSV", () => {
  test("quotes, commas, doubled quotes, line ends within, other columns, a mark of bytes in front", () => {
    const csv = '\uFEFFid,Label,text\r\n1,a,"x, ""y""\nz"\r\n\r\n2,b,plain\n';
    expect(parseCsvTexts(csv)).toEqual([
      { text: 'x, "y"\nz', label: "a" },
      { text: "plain", label: "b" },
    ]);
  });

  test.each([
    ["", "the file is empty"],
    ["text,label\n", "there is nothing below line 1"],
    ["text,class\nx,a\n", "line 1 has columns text, class, expected text and label among them"],
    ["text,label\nx,a\ny\n", "line 3 has 1 fields, expected 2"],
    ["text,label\nx,\n", "line 2 has an empty label"],
    ['text,label\n"x\ny",a\n ,b\n', "line 4 has an empty text"],
    ['text,label\nx,a\n"y,b\n', "a quote that opens in the row at line 3 is not closed"],
  ])("%j is refused", (csv, message) => {
    expect(() => parseCsvTexts(csv)).toThrow(message);
  });
});

describe("Debian's descriptions", () => {
  const paragraph = (name: string, section: string, more = ""): string =>
    `Package: ${name}\n${more}Description: about ${name}\n more of it\nSection: ${section}\n`;

  test("one-line descriptions with the section without its area, packages of one source of one origin", () => {
    const dump = [
      paragraph("a", "games"),
      paragraph("a-data", "contrib/games", "Source: a (1.2)\n"),
      "Package: b\n",
    ];
    expect(parseDebianTexts(dump.join("\n"))).toEqual([
      { text: "about a", label: "games", origin: "a" },
      { text: "about a-data", label: "games", origin: "a" },
    ]);
  });

  test("sections with less than half a percent are left out", () => {
    const many = Array.from({ length: 400 }, (_, i) => paragraph(`p${i}`, i === 7 ? "rare" : "libs"));
    expect(new Set(parseDebianTexts(many.join("\n")).map(({ label }) => label))).toEqual(new Set(["libs"]));
  });

  test("a file of something else is refused", () => {
    expect(() => parseDebianTexts("Name: x\n")).toThrow("no package has Description and Section");
  });
});

describe("a split", () => {
  const texts = Array.from({ length: 300 }, (_, i) => ({
    text: `text ${i}`,
    label: i % 3 === 0 ? "a" : "b",
    origin: `origin ${Math.floor(i / 2)}`,
  }));
  const sides = Object.values(splitTexts(texts));

  test("has every text once, none of an origin on two sides, and depends on no order", () => {
    expect(sides.flatMap((side) => side.texts).sort()).toEqual(texts.map(({ text }) => text).sort());
    const originOf = new Map(texts.map(({ text, origin }) => [text, origin]));
    const origins = sides.map((side) => new Set(side.texts.map((text) => originOf.get(text))));
    expect(origins.reduce((sum, { size }) => sum + size, 0)).toBe(150);
    expect(splitTexts([...texts].reverse())).toEqual(splitTexts(texts));
  });

  test("keeps labels with their texts", () => {
    const labelOf = new Map(texts.map(({ text, label }) => [text, label]));
    for (const { texts: own, labels, classes } of sides)
      own.forEach((text, i) => {
        expect(classes[labels[i]]).toBe(labelOf.get(text));
      });
  });

  test("of one class, or of too few texts, is refused", () => {
    expect(() => splitTexts(texts.map((one) => ({ ...one, label: "a" })))).toThrow(
      "texts have 1 classes (a)",
    );
    expect(() => splitTexts(texts.slice(0, 2))).toThrow("2 texts are too few");
  });
});

describe("the tokenizer", () => {
  const reserved: Vocabulary = Array.from({ length: 6 }, (_, i) => [`<${i}>`, 0]);
  const tokenize = createTokenizer([
    ...reserved,
    ["\u2581", -2], // 6
    ["\u2581a", -1], // 7
    ["b", -3], // 8
    ["c", -3], // 9
    ["bc", -5], // 10
    ["bcd", -20], // 11
    ["😀", -4], // 12
  ]);

  test.each<[string, number[]]>([
    ["abc", [7, 10]], // -5 for both together, -6 for each
    ["bc a", [6, 10, 7]],
    ["abcd", [7, 11]], // -20 beats -5 and an unknown, -30
    ["a😀", [7, 12]],
    ["xyz b", [6, 0, 6, 8]], // unknowns in a row are one
    ["ａ", [7]], // NFKC
  ])("cuts %j where that is likeliest", (text, ids) => {
    expect(tokenize(text)).toEqual(ids);
  });

  test("wants a vocabulary", () => {
    expect(() => createTokenizer(reserved)).toThrow("vocabulary has 6 pieces, expected more than 6");
    expect(() => createTokenizer([["a"] as unknown as [string, number], ["b", Number.NaN]])).toThrow(
      "vocabulary[1]",
    );
  });
});
