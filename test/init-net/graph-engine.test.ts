import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  createArrayEngine,
  createBatchSampler,
  createGraphEngine,
  type Draw,
  type ExampleRunner,
  initNet,
  resolveTrainOptions,
  selectExamples,
  type TrainEngine,
  type TrainOptions,
} from "../../src/init-net/index.ts";
import { randomSet, runnerOf, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const set = randomSet(spec);
const parameters = initNet(spec, 3);
const BATCH = 4;
const optionsOf = (optimizer: string): TrainOptions =>
  resolveTrainOptions({ optimizer, batch: BATCH, learningRate: 2e-3, clipNorm: 0.5, ema: 0.9 });

const draws = Array.from({ length: 6 }, (_, step): Draw => {
  const examples = selectExamples(set.shards, () => true);
  const draw = { examples: new Uint32Array(BATCH), mirrors: new Uint8Array(BATCH) };
  createBatchSampler({ examples, batch: BATCH, seed: 1, mirror: true }).draw(
    step,
    draw.examples,
    draw.mirrors,
  );
  return draw;
});

let runner: ExampleRunner;
beforeAll(async () => {
  runner = await runnerOf(set, BATCH);
});
afterAll(() => runner.dispose());

const graphEngine = (options: TrainOptions): Promise<TrainEngine> =>
  createGraphEngine({
    spec,
    shards: set.shards,
    options,
    parameters,
    createExecutor: (model) => createOrtExecutor(model),
    createStatefulExecutor: (model, state) => createOrtExecutor(model, { state }),
  });

async function go(engine: TrainEngine, from: number, to: number) {
  const reports = [];
  for (let i = from; i < to; i++) reports.push(await engine.step(draws[i], 1 - 0.1 * i, draws[i + 1]));
  return reports;
}

function furthest(a: Float32Array, b: Float32Array): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

describe("a training step as one graph", () => {
  // Six updates of up to 2e-3 each. Where a gradient is next to nothing, Adam's update is the sign of rounding.
  test.each([
    ["sgd", 1e-6],
    ["momentum", 1e-6],
    ["adamw", 1e-4],
  ])("with %s goes the way that typed arrays go", async (optimizer, tolerance) => {
    const options = optionsOf(optimizer);
    const one = await graphEngine(options);
    const two = createArrayEngine(runner, spec, options, parameters);
    const reports = await go(one, 0, 6);
    const expected = await go(two, 0, 6);
    for (const [i, { loss, gradientNorm, skipped }] of reports.entries()) {
      expect(Math.abs(loss - expected[i].loss)).toBeLessThan(1e-4 * expected[i].loss);
      expect(Math.abs(gradientNorm - expected[i].gradientNorm)).toBeLessThan(2e-3 * gradientNorm);
      expect(skipped).toBe(false);
    }
    const [a, b] = [await one.average(), await two.average()];
    expect(furthest(a, parameters)).toBeGreaterThan(1e-4);
    expect(furthest(a, b)).toBeLessThan(tolerance);
    await one.dispose();
  });

  test("goes on from what it saved, bit for bit, and typed arrays go on from it", async () => {
    const options = optionsOf("adamw");
    const through = await graphEngine(options);
    await go(through, 0, 3);
    const saved = await through.save();
    await go(through, 3, 6);
    const again = await graphEngine(options);
    await again.restore(saved);
    await go(again, 3, 6);
    expect(await again.save()).toEqual(await through.save());
    const arrays = createArrayEngine(runner, spec, options, initNet(spec, 99));
    await arrays.restore(saved);
    await go(arrays, 3, 6);
    expect(furthest(await arrays.average(), await through.average())).toBeLessThan(1e-4);
    await through.dispose();
    await again.dispose();
  });

  test("judges examples by the averaged weights as typed arrays do", async () => {
    const options = optionsOf("sgd");
    const one = await graphEngine(options);
    const two = createArrayEngine(runner, spec, options, parameters);
    await go(one, 0, 2);
    await go(two, 0, 2);
    const examples = Uint32Array.of(3, 30, 7);
    const [a, b] = [await one.evaluate(examples), await two.evaluate(examples)];
    expect(a.errors.length).toBe(3 * spec.options.hypotheses);
    expect(furthest(a.trajectories, b.trajectories)).toBeLessThan(1e-5);
    await one.dispose();
  });
});
