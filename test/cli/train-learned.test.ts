import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/init-net/index.ts";
import { LIGHT_SPEC, writeLearnedOptimizer } from "../../src/optim/index.ts";
import { untrained } from "../optim/learned-designs.ts";
import { makeExamples, writeExamples } from "../train/train-data.ts";
import { buildCli, runHere, runProcess } from "./run-cli.ts";

const base = mkdtempSync(join(tmpdir(), "mnemosyne-learned-"));
const data = join(base, "data");
const file = join(base, "small.mnos");
const SMALL = "--window 20 --width 16 --hidden 32 --features 4 --batch 16 --scenes 1 --device cpu".split(" ");
const args = (out: string, ...more: string[]): string[] => [
  ...["train", "--data", data, "--out", join(base, out), "--json", ...SMALL],
  ...["--threads", "1", "--validate-steps", "100", ...more],
];
/** As a process: the worker that makes features is a built file. */
const trainInto = (out: string, ...more: string[]) => runProcess(args(out, ...more), { timeoutMs: 170_000 });
const checkpointOf = (out: string) => decodeCheckpoint(readFileSync(join(base, out, "checkpoint.bin")));

describe("train with a learned optimizer", () => {
  beforeAll(() => {
    buildCli();
    writeExamples(data, "train-00000.arrow", makeExamples(12, "train", 1));
    const spec = { ...LIGHT_SPEC, width: 4, memory: { ...LIGHT_SPEC.memory, features: 4 } };
    writeFileSync(file, writeLearnedOptimizer({ ...untrained(spec), name: "small" }));
  }, 300_000);

  test("trains, names it in the card and goes on without being told again", async () => {
    const first = await trainInto("run", "--preset", "tiny", "--optimizer", file, "--steps", "3");
    expect(first.code, first.stderr).toBe(0);
    const { options, snapshot } = checkpointOf("run");
    expect(options).toMatchObject({
      optimizer: "small",
      learned: { file, hybrid: true },
      schedule: "constant",
      warmup: 0,
    });
    expect(snapshot.position.step).toBe(3);
    const card = readFileSync(join(base, "run", "card.md"), "utf8");
    expect(card).toMatch(
      /learned optimizer small \(SHA-256 \w{16}\) for matrices, Adam at 0.002 for the rest/,
    );
    expect(card).toContain("no schedule");
    const again = await runHere(args("run", "--steps", "5", "--resume"));
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining("optimizer is")]);
    expect(checkpointOf("run").snapshot.position.step).toBe(5);
    expect((await runHere(args("run", "--steps", "6", "--resume", "--no-hybrid"))).stderr).toContain(
      "hybrid true, now it is false",
    );
    expect((await runHere(args("run", "--steps", "6", "--resume", "--optimizer", "adam"))).stderr).toContain(
      'optimizer "small", now it is "adam"',
    );
    const other = writeLearnedOptimizer({ ...untrained(LIGHT_SPEC), name: "small" });
    writeFileSync(file, other);
    const changed = await runHere(args("run", "--steps", "6", "--resume"));
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining("was begun with another")]);
  }, 600_000);
});

describe("train's optimizer flags", () => {
  const given = ["train", "--data", data, "--out", join(base, "never")];
  test.each([
    [["--optimizer", "adm"], 2, "adam"],
    [["--optimizer", "adm"], 2, "a file that ends in .mnos"],
    [["--optimizer", "adam", "--hybrid"], 2, "for a learned --optimizer"],
    [["--optimizer", "adam", "--no-hybrid"], 2, "for a learned --optimizer"],
    [["--schedule", "step"], 2, "cosine, constant"],
    [
      ["--optimizer", "feedback", "--lr", "0.1"],
      2,
      "--lr is of a learning rate, and --optimizer feedback has none",
    ],
    [["--optimizer", "feedback-linear", "--lr", "0.1"], 2, "--lr is the rate of Adam"],
    [["--optimizer", "feedback", "--warmup", "10"], 2, "--warmup is of a learning rate"],
    [["--optimizer", join(base, "none.mnos")], 1, "none.mnos: no such file"],
    [["--optimizer", join(base, "bad.mnos")], 1, "bad.mnos"],
    [
      ["--optimizer", join(base, "good.mnos"), "--no-hybrid", "--lr", "0.1"],
      2,
      "moves nothing with --no-hybrid",
    ],
  ])("refuses %j", async (flags, exit, complaint) => {
    writeFileSync(join(base, "bad.mnos"), "not an optimizer, but long enough to have a header");
    writeFileSync(join(base, "good.mnos"), writeLearnedOptimizer({ ...untrained(LIGHT_SPEC), name: "good" }));
    const { code, stderr } = await runHere([...given, ...flags]);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(complaint)]);
  });
});
