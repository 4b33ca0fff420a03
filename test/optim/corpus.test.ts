import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createBytePairEncoder,
  createTokenSets,
  isManSource,
  manText,
  maskTokens,
  specialId,
  trainBytePairs,
} from "../../src/optim/index.ts";
import { readCorpus } from "../../src/optim/node.ts";

const PAGE = String.raw`.\" a comment
.TH LS "1" "September 2022" "GNU coreutils" "User Commands"
.SH NAME
ls \- list directory contents
.SH SYNOPSIS
.B ls
[\fI\,OPTION\/\fR]... it\(aqs
.PP
.de XX
a macro of its own
..
\fB\-a\fR, \fB\-\-all\fR
.BR stat (2)
`;

describe("the text of a manual page", () => {
  test("is what a reader sees, without layout", () => {
    expect(isManSource(PAGE)).toBe(true);
    expect(manText(PAGE)).toBe(
      "LS 1 September 2022 GNU coreutils User Commands\n\nNAME\nls - list directory contents\n\nSYNOPSIS\nls\n[OPTION]... it's\n-a, --all\nstat(2)",
    );
  });

  test("of one that names another is empty, and prose is no page", () => {
    expect(manText(".so man1/ls.1\n")).toBe("");
    expect(isManSource(".so man1/ls.1\n")).toBe(true);
    expect(isManSource("# A title\n\n.TH is a macro")).toBe(false);
    expect(isManSource(`${"\n".repeat(5000)}x`)).toBe(false);
  });
});

describe("texts of a folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-text-"));
  mkdirSync(join(folder, "more"));
  writeFileSync(join(folder, "a.md"), "# Letters\nä\n");
  writeFileSync(join(folder, "more", "ls.1.gz"), gzipSync(PAGE));
  writeFileSync(join(folder, "b.bin"), Uint8Array.of(80, 75, 0, 4));
  writeFileSync(join(folder, "c.txt"), Uint8Array.of(0x61, 0xe4, 0x62));
  writeFileSync(join(folder, "d.gz"), gzipSync("text").subarray(0, 12));
  writeFileSync(join(folder, "more", "wide.txt"), Buffer.from("\uFEFFwide ä", "utf16le"));

  test("are read below it and unpacked; what is no text is refused by name", async () => {
    const { texts, refused, left } = await readCorpus(folder);
    expect(texts).toEqual(["# Letters\nä\n", manText(PAGE), "wide ä"]);
    expect(refused[0]).toContain("b.bin is no text: it holds bytes of 0");
    expect(refused[1]).toContain("c.txt is no text: it is not UTF-8");
    expect(refused[2]).toContain("d.gz");
    expect([refused.length, left]).toEqual([3, 0]);
  });

  test("are those of a pattern, or one file, up to so much text", async () => {
    expect((await readCorpus(join(folder, "*.md"))).texts).toHaveLength(1);
    expect((await readCorpus(join(folder, "a.md"))).texts).toHaveLength(1);
    expect(await readCorpus(folder, 3)).toMatchObject({ texts: ["# Letters\nä\n"], left: 5 });
  });

  test("that are not there, or none of which is text, are an error that says so", async () => {
    await expect(readCorpus(join(folder, "nowhere"))).rejects.toThrow("cannot read text from");
    await expect(readCorpus(join(folder, "b.bin"))).rejects.toThrow("b.bin is no text");
    await expect(readCorpus(join(folder, "*.rst"))).rejects.toThrow("0 files, none with text");
  });
});

describe("sequences of a text", () => {
  const text = Array.from({ length: 900 }, (_, i) => `word${i} and more.`).join(" ");
  const pairs = trainBytePairs([text], 300);

  test("put together are the text, dealt out without overlap", () => {
    const { train, validation, test: held } = createTokenSets([text], pairs, 16);
    const { encode, decode } = createBytePairEncoder(pairs);
    expect(train.count + validation.count + held.count).toBe(Math.floor((encode(text).length + 1) / 14));
    const [t, v, h] = [train, validation, held].map(({ tokens }) => tokens);
    const part = (tokens: Int32Array, i: number): string => decode(tokens.subarray(i * 16, (i + 1) * 16));
    const first = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => part(t, i)).concat(part(v, 0), part(h, 0), part(t, 8));
    expect(text.startsWith(first.join(""))).toBe(true);
    expect([t[0], t[15]]).toEqual([specialId("begin"), specialId("end")]);
  });

  test("of too little text are refused", () => {
    expect(() => createTokenSets(["short"], pairs, 16)).toThrow("expected at least 100 sequences");
    expect(() => createTokenSets([text], pairs, 4)).toThrow("length is 4, expected an integer >= 8");
  });
});

describe("hidden tokens", () => {
  const V = 500;
  const sequence = Int32Array.from({ length: 64 }, (_, t) => (t === 0 ? 1 : t === 63 ? 2 : 10 + t));

  test("are 80% the mask, 10% another token, 10% as they were, each place as often", () => {
    const rng = createRng(5);
    const runs = 4000;
    const counts = { mask: 0, other: 0, same: 0 };
    const perPlace = new Float64Array(64);
    let wrong = 0;
    for (let run = 0; run < runs; run++) {
      const { tokens, places, targets } = maskTokens(sequence, 9, V, rng);
      const hidden = new Set(places);
      if (hidden.size !== 9 || tokens.some((id, t) => !hidden.has(t) && id !== sequence[t])) wrong++;
      places.forEach((place, m) => {
        const now = tokens[place];
        if (targets[m] !== sequence[place] || (now <= 3 && now !== specialId("mask"))) wrong++;
        perPlace[place]++;
        counts[now === specialId("mask") ? "mask" : now === sequence[place] ? "same" : "other"]++;
      });
    }
    expect(wrong).toBe(0);
    const n = 9 * runs;
    // Five standard deviations of a binomial share at most: 0.01 and 0.008.
    expect(Math.abs(counts.mask / n - 0.8)).toBeLessThan(0.0106);
    expect(Math.abs(counts.other / n - 0.1 * (1 - 1 / (V - 4)))).toBeLessThan(0.008);
    expect(perPlace[0] + perPlace[63]).toBe(0);
    const expected = n / 62;
    perPlace.subarray(1, 63).forEach((count) => {
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
    });
  });

  test("may be all that are not special, and no more", () => {
    expect(maskTokens(sequence, 62, V, createRng(1)).places).toHaveLength(62);
    expect(() => maskTokens(sequence, 63, V, createRng(1))).toThrow(
      "count is 63, expected an integer in 1..62",
    );
  });
});
