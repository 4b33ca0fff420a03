import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/init-net/index.ts";
import { loadNet } from "../../src/init-net/node.ts";
import { type PlainData, packState } from "../../src/rules/index.ts";
import { DATASET_FORMAT } from "../../src/scenes/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { makeExamples, writeExamples } from "../train/train-data.ts";
import { buildCli, ROOT, type Run, runHere, runProcess } from "./run-cli.ts";

const MAIN = join(ROOT, "dist", "cli", "main.js");
const base = mkdtempSync(join(tmpdir(), "mnemosyne-train-"));
const data = join(base, "data");
const SMALL = "--window 20 --width 16 --hidden 32 --features 4 --batch 32 --scenes 4 --device cpu".split(" ");

const args = (out: string, ...more: string[]): string[] => [
  ...["train", "--preset", "tiny", "--data", data, "--out", join(base, out), "--json", ...SMALL],
  ...more,
];
const trainInto = (out: string, ...more: string[]): Promise<Run> =>
  runProcess(args(out, ...more), { timeoutMs: 120_000 });
/** In this process, on one thread: the workers of several, and of features not yet made, are built files. */
const trainHere = (out: string, ...more: string[]): Promise<Run> =>
  runHere(args(out, "--threads", "1", ...more));
const checkpointOf = (out: string) => decodeCheckpoint(readFileSync(join(base, out, "checkpoint.bin")));

describe("train", () => {
  let through: Run;

  beforeAll(async () => {
    buildCli();
    writeExamples(data, "train-00000.arrow", makeExamples(24, "train", 1));
    writeExamples(data, "train-00001.arrow", makeExamples(16, "train", 2));
    writeExamples(data, "validation-00000.arrow", makeExamples(10, "validation", 3));
    through = await trainInto("through", "--steps", "60", "--threads", "2", "--validate-steps", "30");
  }, 180_000);

  test("writes a checkpoint, a log, curves, a model and its card, and says so", () => {
    expect(through.stderr).toContain("train: device cpu as asked");
    expect(through.code).toBe(0);
    const summary = JSON.parse(through.stdout);
    expect(summary).toMatchObject({
      verb: "train",
      status: "budget",
      steps: 60,
      examples: { training: 40, held_out: 10, skipped: 0 },
      robot: "jackal",
    });
    expect(summary.parity).toBeLessThan(1e-5);
    expect(Object.keys(summary.quality)).toEqual(["ordinary", "first"]);
    expect(readdirSync(join(base, "through")).sort()).toEqual([
      "card.md",
      "checkpoint.bin",
      "curves.svg",
      "log.jsonl",
      "model.onnx",
      "tensorboard",
    ]);
    const lines = readFileSync(join(base, "through", "log.jsonl"), "utf8")
      .trim()
      .split("\n");
    const types = lines.map((line) => JSON.parse(line).type);
    expect(types).toEqual(["baselines", "train", "validation", "train", "validation"]);
    expect(readFileSync(join(base, "through", "curves.svg"), "utf8")).toContain("Good after one QP");
    const card = readFileSync(join(base, "through", "card.md"), "utf8");
    expect(card).toContain("40 examples of 5 worlds");
    expect(card).toMatch(/\| first \| 4 \| \d/);
  });

  test("the model is a network that the planner's loader takes", async () => {
    const sizes = { N: 30, dt: 0.1, lookahead: 3 };
    const net = await loadNet(join(base, "through", "model.onnx"), getRobot("jackal"), sizes);
    expect(net.metadata.training).toMatchObject({ examples: 40, seed: 0 });
    await net.dispose();
  });

  test("features are made once and used again; a changed shard is read again", {
    timeout: 60_000,
  }, async () => {
    expect(existsSync(join(data, ".features", ".gitignore"))).toBe(true);
    const cached = () => {
      const [folder] = readdirSync(join(data, ".features")).filter((name) => !name.startsWith("."));
      return join(data, ".features", folder, "validation-00000.arrow.features");
    };
    const before = readFileSync(cached());
    writeExamples(data, "validation-00000.arrow", makeExamples(10, "validation", 4));
    await trainInto("again", "--steps", "2");
    const after = readFileSync(cached());
    expect(after.equals(before)).toBe(false);
    writeExamples(data, "validation-00000.arrow", makeExamples(10, "validation", 3));
  });

  test("killed without warning again and again, and resumed, it arrives at the same network", async () => {
    const more = [
      "--steps",
      "60",
      "--threads",
      "2",
      "--validate-steps",
      "30",
      "--save-minutes",
      "0",
      "--resume",
    ];
    let kills = 0;
    for (const at of [3, 10]) {
      const child = spawn(process.execPath, [MAIN, ...args("killed", ...more)], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("close", resolve));
      const path = join(base, "killed", "checkpoint.bin");
      let seen = 0;
      const timer = setInterval(() => {
        const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: seen };
        if (mtimeMs === seen) return;
        seen = mtimeMs;
        if (checkpointOf("killed").snapshot.position.step < at) return; // throws where it is half-written
        child.kill("SIGKILL");
        clearInterval(timer);
      }, 5);
      await ended;
      clearInterval(timer);
      if (child.signalCode === "SIGKILL") kills++;
    }
    expect(kills).toBe(2);
    const { code, stderr } = await trainInto("killed", ...more);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("training begins")]);
    const bytes = (out: string, part: "engine" | "best"): Buffer => {
      const { engine, position } = checkpointOf(out).snapshot;
      return Buffer.from(packState(part === "engine" ? engine : (position.best as unknown as PlainData)));
    };
    expect(bytes("killed", "engine").equals(bytes("through", "engine"))).toBe(true);
    expect(bytes("killed", "best").equals(bytes("through", "best"))).toBe(true);
    // The curves are those of the run that nobody killed, too: each line is the mean of as many updates.
    const curve = (out: string) =>
      readFileSync(join(base, out, "log.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .map(({ seconds: _s, perSecond: _p, baselines: _b, quality: _q, ...line }) => line);
    expect(curve("killed")).toEqual(curve("through"));
    const model = (out: string) => readFileSync(join(base, out, "model.onnx"));
    expect(model("killed").equals(model("through"))).toBe(true);
    // Times differ, and so do means over the updates since the line before: of the last start alone.
    const log = (out: string) =>
      readFileSync(join(base, out, "log.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => {
          const { type, step, figures, quality } = JSON.parse(line);
          return { type, step, figures, quality };
        });
    expect(log("killed")).toEqual(log("through"));
  }, 180_000);

  test("Ctrl-C ends it with a checkpoint and how to go on", { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [
      MAIN,
      ...args("stopped", "--steps", "100000", "--save-minutes", "0"),
    ]);
    let stderr = "";
    let asked = false;
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const timer = setInterval(() => {
      if (asked || !existsSync(join(base, "stopped", "checkpoint.bin"))) return;
      asked = true;
      child.kill("SIGINT");
    }, 20);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(timer);
    expect(code).toBe(1);
    expect(stderr).toContain("--resume goes on");
    const { step } = checkpointOf("stopped").snapshot.position;
    expect(Number(/interrupted after (\d+) updates/.exec(stderr)?.[1])).toBe(step);
  });

  test("what another run left is not overwritten, and a run with other options not gone on with", async () => {
    expect(await trainHere("through", "--steps", "30")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("go on with it by --resume"),
    });
    expect(await trainHere("through", "--steps", "30", "--resume", "--layers", "2")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("layers 1, now it is 2"),
    });
  });

  test("the robot is the data's; another one is refused by what differs, and so are two data sets of two robots", async () => {
    const cart = { ...getRobot("jackal"), name: "cart", limits: { ...getRobot("jackal").limits, vMax: 1.5 } };
    const file = join(base, "cart.json");
    writeFileSync(file, JSON.stringify(cart));
    expect(await trainHere("cart", "--steps", "2", "--robot", file)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /collected with another robot than --robot cart: limits.vMax is 2, expected 1.5/,
      ),
    });
    const other = join(base, "other");
    writeExamples(other, "train-00000.arrow", makeExamples(2, "train", 5));
    writeFileSync(join(other, "manifest.json"), JSON.stringify({ format: DATASET_FORMAT, options: { robot: cart }, shards: [] })); // biome-ignore format: one line
    expect(await trainHere("mixed", "--steps", "2", "--data", other)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /other was collected with another robot than .*data: limits.vMax is 1.5, expected 2/,
      ),
    });
  });

  test("another network's weights are where it begins; what does nothing is refused", {
    timeout: 60_000,
  }, async () => {
    const model = join(base, "through", "model.onnx");
    const tuned = await trainHere("tuned", "--steps", "2", "--from", model);
    expect(tuned).toMatchObject({ code: 0, stderr: expect.stringMatching(/begins with (\d+) of \1 arrays/) });
    const fresh = await trainHere("fresh", "--steps", "2");
    const loss = (run: Run): number => JSON.parse(run.stdout).loss;
    expect(loss(tuned)).toBeLessThan(loss(fresh));
    expect(
      await trainHere("decayed", "--steps", "2", "--optimizer", "adam", "--weight-decay", "0.1"),
    ).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--weight-decay is adamw's"),
    });
  });

  test("its numbers are there for TensorBoard, too", () => {
    expect(readdirSync(join(base, "through", "tensorboard"))).toHaveLength(1);
  });

  test("a damaged checkpoint is refused by name", async () => {
    const out = join(base, "damaged");
    await trainHere("damaged", "--steps", "1");
    const path = join(out, "checkpoint.bin");
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    const { code, stderr } = await trainHere("damaged", "--steps", "4", "--resume");
    expect(code).toBe(1);
    expect(stderr).toMatch(/checkpoint\.bin.*damaged/);
  });

  test("examples with NaN are left out and counted; a damaged shard is refused by name", {
    timeout: 60_000,
  }, async () => {
    const folder = join(base, "bad");
    const examples = makeExamples(8, "train", 5);
    examples[3].optimum.X[7] = Number.NaN;
    examples[4].scene.x[0] = Number.POSITIVE_INFINITY;
    writeExamples(folder, "train-00000.arrow", examples);
    const bad = (out: string) =>
      runProcess(
        [
          "train",
          "--preset",
          "tiny",
          "--data",
          folder,
          "--out",
          join(base, out),
          "--steps",
          "2",
          "--json",
          ...SMALL,
        ],
        {
          timeoutMs: 120_000,
        },
      );
    const { code, stdout, stderr } = await bad("bad1");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ examples: { training: 5, held_out: 1, skipped: 2 } });
    expect(stderr).toContain("2 examples hold NaN");
    expect(stderr).toContain("of one world: every eighth is held out");
    const whole = readFileSync(join(folder, "train-00000.arrow"));
    copyFileSync(join(folder, "train-00000.arrow"), join(folder, "train-00001.arrow"));
    writeFileSync(join(folder, "train-00001.arrow"), whole.subarray(0, whole.length - 1000));
    const cut = await bad("bad2");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain("train-00001.arrow");
  });
});

describe("train's command line", () => {
  test.each([
    [["train"], "--data FOLDER"],
    [["train", "--data", "x"], "--out FOLDER"],
    [["train", "--data", "x", "--out", "y", "--presset", "tiny"], "--preset"],
    [["train", "--data", "x", "--out", "y", "--map", "sofmax"], "softmax"],
    [["train", "--data", "x", "--out", "y", "--channels", "distance,distance"], "each word once"],
    [["train", "--data", "x", "--out", "y", "--device", "gpu"], "auto, cpu, webgpu, cuda"],
  ])("refuses %j", async (given, complaint) => {
    const { code, stderr } = await runHere(given);
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
  });
});
