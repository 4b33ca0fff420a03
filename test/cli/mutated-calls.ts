import { expect } from "vitest";
import type { Rng } from "../../src/base/index.ts";
import { type Run, runHere } from "./run-cli.ts";

/** Sound calls, of which the fuzzer makes unsound ones. */
const CALLS = [
  "info --json --seed 3",
  "info --help",
  "world cells:7 --out w --robot jackal --timeout 60 --json",
  "world --world=maze:3 --seed 4 --out maps/",
  "world --world rooms --seed 2147483647 --robot omni",
  "world clutter:1 --robot cart.json",
  "help world",
  "--version",
];

/** Words that have hurt command lines before. */
const NASTY = [
  "", " ", "-", "--", "---", "--=", "--json=1", "--no-json", "-h", "--help", "help", "\0", "\n", "ü", "💥", "%s%n",
  "__proto__", "--__proto__", "--constructor", "constructor", "toString", "hasOwnProperty", "NaN", "Infinity",
  "-Infinity", "1e309", "-0", "0x7f", "1,2,3", "1,2", ",,,", "cells:", ":1", "cells:-1", "cells:1e3", "cells:0-5",
  "../..", "a".repeat(5000), "--".repeat(3000), "[object Object]", "$(id)", "--seed=", "--out=", "--world",
  "--map", "--start", "--robot", "--init", "--rate",
]; // biome-ignore format: a plain list

/** Words of a sound call with one to three mutations. */
export function mutate(rng: Rng): string[] {
  const words = CALLS[rng.int(CALLS.length)].split(" ");
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const at = rng.int(words.length + 1);
    const word = words[at] ?? "";
    const kind = rng.int(7);
    if (kind === 0) words.splice(at, 1);
    else if (kind === 1) words.splice(at, 0, NASTY[rng.int(NASTY.length)]);
    else if (kind === 2) words.splice(at, 1, NASTY[rng.int(NASTY.length)]);
    else if (kind === 3) words.splice(at, 0, words[rng.int(words.length)] ?? "");
    else if (kind === 4) words.splice(at, 1, word.slice(0, rng.int(word.length + 1)));
    else {
      const chars = [...word];
      const code = rng.uniform() < 0.8 ? 32 + rng.int(95) : rng.int(0xd800);
      chars.splice(rng.int(chars.length + 1), rng.int(2), String.fromCharCode(code));
      words.splice(at, 1, chars.join(""));
    }
  }
  return words;
}

/** Whatever was given: an exit status of the contract, and no trace of a defect. */
export function check(words: string[], run: Run, note: string): void {
  const where = `${note}: ${JSON.stringify(words)}\n${run.stderr}`;
  expect([0, 1, 2], where).toContain(run.code);
  expect(run.stderr, where).not.toMatch(/\n\s+at |internal error|TypeError|RangeError|this is a defect/);
  if (run.code !== 0) expect(run.stderr, where).not.toBe("");
  expect(run.stderr.length, where).toBeLessThan(20_000);
}

/** Parses that many mutated command lines, without carrying them out. @returns how many were accepted */
export async function parseMutated(rng: Rng, count: number, seed: number): Promise<number> {
  let accepted = 0;
  for (let n = 0; n < count; n++) {
    const words = mutate(rng);
    const run = await runHere(words, { execute: async () => void accepted++ });
    check(words, run, `seed ${seed}, case ${n}`);
    expect(run.code, JSON.stringify(words)).not.toBe(1);
  }
  return accepted;
}
