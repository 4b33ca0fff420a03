import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createLearnedModel,
  decodeMetaCheckpoint,
  LIGHT_SPEC,
  readLearnedWeights,
} from "../../src/optim/index.ts";
import { type PlainData, packState } from "../../src/rules/index.ts";
import { buildCli, ROOT, type Run, runHere, runProcess } from "./run-cli.ts";

const MAIN = join(ROOT, "dist", "cli", "main.js");
const base = mkdtempSync(join(tmpdir(), "mnemosyne-meta-"));
const folder = (out: string): string => join(base, out);
/** Two functions with few parameters, a design with few weights. */
const SMALL = [
  ..."--design mnemosyne-light --width 4 --features 8 --optimizees quadratic,rosenbrock".split(" "),
  ..."--lanes 2 --coordinates 10 --run-length 20 --horizons 10,20 --validate-steps 20".split(" "),
];
const args = (out: string, ...more: string[]): string[] => [
  ...["meta-train", "--out", folder(out), "--json", ...SMALL],
  ...more,
];
const trainInto = (out: string, ...more: string[]): Promise<Run> =>
  runProcess(args(out, ...more), { timeoutMs: 240_000 });
const checkpointOf = (out: string) => decodeMetaCheckpoint(readFileSync(join(folder(out), "checkpoint.bin")));
const optimizerOf = (out: string) => readLearnedWeights(readFileSync(join(folder(out), "optimizer.mnos")));
const linesOf = (out: string) =>
  readFileSync(join(folder(out), "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("meta-train", () => {
  let through: Run;

  beforeAll(async () => {
    buildCli();
    through = await trainInto("through", "--steps", "50", "--seed", "3");
  }, 300_000);

  test("writes checkpoint, log, curves, optimizer and card, and says so", () => {
    expect(through.code, through.stderr).toBe(0);
    const summary = JSON.parse(through.stdout);
    expect(summary).toMatchObject({
      verb: "meta-train",
      status: "budget",
      name: "mnemosyne-light",
      optimizees: ["quadratic", "rosenbrock"],
      steps: 50,
      seed: 3,
    });
    expect(Object.keys(summary.losses)).toEqual(["quadratic", "rosenbrock"]);
    expect(Object.keys(summary.baseline.losses.quadratic)).toEqual(["10", "20"]);
    expect(readdirSync(folder("through")).sort()).toEqual([
      "card.md",
      "checkpoint.bin",
      "curves.svg",
      "log.jsonl",
      "optimizer.mnos",
      "tensorboard",
    ]);
    expect(linesOf("through").map(({ type, step }) => [type, step])).toEqual([
      ["baseline", 0],
      ["validation", 20],
      ["train", 25],
      ["validation", 40],
      ["train", 50],
      ["validation", 50],
    ]);
    expect(readFileSync(join(folder("through"), "curves.svg"), "utf8")).toContain("Held out, after 20 steps");
    const card = readFileSync(join(folder("through"), "card.md"), "utf8");
    expect(card).toContain("width 4");
    expect(card).toContain("| quadratic |");
    expect(through.stderr).toContain("validation at 40");
  });

  test("the optimizer is the best by validation, in a file that the reader takes", () => {
    const validations = linesOf("through").filter(({ type }) => type === "validation");
    const best = validations.reduce((a, b) => (b.score < a.score ? b : a));
    const { position } = checkpointOf("through").snapshot;
    expect(position.best).toMatchObject({ step: best.step, score: best.score });
    expect(JSON.parse(through.stdout)).toMatchObject({ best_step: best.step, losses: best.losses });
    const { name, spec, weights, training } = optimizerOf("through");
    expect([name, spec]).toEqual([
      "mnemosyne-light",
      { ...LIGHT_SPEC, width: 4, memory: { ...LIGHT_SPEC.memory, features: 8 } },
    ]);
    expect(weights).toEqual(position.best?.weights);
    expect(training).toMatchObject({ step: best.step, options: { seed: 3, lanes: 2 } });
  });

  test("killed without warning again and again, and resumed, it arrives at the same weights", async () => {
    const more = ["--steps", "50", "--seed", "3", "--save-minutes", "0", "--resume"];
    let kills = 0;
    for (const at of [3, 22]) {
      const child = spawn(process.execPath, [MAIN, ...args("killed", ...more)], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("close", resolve));
      const path = join(folder("killed"), "checkpoint.bin");
      let broken: unknown;
      const timer = setInterval(() => {
        if (!existsSync(path)) return;
        try {
          if (checkpointOf("killed").snapshot.position.step < at) return;
        } catch (error) {
          broken = error;
        }
        child.kill("SIGKILL");
        clearInterval(timer);
      }, 2);
      await ended;
      clearInterval(timer);
      expect(broken, "a checkpoint was seen half-written").toBeUndefined();
      if (child.signalCode === "SIGKILL") kills++;
    }
    expect(kills).toBe(2);
    const { code, stderr } = await trainInto("killed", ...more);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("meta-training begins")]);
    const bytes = (out: string): Buffer => {
      const { trainer, position } = checkpointOf(out).snapshot;
      const { seconds, ...rest } = position;
      return Buffer.from(packState({ trainer, rest } as unknown as PlainData));
    };
    expect(bytes("killed").equals(bytes("through"))).toBe(true);
    const file = (out: string) => readFileSync(join(folder(out), "optimizer.mnos"));
    expect(file("killed").equals(file("through"))).toBe(true);
    const judged = (out: string) =>
      linesOf(out)
        .filter(({ type }) => type !== "train")
        .map(({ seconds, ...line }) => line);
    expect(judged("killed")).toEqual(judged("through"));
  }, 300_000);

  test("Ctrl-C ends it with a checkpoint and how to go on", async () => {
    const child = spawn(process.execPath, [
      MAIN,
      ...args("stopped", "--steps", "100000", "--save-minutes", "0"),
    ]);
    let stderr = "";
    let asked = false;
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const timer = setInterval(() => {
      if (asked || !existsSync(join(folder("stopped"), "checkpoint.bin"))) return;
      asked = true;
      child.kill("SIGINT");
    }, 20);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(timer);
    expect(code).toBe(1);
    expect(stderr).toContain("--resume goes on");
    const { step } = checkpointOf("stopped").snapshot.position;
    expect(Number(/interrupted after (\d+) meta-updates/.exec(stderr)?.[1])).toBe(step);
  }, 300_000);

  test("a run goes on with its own design and optimizees where flags do not name them", async () => {
    const { code, stdout, stderr } = await runHere([
      ..."meta-train --resume --json --steps 51 --validate-steps 1000 --out".split(" "),
      folder("killed"),
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("mnemosyne-light")]);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 51, optimizees: ["quadratic", "rosenbrock"], seed: 3 });
  });

  test("with --keep last the weights written are the last, whatever validation says", async () => {
    const wild = "--steps 4 --validate-steps 1 --rate 30 --starts 3 --keep last".split(" ");
    const { code, stdout } = await runHere(args("last", ...wild));
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ kept_step: 4, steps: 4 })]);
    const { trainer, position } = checkpointOf("last").snapshot;
    expect(position.best!.step).toBeLessThan(4);
    expect(optimizerOf("last").weights).toEqual(trainer.weights);
    expect(readFileSync(join(folder("last"), "card.md"), "utf8")).toContain("At meta-update 4, the last");
  });

  test("what another run left is not overwritten, and a run with other options not gone on with", async () => {
    const again = (...more: string[]) => runHere(args("through", "--steps", "60", ...more));
    expect(await again()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("go on with it by --resume"),
    });
    const change = async (complaint: string, ...more: string[]) =>
      expect(await again("--resume", ...more)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(complaint),
      });
    await change("width 4, now it is 6", "--width", "6");
    await change("lanes 2, now it is 3", "--lanes", "3");
    await change("seed 3, now it is 4", "--seed", "4");
    await change('now it is ["rosenbrock"]', "--optimizees", "rosenbrock");
    await change("horizons [10,20], now it is [5]", "--horizons", "5");
    const file = join(folder("through"), "optimizer.mnos");
    await change("Give --design or --from, not both", "--from", file);
    const from = await runHere(["meta-train", "--out", folder("through"), "--resume", "--from", file]);
    expect([from.code, from.stderr]).toEqual([2, expect.stringContaining("with --resume weights come from")]);
  });

  test("a damaged checkpoint, and that of another verb, are refused by name", async () => {
    const path = join(folder("damaged"), "checkpoint.bin");
    await runHere(args("damaged", "--steps", "1"));
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    expect(await runHere(args("damaged", "--steps", "4", "--resume"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/checkpoint\.bin.*damaged/),
    });
    writeFileSync(path, packState({ format: "mnemosyne-checkpoint-1" }));
    expect(await runHere(args("damaged", "--steps", "4", "--resume"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/checkpoint\.bin.*not a checkpoint of meta-training/),
    });
  });

  test("goes on from trained weights, which are the ones to beat", async () => {
    const file = join(folder("through"), "optimizer.mnos");
    const from = (out: string, ...more: string[]) =>
      runHere([
        ...["meta-train", "--out", folder(out), "--json", "--from", file, "--optimizees", "quadratic"],
        ..."--lanes 1 --coordinates 10 --horizons 10 --steps 1 --rate 1000".split(" "),
        ...more,
      ]);
    const { code, stdout } = await from("more");
    expect(code).toBe(0);
    // One update at such a rate ruins the weights: the best are those that it began with.
    expect(JSON.parse(stdout)).toMatchObject({ best_step: 0, name: "mnemosyne-light" });
    expect(optimizerOf("more").weights).toEqual(optimizerOf("through").weights);
    const tau = await from("tau", "--taus", "0.3", "--name", "slow");
    expect(tau.code).toBe(0);
    expect(optimizerOf("tau")).toMatchObject({ name: "slow", spec: { taus: [0.3], width: 4 } });
    expect(await from("wide", "--width", "5")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the flags change its design too much"),
    });
  });

  test("a design out of a file, images made smaller, an LSTM", async () => {
    const file = join(base, "mine.json");
    writeFileSync(file, JSON.stringify({ kind: "lstm", width: 3, cells: 1 }));
    const { code, stdout, stderr } = await runHere([
      ...["meta-train", "--design", file, "--out", folder("mine"), "--json", "--data", "synthetic"],
      ..."--optimizees mlp-1x20@4 --validate-on mlp-1x20@4,quadratic --lanes 1 --coordinates 50".split(" "),
      ..."--horizons 2 --starts 2 --steps 2 --batch 16 --cells 2".split(" "),
    ]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { spec, training, name } = optimizerOf("mine");
    expect([name, spec]).toMatchObject(["mine", { kind: "lstm", width: 3, cells: 2 }]);
    expect(training).toMatchObject({ optimizees: ["mlp-1x20@4"], batch: 16, data: "synthetic" });
    const summary = JSON.parse(stdout);
    expect(summary.parameters).toBe(createLearnedModel(spec).layout.total);
    expect(Object.keys(summary.losses)).toEqual(["mlp-1x20@4", "quadratic"]);
    expect(readFileSync(join(folder("mine"), "card.md"), "utf8")).toContain(
      "synthetic: the first 5000 training images train, the last 1000 judge",
    );
  });
});

describe("meta-train's command line", () => {
  const out = ["meta-train", "--out", join(base, "never")];
  test.each([
    [["meta-train"], "--out FOLDER"],
    [[...out, "--desing", "lstm"], "--design"],
    [[...out, "--design", "mnemosine"], "mnemosyne, mnemosyne-light, lstm"],
    [[...out, "--optimizees", "mlp-1x2"], "mlp-1x20"],
    [[...out, "--optimizees", "quadratic@2"], "no images to make smaller"],
    [[...out, "--optimizees", "mlp-1x20@0"], "whole number from 1"],
    [[...out, "--optimizees", ""], "Legal: quadratic"],
    [[...out, "--optimizees", "mlp-1x20@3", "--data", "synthetic"], "divisor"],
    [[...out, "--optimizees", "quadratic,rosenbrock", "--lanes", "1"], "one for each of 2"],
    [[...out, "--objective", "los"], "loss, log-loss, none"],
    [
      [...out, "--optimizees", "quadratic", "--objective", "none", "--imitation", "0"],
      "expected one of them",
    ],
    [[...out, "--optimizees", "quadratic", "--run-length", "3"], "at least one unroll of 5"],
    [[...out, "--taus", "0.1,x"], "number from 0"],
    [[...out, "--rho", "2"], "number from"],
    [[...out, "--design", "lstm", "--taus", "0.1"], "kind lstm has no taus"],
    [[...out, "--design", "mnemosyne", "--cells", "2"], "kind mnemosyne has no cells"],
    [[...out, "--steps", "0"], "whole number from 1"],
    [[...out, "--minutes", "NaN"], "number from"],
    [[...out, "--horizons", "10,"], "whole number from 1"],
    [[...out, "--name", "a/b"], "letters, digits"],
    [[...out, "--from", "x.bin"], ".mnos"],
    [[...out, "--device", "gpu"], "auto, cpu, webgpu, cuda"],
    [[...out, "--threads", "0"], "whole number from 1"],
  ])("refuses %j", async (given, complaint) => {
    const { code, stderr } = await runHere(given);
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test.each([
    ["[1]", "holds no JSON object"],
    ["{", "is not JSON"],
    ['{"kind":"lstn"}', 'kind is "lstn"'],
    ['{"kind":"mnemosyne","tau":[0.1]}', '"tau"'],
    ['{"memory":{"kind":"hf"}}', "memory.kind"],
    ['{"memory":7}', "memory"],
    ['{"width":1e9}', "width"],
  ])("refuses the design %s", async (text, complaint) => {
    const file = join(base, "bad.json");
    writeFileSync(file, text);
    const { code, stderr } = await runHere([...out, "--design", file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("bad.json")]);
    expect(stderr).toContain(complaint);
  });

  test("files that are not what they should be, and missing ones, are refused by name", async () => {
    expect(await runHere([...out, "--data", "nowhere/at/all"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no images in nowhere/at/all"),
    });
    const file = join(base, "bad.mnos");
    writeFileSync(file, "MNOS, but not really one");
    expect(await runHere([...out, "--from", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("bad.mnos"),
    });
    expect(await runHere([...out, "--from", join(base, "none.mnos")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("none.mnos: no such file"),
    });
    expect(await runHere([...out, "--from", file, "--design", "lstm"])).toMatchObject({ code: 1 });
  });
});
