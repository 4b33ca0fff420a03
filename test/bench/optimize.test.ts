import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { spreadOf, summarizeRuns } from "../../src/bench/optimize/optimize-result.ts";
import { ratesOf } from "../../src/bench/optimize/tune-rates.ts";
import { parseOptimizers } from "../../src/cli/parse-optimizers.ts";
import { initParameters } from "../../src/graph/index.ts";
import {
  createLearnedModel,
  createSyntheticDigits,
  LIGHT_SPEC,
  poolDigits,
  writeLearnedOptimizer,
} from "../../src/optim/index.ts";
import { runHere } from "../cli/run-cli.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-optimize-"));

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** A folder of small images in MNIST's files: 7 x 7 pixels, so that runs are quick. */
function smallData(): string {
  const path = join(folder(), "small");
  mkdirSync(path);
  for (const [prefix, count, seed] of [
    ["train", 600, 1],
    ["t10k", 130, 2],
  ] as const) {
    const set = poolDigits(createSyntheticDigits(count, createRng(seed)), 4);
    writeFileSync(join(path, `${prefix}-images-idx3-ubyte`), idx([count, 7, 7], set.images));
    writeFileSync(join(path, `${prefix}-labels-idx1-ubyte`), idx([count], set.labels));
  }
  return path;
}
const DATA = smallData();
const small = (...more: string[]): string[] => [
  ..."optimize --optimizee mlp-1x20 --batch 16 --steps 30 --seeds 2 --threads 1 --json --data".split(" "),
  DATA,
  ...more,
];

// biome-ignore lint/suspicious/noExplicitAny: JSON as a program reads it
async function runJson(args: string[]): Promise<any> {
  const { code, stdout, stderr } = await runHere(args);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  return JSON.parse(stdout);
}

describe("optimizing", () => {
  test("compares optimizers from the same starts, and writes result, picture and runs", async () => {
    const out = join(folder(), "run");
    const result = await runJson(small("--optimizers", "sgd:1e-12,adam:0.03", "--out", out)); // biome-ignore format: one line
    expect(result).toMatchObject({
      verb: "optimize",
      status: "done",
      optimizee: "mlp-1x20",
      parameters: 49 * 20 + 20 + 210,
      data: "small",
      held_out: "the whole test set, 130 examples",
      steps: 30,
      seeds: 2,
      failures: [],
    });
    const [still, adam] = result.rows;
    expect(adam.checkpoints.map((one: { step: number }) => one.step)).toEqual([0, 1, 2, 5, 10, 20, 30]);
    expect(still.checkpoints[0]).toEqual(adam.checkpoints[0]); // the same starts
    // A rate of 1e-12 moves nothing that a float32 can show.
    expect(still.checkpoints.at(-1).test).toEqual(still.checkpoints[0].test);
    expect(still.curve.median[0]).toBe(adam.curve.median[0]); // the same first batch
    expect(adam.checkpoints.at(-1).test.median).toBeLessThan(0.9 * adam.checkpoints[0].test.median);
    expect(adam).toMatchObject({ learning_rate: 0.03, runs: 2, diverged: 0, skipped_steps: 0 });
    const { min, median, max } = adam.checkpoints.at(-1).test;
    expect(min < median && median < max).toBe(true);
    expect(JSON.parse(readFileSync(join(out, "optimize.json"), "utf8"))).toEqual(result);
    const svg = readFileSync(join(out, "curves.svg"), "utf8");
    expect(svg).toContain("adam:0.03");
    expect(svg).toContain("fill-opacity"); // the range as a band
    expect(readdirSync(join(out, "runs"))).toHaveLength(4);
    const run = JSON.parse(readFileSync(join(out, "runs", readdirSync(join(out, "runs"))[0]), "utf8"));
    expect(run.record.train).toHaveLength(30);
  });

  test("the same seed gives the same losses, another one others", async () => {
    const losses = async (seed: string) =>
      (await runJson(small("--seed", seed))).rows.map(({ checkpoints, curve }: never) => [checkpoints, curve]); // biome-ignore format: one line
    const first = await losses("3");
    expect(await losses("3")).toEqual(first);
    expect(await losses("4")).not.toEqual(first);
  });

  test("goes on where it ended: runs that are there are not made again, a shorter run is part of a longer", async () => {
    const out = join(folder(), "run");
    const one = await runJson(small("--optimizers", "adam:0.01", "--out", out));
    const runs = readdirSync(join(out, "runs")).map((file) => join(out, "runs", file));
    // Marks that would vanish if a run were made again.
    for (const file of runs) {
      const run = JSON.parse(readFileSync(file, "utf8"));
      run.record.train[0] = 1234;
      writeFileSync(file, JSON.stringify(run));
    }
    const more = await runJson(small("--optimizers", "adam:0.01,sgd:0.1", "--steps", "20", "--out", out));
    expect(more.rows[0].curve.median[0]).toBe(1234);
    expect(more.rows[0].checkpoints.at(-1).test).toEqual(one.rows[0].checkpoints.find((c: { step: number }) => c.step === 20).test); // biome-ignore format: one line
    expect(more.rows[1].curve.median[0]).not.toBe(1234);
    // A file that was cut off, as by a crash, is made again; other settings are other runs.
    writeFileSync(runs[0], readFileSync(runs[0], "utf8").slice(0, 200));
    const again = await runJson(small("--optimizers", "adam:0.01", "--out", out));
    expect(again.rows[0].curve.max[0]).toBe(1234);
    expect(again.rows[0].curve.min[0]).not.toBe(1234);
    const other = await runJson(small("--optimizers", "adam:0.01", "--batch", "17", "--out", out));
    expect(other.rows[0].curve.median[0]).not.toBe(1234);
  });

  test("--tune takes the rate that is best on validation data, and other seeds for the result", async () => {
    const out = join(folder(), "run");
    const flags = ["--optimizers", "adam,sgd:0.1", "--tune", "--rates", "1e-5:1e-1:3", "--tune-seeds", "2"]; // biome-ignore format: one line
    const result = await runJson(small(...flags, "--horizons", "5,30", "--out", out));
    const [tuning] = result.tuning;
    expect(tuning).toMatchObject({ optimizer: "adam", seeds: 2 });
    expect(tuning.scores.map((score: { rate: number }) => score.rate)).toEqual([1e-5, 1e-3, 1e-1]);
    for (const horizon of ["5", "30"]) {
      const best = tuning.scores.reduce((a: never, b: never) =>
        (b as { validation: Record<string, number> }).validation[horizon] <
        (a as { validation: Record<string, number> }).validation[horizon]
          ? b
          : a,
      );
      expect(tuning.best[horizon]).toMatchObject({ rate: best.rate, validation: best.validation[horizon] });
    }
    expect(tuning.best["30"]).toMatchObject({ rate: 0.1, edge: true });
    const tuned = result.rows.filter((row: { tuned_for?: number[] }) => row.tuned_for !== undefined);
    expect(tuned.flatMap((row: { tuned_for: number[] }) => row.tuned_for).sort()).toEqual([30, 5]);
    expect(result.rows.at(-1)).toMatchObject({ optimizer: "sgd:0.1", runs: 2 });
    // 3 rates with 2 seeds, tuned rates and sgd with 2.
    expect(readdirSync(join(out, "runs"))).toHaveLength(6 + 2 * tuned.length + 2);
    const plain = await runJson(small("--optimizers", "adam:0.1"));
    const row = result.rows.find(({ optimizer }: { optimizer: string }) => optimizer === "adam:0.1");
    expect(row.checkpoints).toEqual(plain.rows[0].checkpoints.filter(({ step }: { step: number }) => row.checkpoints.some((c: { step: number }) => c.step === step))); // biome-ignore format: one line
  });

  test("--narrow tries all rates once and the best of them with every seed", async () => {
    const flags = ["--optimizers", "adam", "--tune", "--rates", "1e-5:1e-1:5", "--tune-seeds", "3"];
    const { tuning } = await runJson(small(...flags, "--narrow", "2", "--horizons", "30"));
    const seeds = tuning[0].scores.map((score: { seeds: number }) => score.seeds).sort();
    expect(seeds).toEqual([1, 1, 1, 3, 3]);
    expect(tuning[0].narrow).toBe(2);
  });

  test("a rate that is given and the best as well runs once, and one that diverges everywhere is told", async () => {
    const flags = ["--tune", "--rates", "0.1:0.1:1", "--tune-seeds", "1", "--horizons", "30"];
    const { rows } = await runJson(small("--optimizers", "adam,adam:0.1", ...flags));
    expect(rows).toMatchObject([{ optimizer: "adam:0.1", tuned_for: [30], runs: 2 }]);
    const { code, stdout, stderr } = await runHere(
      "optimize --optimizee quadratic --optimizers sgd --tune --rates 100:1000:2 --threads 1 --json".split(
        " ",
      ),
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining("sgd: no rate that was tried gives a finite loss")]); // biome-ignore format: one line
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed", rows: [], tuning: [{ best: {} }] });
  });

  test("functions are judged by their own value; a rate too high is counted as diverged", async () => {
    const result = await runJson(
      "optimize --optimizee quadratic --optimizers adam:0.1,sgd:100 --steps 60 --seeds 3 --threads 1 --json".split(" "), // biome-ignore format: one line
    );
    expect(result).toMatchObject({ held_out: "the function itself", parameters: 10 });
    expect(result.data).toBeUndefined();
    const [adam, sgd] = result.rows;
    expect(adam).toMatchObject({ diverged: 0, skipped_steps: 0 });
    expect(sgd.diverged).toBe(3);
    expect(sgd.skipped_steps).toBeGreaterThan(0); // infinite gradients
    expect(sgd.checkpoints.at(-1).test.median).toBeNull();
  });

  test("learned optimizers come from files, and a change of the file is another run", async () => {
    const path = folder();
    const file = join(path, "mine.mnos");
    const out = join(path, "run");
    const write = (seed: number): void => {
      const weights = initParameters(createLearnedModel(LIGHT_SPEC).layout, createRng(seed));
      writeFileSync(file, writeLearnedOptimizer({ name: "mine", spec: LIGHT_SPEC, weights }));
    };
    const args = small("--steps", "3", "--optimizers", `${file},adam`, "--out", out);
    write(1);
    const one = await runJson(args);
    expect(one.rows.map(({ optimizer }: { optimizer: string }) => optimizer)).toEqual(["mine", "adam"]);
    expect(await runJson(args)).toMatchObject({ rows: [{ curve: one.rows[0].curve }, {}] });
    write(2);
    expect((await runJson(args)).rows[0].checkpoints).not.toEqual(one.rows[0].checkpoints);
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    const { code, stderr } = await runHere(args);
    expect(code).toBe(1);
    expect(stderr).toContain(file);
  });

  test("interrupted it keeps what is done, says so, and exits with 1", async () => {
    const out = join(folder(), "run");
    const stop = new AbortController();
    const args = small("--steps", "2000", "--seeds", "40", "--out", out);
    const running = runHere(args, { signal: stop.signal });
    while (!existsSync(join(out, "runs")) || readdirSync(join(out, "runs")).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    const { code, stdout, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr).toContain(`interrupted; the same command goes on in ${out}`);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ status: "interrupted", rows: [{ optimizer: "adam" }] });
    expect(result.rows[0].runs).toBeGreaterThan(0);
    expect(result.rows[0].runs).toBeLessThan(40);
    expect(JSON.parse(readFileSync(join(out, "optimize.json"), "utf8")).status).toBe("interrupted");
    expect(readdirSync(join(out, "runs")).filter((file) => file.includes("partial"))).toEqual([]);
  });

  test("the table has a line for medians and one for ranges", async () => {
    const { code, stdout } = await runHere(small("--optimizers", "adam").filter((word) => word !== "--json"));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^mlp-1x20, 1210 numbers on small, batches of 16, 30 steps: loss on the whole test set/,
    );
    expect(stdout).toMatch(/optimizer +10 +30 +skipped +diverged +ms/);
    expect(stdout).toMatch(/adam +\d\.\d{3} +\d\.\d{3} +0 +0\/2/);
    expect(stdout).toMatch(/\d\.\d{3}-\d\.\d{3} +\d\.\d{3}-\d\.\d{3}/);
  });
});

test("--fair writes its result and a picture of what it reports, for each horizon", async () => {
  const out = join(folder(), "fair");
  const flags = "--fair --optimizers adam:0.03,feedback --horizons 4,9 --tune-seeds 1 --out".split(" ");
  const { fair } = await runJson(small(...flags, out));
  expect(
    fair.map(({ optimizer, horizon }: { optimizer: string; horizon: number }) => [optimizer, horizon]),
  ).toEqual([
    ["adam:0.03", 4],
    ["feedback", 4],
    ["adam:0.03", 9],
    ["feedback", 9],
  ]);
  for (const { curve, horizon, losses } of fair) {
    expect(curve.step.at(-1)).toBe(horizon);
    expect(curve.median).toHaveLength(curve.step.length);
    expect(losses).toHaveLength(2);
  }
  expect(fair[0].curve.median).toEqual(fair[2].curve.median.slice(0, fair[0].curve.median.length)); // the same runs
  const picture = readFileSync(join(out, "curves.svg"), "utf8");
  expect([picture.includes("Training loss, 4 steps"), picture.includes("Training loss, 9 steps")]).toEqual([
    true,
    true,
  ]);
  expect(JSON.parse(readFileSync(join(out, "fair.json"), "utf8")).fair).toEqual(fair);
});

describe("misuse of optimize is refused", () => {
  test.each([
    [["--optimizee", "mlp"], "Legal: quadratic"],
    [["--optimizers", "adm"], 'did you mean "adam"?'],
    [["--optimizers", "adam,adam"], "adam is named twice"],
    [["--optimizers", "adam:fast"], "Expected a number"],
    [["--optimizers", "adam:-1"], "Expected a number"],
    [["--optimizers", "adam:1:2"], "Legal:"],
    [["--optimizers", ""], "Legal:"],
    [["--optimizers", "super"], "evolve --design super"],
    [["--optimizee", "quadratic"], "--data is of data, and --optimizee quadratic is a function"],
    [["--data", "mnits"], 'did you mean "mnist"?'],
    [["--rates", "1:0.1:3", "--tune"], "LO <= HI"],
    [["--rates", "1:2"], "LO:HI:COUNT"],
    [["--horizons", "31"], "horizon is 31, expected at most --steps, 30"],
    [["--horizons", "0"], "whole number from 1"],
    [["--steps", "0"], "whole number from 1"],
    [["--seeds", "0"], "whole number from 1"],
    [["--pool", "2"], "factor is 2, expected a divisor of the images' sides, 7 and 7"],
    [["--search-steps", "5"], "--search-steps is how long --fair searches"],
    [["--optimizee", "mlm-2x64", "--text", "man", "--data", "man"], "give one of them"],
    [["--optimizee", "mlm-2x64", "--pool", "2"], "learns from texts"],
    [["--optimizee", "vit-3x16", "--pool", "7"], "patch is 7 pixels"],
    [["--sedes", "3"], 'did you mean "--seeds"?'],
  ])("%j", async (flags, message) => {
    const { code, stdout, stderr } = await runHere(small(...flags));
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(JSON.parse(stdout)).toMatchObject({ verb: "optimize", status: "failed" });
  });

  test("a learned optimizer or images that are not there, or damaged: it ran and failed", async () => {
    const missing = await runHere(small("--optimizers", "nowhere/my.mnos"));
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("nowhere/my.mnos: no such file")]); // biome-ignore format: one line
    const nowhere = await runHere(small("--data", "./nowhere"));
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("no images in ./nowhere")]);
    expect(JSON.parse(nowhere.stdout).error.code).toBe("io");
    const path = smallData();
    writeFileSync(join(path, "train-images-idx3-ubyte"), new Uint8Array(30));
    const damaged = await runHere(small("--data", path));
    expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining("IDX file")]);
  });
});

describe("parts of optimize", () => {
  test("a list of optimizers has labels, rates and files", () => {
    expect(parseOptimizers("adam, sgd:3e-2 ,a/b.mnos")).toEqual([
      { kind: "classic", label: "adam", name: "adam" },
      { kind: "classic", label: "sgd:0.03", name: "sgd", learningRate: 0.03 },
      { kind: "learned", label: "b", file: "a/b.mnos" },
    ]);
    expect(parseOptimizers("a/o.mnos,b/o.mnos").map(({ label }) => label)).toEqual(["a/o.mnos", "b/o.mnos"]);
    expect(() => parseOptimizers("a/o.mnos,a/o.mnos")).toThrow("a/o.mnos is named twice");
  });

  test("what was trained into a folder is called by the folder", () => {
    const labels = parseOptimizers("runs/a/optimizer.mnos,runs/b/../c/optimizer.mnos,d/mine.mnos");
    expect(labels.map(({ label }) => label)).toEqual(["a", "c", "mine"]);
    const same = parseOptimizers("x/a/optimizer.mnos,y/a/optimizer.mnos");
    expect(same.map(({ label }) => label)).toEqual(["x/a/optimizer.mnos", "y/a/optimizer.mnos"]);
  });

  test("rates are evenly spaced in their logarithms, to three digits", () => {
    expect(ratesOf({ from: 1e-4, to: 4.64, count: 15 }).slice(0, 5)).toEqual([1e-4, 2.15e-4, 4.64e-4, 1e-3, 2.15e-3]); // biome-ignore format: one line
    expect(ratesOf({ from: 1e-4, to: 4.64, count: 15 }).at(-1)).toBe(4.64);
    expect(ratesOf({ from: 0.5, to: 2, count: 1 })).toEqual([0.5]);
  });

  test("spread is median and range; what is not finite counts as largest", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([Number.NaN, 1, 2])).toEqual({ median: 2, min: 1, max: null });
  });

  test("a run diverged if it ends above its start or not at a number; the curve covers every step once", () => {
    const run = (train: number[], start: number, end: number | null) => ({
      train,
      checkpoints: [
        { step: 0, loss: start },
        { step: train.length, loss: end },
      ],
      skipped: 1,
      ms: { gradient: 1, update: 2 },
    });
    const train = Array.from({ length: 1000 }, (_, i) => i);
    const summary = summarizeRuns([run(train, 2, 1), run(train, 2, 2.1), run(train, 2, null)]);
    expect(summary).toMatchObject({ runs: 3, diverged: 2, skipped_steps: 3 });
    expect(summary.checkpoints[1].train?.median).toBe(994.5); // the mean of the last ten
    const { step, median } = summary.curve;
    let [sum, from] = [0, 0];
    for (const [i, to] of step.entries()) {
      sum += (median[i] ?? 0) * (to - from);
      from = to;
    }
    expect(from).toBe(1000);
    expect(Math.abs(sum - 499_500)).toBeLessThan(1);
  });
});
