import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { benchOptimizers } from "../../src/bench/bench-optimizers.ts";
import { GRADIENT_SOURCES } from "../../src/bench/gradient-sources.ts";
import { createArrayStepper, createGraphStepper } from "../../src/bench/optimizer-steps.ts";
import { applyUpdates, getOptimizer } from "../../src/rules/index.ts";
import { runHere } from "../cli/run-cli.ts";

describe("a stepper", () => {
  test("walks where the optimizer walks, on arrays and as a graph", async () => {
    const rng = createRng(1);
    const draw = (): Float32Array => Float32Array.from({ length: 40 }, () => rng.gauss());
    const start = draw();
    const adam = getOptimizer("adam", { learningRate: 0.1 });
    const expected = start.slice();
    let state = adam.init(expected);
    const steppers = [createArrayStepper(adam, start), await createGraphStepper(adam, start)];
    for (let t = 0; t < 5; t++) {
      const grads = draw();
      const step = adam.update(grads, state, expected);
      applyUpdates(expected, step.updates);
      state = step.state;
      for (const stepper of steppers) await stepper.step(grads);
    }
    const [arrays, graph] = await Promise.all(steppers.map((stepper) => stepper.params()));
    expect(arrays).toEqual(expected);
    graph.forEach((p, i) => {
      expect(Math.abs(p - expected[i])).toBeLessThan(1e-5); // float32 sums in another order
    });
    expect(steppers.map(({ stateBytes }) => stateBytes)).toEqual([2 * 4 * 40, 2 * 4 * 40]);
    for (const stepper of steppers) await stepper.dispose();
  });
});

describe("a gradient source", () => {
  test.each([
    ["mlp-1x20", 15_910, 15_910],
    ["mlp-1x180", 143_110, 143_110],
    ["warm-start", 140_000, 145_000],
    ["warm-start-1m", 999_380, 999_380],
  ] as const)("%s has a finite gradient of %d to %d numbers", async (name, least, most) => {
    const source = await GRADIENT_SOURCES[name](0);
    try {
      const grads = await source.gradient(source.start);
      expect(grads).toHaveLength(source.start.length);
      expect(source.layout.total).toBe(source.start.length);
      expect(grads.length).toBeGreaterThanOrEqual(least);
      expect(grads.length).toBeLessThanOrEqual(most);
      expect(grads.every(Number.isFinite)).toBe(true);
      expect(grads.some((g) => g !== 0)).toBe(true);
    } finally {
      await source.dispose();
    }
  });
});

describe("bench optimizers", () => {
  test("takes medians over rounds, and ratios of the processor's time", async () => {
    // Clocks that only optimizers move, by what each is said to cost.
    let [wall, cpu] = [0, 0];
    const costing = (name: string, ms: number) => {
      const { graph: _, ...optimizer } = getOptimizer(name);
      const update: typeof optimizer.update = (...args) => {
        wall += 10 * ms;
        cpu += ms;
        return optimizer.update(...args);
      };
      return { ...optimizer, update };
    };
    const rounds: number[] = [];
    const [costs] = await benchOptimizers({
      problems: ["mlp-1x20"],
      optimizers: new Map([["adam", () => costing("adam", 2)], ["sgd", () => costing("sgd", 1)]]), // biome-ignore format: one line
      forms: ["arrays", "graph"],
      rounds: 4,
      seed: 0,
      clock: () => wall,
      cpu: () => cpu,
      signal: new AbortController().signal,
      onProgress: (done) => rounds.push(done),
    });
    expect(costs).toMatchObject({ problem: "mlp-1x20", coordinates: 15_910, batch: 128 });
    expect(costs.rows).toMatchObject([
      { optimizer: "adam", form: "arrays", n: 4, ms: { p50: 20, p99: 20 }, cpu_ms: 2, over_adam: 1 },
      { optimizer: "sgd", form: "arrays", n: 4, ms: { p50: 10, p99: 10 }, cpu_ms: 1, over_adam: 0.5 },
    ]);
    expect(rounds).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("prints a row per optimizer and form, adam first, and the machine", async () => {
    const args = "bench optimizers --problems mlp-1x20 --optimizers sgd:0.1 --rounds 2".split(" ");
    const { code, stdout } = await runHere([...args, "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ verb: "bench optimizers", rounds: 2, node: process.version });
    const rows = result.problems[0].rows.map((row: { optimizer: string; form: string }) => [row.optimizer, row.form]); // biome-ignore format: one line
    expect(rows).toEqual([
      ["adam", "arrays"],
      ["adam", "graph"],
      ["sgd:0.1", "arrays"],
      ["sgd:0.1", "graph"],
    ]);
    const text = await runHere(args);
    expect(text.stdout).toMatch(/optimizer +form +ms +p99 +cpu ms +x adam +x gradient +state MB/);
    expect(text.stdout).toContain(`Node ${process.version}`);
  });

  test.each([
    [["--problems", "mlp"], "Legal: mlp-1x20, mlp-1x180, mlp-1x1258, warm-start"],
    [["--forms", "tensor"], "Legal: arrays, graph"],
    [["--rounds", "0"], "whole number from 1"],
    [["--optimizers", "adamm"], 'did you mean "adam"?'],
  ])("%j is misuse", async (flags, message) => {
    const { code, stderr } = await runHere(["bench", "optimizers", ...flags]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
