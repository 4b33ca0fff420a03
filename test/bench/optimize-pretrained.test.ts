import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readWeights } from "../../src/optim/node.ts";
import { runHere } from "../cli/run-cli.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "mnemosyne-pretrained-"));
const FILE = join(FOLDER, "vit.safetensors");
const DATA = join(FOLDER, "small");

/** Few images of 4 x 4 pixels in MNIST's files. */
beforeAll(async () => {
  mkdirSync(DATA);
  const header = (...sizes: number[]): number[] => [
    0,
    0,
    8,
    sizes.length,
    ...sizes.flatMap((n) => [0, 0, 0, n]),
  ];
  for (const prefix of ["train", "t10k"]) {
    const pixels = Array.from({ length: 24 * 16 }, (_, i) => (37 * i * i) % 256);
    const labels = Array.from({ length: 24 }, (_, i) => i % 10);
    writeFileSync(
      join(DATA, `${prefix}-images-idx3-ubyte`),
      Uint8Array.from([...header(24, 4, 4), ...pixels]),
    );
    writeFileSync(join(DATA, `${prefix}-labels-idx1-ubyte`), Uint8Array.from([...header(24), ...labels]));
  }
  const other = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Buffer.of(other.length, 0, 0, 0, 0, 0, 0, 0);
  writeFileSync(
    join(FOLDER, "other.safetensors"),
    Buffer.concat([length, Buffer.from(other), Buffer.alloc(4)]),
  );
  writeFileSync(join(FOLDER, "bad.safetensors"), "no tensors");
  saved = JSON.parse((await call(...SAVE)).stdout);
});
// biome-ignore lint/suspicious/noExplicitAny: JSON as a program reads it
let saved: any;

const call = (...more: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  runHere([
    ..."optimize --optimizee vit-4x32 --batch 4 --threads 1 --test-images 5 --json --data".split(" "),
    DATA,
    ...more,
  ]);
const SAVE = ["--optimizers", "feedback-orthogonal", "--steps", "3", "--save", FILE];

describe("optimize --save and --pretrained", () => {
  test("goes on from what was saved, but for what reads out classes, and trains the part that is named", async () => {
    const weights = readWeights(readFileSync(FILE));
    const total = Object.values(weights).reduce((sum, { length }) => sum + length, 0);
    expect(saved).toMatchObject({ status: "done", parameters: total, steps: 3, file: FILE });

    const part = ["--pretrained", FILE, "--seeds", "1", "--steps", "2", "--optimizers", "adam:0.01"];
    const head = JSON.parse((await call(...part, "--train", "head.*")).stdout);
    expect(head.parameters).toBe(32 * 10 + 10);
    const whole = JSON.parse((await call(...part)).stdout);
    expect(whole.parameters).toBe(total);
    // Both start at the same loss: what is frozen is what the other starts with.
    const startOf = (result: typeof head): number => result.rows[0].checkpoints[0].test.median;
    expect(startOf(whole)).toBeCloseTo(startOf(head), 2);
    const groups = ["--train", "head.*|layer.3.*", "--optimizers", "head.w=feedback-orthogonal+*=adam:0.01"];
    expect((await call(...part.slice(0, 6), ...groups)).code).toBe(0);
  });

  test.each<[string, string[], string]>([
    ["a file that is not there", ["--pretrained", join(FOLDER, "none.safetensors")], "--save"],
    ["a file of another network", ["--pretrained", join(FOLDER, "other.safetensors")], "has no tensor of"],
    ["a file that is none", ["--pretrained", join(FOLDER, "bad.safetensors")], "safetensors file"],
    ["an ending of another kind", ["--pretrained", "vit.onnx"], ".safetensors"],
    [
      "a part that it does not have",
      ["--pretrained", FILE, "--train", "tail.*"],
      'train is "tail.*", expected names of tensors',
    ],
  ])("refuses %s", async (_, more, message) => {
    const { code, stderr } = await call("--steps", "1", "--seeds", "1", ...more);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });

  test("CIFAR by name says where it is published and its checksum, and functions start from no file", async () => {
    const { code, stderr } = await runHere("optimize --optimizee mlp-1x20 --data cifar-100".split(" "));
    expect(code).toBe(1);
    expect(stderr).toContain(
      "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz (MD5 03b5dce01913d631647c71ecec9e9cb8)",
    );
    const quadratic = await runHere(["optimize", "--optimizee", "quadratic", "--pretrained", FILE]);
    expect(quadratic.stderr).toContain("optimizee quadratic takes no pretrained, expected no options");
  });
});
