import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readBytePairs } from "../../src/optim/index.ts";
import { runHere } from "../cli/run-cli.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "mnemosyne-language-"));
const ELSEWHERE = mkdtempSync(join(tmpdir(), "mnemosyne-vocabulary-"));
const WORDS = ["planner", "robot", "corner", "wall", "speed", "turns", "slowly", "stops"];
const TEXT = Array.from({ length: 9000 }, (_, i) => WORDS[(i * i + (i >> 3)) % 8]).join(" ");
writeFileSync(join(FOLDER, "notes.md"), TEXT);
writeFileSync(join(FOLDER, "picture.png"), Uint8Array.of(137, 80, 0, 0));

const call = (...more: string[]): string[] => [
  ..."optimize --optimizee mlm-2x64 --batch 2 --steps 2 --seeds 1 --threads 1 --test-images 4 --json --text".split(
    " ",
  ),
  FOLDER,
  ...more,
];

describe("optimize --optimizee mlm-2x64", () => {
  test("learns from a folder, says what is no text, and keeps the vocabulary", async () => {
    const vocabulary = join(ELSEWHERE, "words.json");
    const groups = "embedding=adam:0.003+*=feedback-orthogonal";
    const { code, stdout, stderr } = await runHere(call("--vocabulary", vocabulary, "--optimizers", groups));
    expect(code).toBe(0);
    expect(stderr).toContain("1 files are no text");
    expect(stderr).toContain("picture.png is no text: it is not UTF-8");
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      status: "done",
      optimizee: "mlm-2x64",
      held_out: "the first 4 test examples",
    });
    const { merges } = readBytePairs(readFileSync(vocabulary, "utf8"));
    // Embedding and bias follow the vocabulary; the rest is 64 positions, two layers, norms and the head.
    expect(result.parameters).toBe((260 + merges.length) * 65 + 64 * 64 + 2 * 49_984 + 3 * 128 + 64 * 65);
    const [{ checkpoints }] = result.rows;
    expect(checkpoints[0].test.median).toBeCloseTo(Math.log(260 + merges.length), 0);
    const again = await runHere(call("--vocabulary", vocabulary, "--optimizers", groups));
    expect(JSON.parse(again.stdout).rows[0].checkpoints).toEqual(checkpoints);
  });

  test.each<[string, string[], string]>([
    ["too little text", ["--text", join(ELSEWHERE, "words.json")], "expected at least 100 sequences"],
    ["a text that is not there", ["--text", join(FOLDER, "nowhere")], "cannot read text from"],
    [
      "a vocabulary that is none",
      ["--vocabulary", join(ELSEWHERE, "none.json")],
      'none.json: vocabulary has format "x"',
    ],
    ["an option of another optimizee", ["--train", "head"], "takes no train, expected text, vocabulary"],
  ])("refuses %s by name", async (_, more, message) => {
    writeFileSync(join(ELSEWHERE, "none.json"), '{"format":"x"}');
    if (!existsSync(join(ELSEWHERE, "words.json"))) writeFileSync(join(ELSEWHERE, "words.json"), "{}");
    const { code, stderr } = await runHere(call(...more));
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });

  test("is not what other optimizees read", async () => {
    const { code, stderr } = await runHere("optimize --optimizee mlp-1x20 --text notes.md".split(" "));
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain("takes no text");
  });
});
