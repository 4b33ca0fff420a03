import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { check, mutate, parseMutated } from "../cli/mutated-calls.ts";
import { buildCli, type Run, runHere, runProcess } from "../cli/run-cli.ts";

test("10,000 mutated command lines are parsed or refused, without a crash", async () => {
  const seed = 20;
  const accepted = await parseMutated(createRng(seed), 10_000, seed);
  expect(accepted).toBeGreaterThan(100); // the fuzzer does reach the verbs
  expect(accepted).toBeLessThan(9000);
});

/** Runs it in this process, as if this had been started in `cwd`. */
async function runIn(cwd: string, words: readonly string[]): Promise<Run> {
  const home = process.cwd();
  process.chdir(cwd);
  try {
    return await runHere(words);
  } finally {
    process.chdir(home);
  }
}

// A process takes a second to load the house, whatever it is asked: every fifth shows that one ends as the
// program ends here.
test("60 of them, carried out, end with 0, 1 or 2, and every fifth as a process ends alike", async () => {
  buildCli();
  const seed = 21;
  const rng = createRng(seed);
  const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-fuzz-"));
  const codes = new Set<number | null>();
  const cwd = folder();
  for (let n = 0; n < 60; n++) {
    // A process cannot be given a zero byte, and must not write outside of its folder.
    const words = mutate(rng).map((word) => word.replace(/\0|\.\.|\//g, ""));
    const here = await runIn(n % 5 === 0 ? folder() : cwd, words);
    check(words, here, `seed ${seed}, case ${n}`);
    if (n % 5 !== 0) continue;
    const there = await runProcess(words, { cwd: folder() });
    check(words, there, `seed ${seed}, case ${n}, as a process`);
    expect([there.code, there.stderr], JSON.stringify(words)).toEqual([here.code, here.stderr]);
    codes.add(there.code);
  }
  expect([...codes].sort()).toEqual([0, 2]);
});

// 50,000 once, by hand: none took longer than 0.6 s.
test("1,200 damaged files are read or refused with a sentence, by every reader, in seconds", () => {
  buildCli();
  const run = spawnSync(process.execPath, ["scripts/fuzz-readers.mjs", "--count=1200", "--seed=2"], {
    encoding: "utf8",
  });
  expect(run.stdout.match(/: 100 files, \d+ read/g)).toHaveLength(12);
  expect(run.status, run.stdout).toBe(0);
});
