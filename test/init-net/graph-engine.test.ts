import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { readOnnx, type StatefulExecutor } from "../../src/graph/index.ts";
import {
  createExecutor,
  createOrtExecutor,
  createTfjsExecutor,
  inspectDevice,
  type OrtDevice,
  type TfjsModule,
} from "../../src/graph/node.ts";
import {
  createArrayEngine,
  createBatchSampler,
  createGraphEngine,
  decodeCheckpoint,
  type ExampleDraw,
  encodeCheckpoint,
  initNet,
  resolveTrainOptions,
  type StepReport,
  selectExamples,
  type TrainEngine,
  type TrainOptions,
} from "../../src/init-net/index.ts";
import type { EngineState } from "../../src/init-net/train-engine.ts";
import type { PlainData } from "../../src/rules/index.ts";
import { randomRows, randomSet, runnerOf, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const set = randomSet(spec);
/** Example 33, beyond those of the set, holds a NaN. */
const broken = randomRows(spec, 1, 3);
broken.vector[2] = Number.NaN;
const BAD = set.shards.reduce((sum, { length }) => sum + length, 0);
const data = { ...set, shards: [...set.shards, broken] };
const parameters = initNet(spec, 3);
const BATCH = 4;
const STEPS = 30;
const optionsOf = (optimizer: string): TrainOptions =>
  resolveTrainOptions({
    optimizer,
    batch: BATCH,
    learningRate: /sgd|momentum|nesterov/.test(optimizer) ? 0.05 : 2e-3,
    clipNorm: 0.5,
    ema: 0.9,
  });

const sampler = createBatchSampler({
  examples: selectExamples(set.shards, () => true),
  batch: BATCH,
  seed: 1,
  mirror: true,
});
const draws = Array.from({ length: STEPS }, (_, step): ExampleDraw => {
  const draw = { examples: new Uint32Array(BATCH), mirrors: new Uint8Array(BATCH) };
  sampler.draw(step, draw.examples, draw.mirrors);
  return draw;
});

const engines: TrainEngine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});

type CreateExecutor = (
  model: Uint8Array,
  state?: Readonly<Record<string, string>>,
) => Promise<StatefulExecutor>;
const onOrt: CreateExecutor = (model, state) => createOrtExecutor(model, { state });
const onTfjs: CreateExecutor = async (model, state) => {
  const { graph, outputs } = readOnnx(model);
  return createTfjsExecutor(tf as unknown as TfjsModule, graph, outputs, state ? { state } : {});
};

async function graphEngine(options: TrainOptions, create = onOrt): Promise<TrainEngine> {
  const engine = await createGraphEngine({
    spec,
    shards: data.shards,
    options,
    parameters,
    createExecutor: create,
    createStatefulExecutor: create,
  });
  engines.push(engine);
  return engine;
}

/** Gradients by ONNX Runtime, updates in typed arrays. */
async function splitEngine(options: TrainOptions): Promise<TrainEngine> {
  const engine = createArrayEngine(await runnerOf(data, BATCH), spec, options, parameters);
  engines.push(engine);
  return engine;
}

async function go(engine: TrainEngine, from: number, to: number): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for (let i = from; i < to; i++) reports.push(await engine.step(draws[i], 1 - 0.02 * i, draws[i + 1]));
  return reports;
}

/** Length of the difference in shares of the length. */
function difference(a: Float32Array, b: Float32Array): number {
  let square = 0;
  for (let i = 0; i < a.length; i++) square += (a[i] - b[i]) ** 2;
  return Math.sqrt(square) / Math.hypot(...b);
}

/** That the updates are equal but for rounding, in losses, gradients and averaged weights. */
async function expectSameWay(one: TrainEngine, two: TrainEngine, from: number, to: number): Promise<void> {
  const reports = await go(one, from, to);
  const expected = await go(two, from, to);
  for (const [i, { loss, gradientNorm, skipped }] of reports.entries()) {
    expect(Math.abs(loss / expected[i].loss - 1)).toBeLessThan(1e-5);
    expect(Math.abs(gradientNorm / expected[i].gradientNorm - 1)).toBeLessThan(1e-5);
    expect(skipped).toBe(false);
  }
  const average = await one.average();
  expect(difference(average, parameters)).toBeGreaterThan(1e-3);
  expect(difference(average, await two.average())).toBeLessThan(1e-5);
}

describe("a training step as one graph", () => {
  test.each(["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])(
    `${STEPS} updates with %s go the way that typed arrays go`,
    async (optimizer) => {
      const options = optionsOf(optimizer);
      await expectSameWay(await graphEngine(options), await splitEngine(options), 0, STEPS);
    },
  );

  test("goes the same way interpreted by TensorFlow.js", async () => {
    await tf.setBackend("cpu");
    const options = optionsOf("adamw");
    await expectSameWay(await graphEngine(options, onTfjs), await graphEngine(options), 0, 5);
  });

  test("leaves out an update whose batch holds a NaN, and counts it", async () => {
    const options = optionsOf("adamw");
    const engine = await graphEngine(options);
    await go(engine, 0, 3);
    const before = stateOf(await engine.save());
    const bad = { ...draws[3], examples: Uint32Array.from(draws[3].examples).fill(BAD, 1, 2) };
    expect((await engine.step(bad, 1)).skipped).toBe(true);
    const after = stateOf(await engine.save());
    const { average } = after; // that of the same parameters as before
    expectSameState(after, { ...before, average, state: { ...before.state, skipped: 1 } });
    const arrays = await splitEngine(options);
    await go(arrays, 0, 3);
    expect((await arrays.step(bad, 1)).skipped).toBe(true);
    await expectSameWay(engine, arrays, 4, 8);
    for (const one of [engine, arrays]) {
      const { state, average } = stateOf(await one.save());
      expect([state.step, state.skipped, average.step, average.skipped]).toEqual([7, 1, 8, 0]);
    }
  });

  test("goes on from a checkpoint bit for bit", async () => {
    const options = optionsOf("adamw");
    const through = await graphEngine(options);
    await go(through, 0, 10);
    const bytes = checkpointOf(options, through.description, await through.save());
    await go(through, 10, 20);
    const again = await graphEngine(options);
    await go(again, 0, 2); // what it holds is replaced
    await again.restore(decodeCheckpoint(bytes).snapshot.engine);
    expectSameState(await again.save(), decodeCheckpoint(bytes).snapshot.engine);
    await go(again, 10, 20);
    expectSameState(await again.save(), await through.save());
  });

  test("goes on from a checkpoint of typed arrays, and typed arrays from its own", async () => {
    const options = optionsOf("adamw");
    for (const [first, second] of [
      [graphEngine, splitEngine],
      [splitEngine, graphEngine],
    ]) {
      const one = await first(options);
      await go(one, 0, 10);
      const two = await second(options);
      await two.restore(decodeCheckpoint(checkpointOf(options, "", await one.save())).snapshot.engine);
      expectSameState(await two.save(), await one.save());
      await expectSameWay(two, one, 10, 20);
    }
  });

  test("refuses the state of another optimizer or network", async () => {
    const engine = await graphEngine(optionsOf("adamw"));
    const before = await engine.save();
    const sgd = await (await graphEngine(optionsOf("sgd"))).save();
    await expect(engine.restore(sgd)).rejects.toThrow('made with optimizer "sgd", now it is "adamw"');
    const small = { ...stateOf(before), parameters: new Float32Array(3) } as unknown as PlainData;
    await expect(engine.restore(small)).rejects.toThrow(/parameters/);
    expectSameState(await engine.save(), before);
  });

  test("judges examples by the averaged weights, and by others, as typed arrays do", async () => {
    const options = optionsOf("sgd");
    const one = await graphEngine(options);
    const two = await splitEngine(options);
    await go(one, 0, 2);
    await go(two, 0, 2);
    const examples = Uint32Array.of(3, 30, 7);
    for (const weights of [undefined, parameters]) {
      const [a, b] = [await one.evaluate(examples, weights), await two.evaluate(examples, weights)];
      expect(a.errors.length).toBe(3 * spec.options.hypotheses);
      expect(difference(a.trajectories, b.trajectories)).toBeLessThan(1e-5);
    }
  });
});

describe.each([await inspectDevice("webgpu"), await inspectDevice("cuda")])(
  "a training step as one graph on $device",
  ({ device, usable, reason }) => {
    test.skipIf(!usable)(
      `trains as on the cpu, leaves out a NaN, and goes on from what it saved${usable ? "" : ` (skipped: ${reason})`}`,
      async () => {
        const options = optionsOf("adamw");
        const onDevice: CreateExecutor = (model, state) =>
          createExecutor(model, { device: device as OrtDevice, state });
        const engine = await graphEngine(options, onDevice);
        expect(engine.description).toContain(device);
        await expectSameWay(engine, await graphEngine(options), 0, 10);
        const saved = await engine.save();
        const bad = { ...draws[3], examples: Uint32Array.of(1, 2, BAD, 4) };
        expect((await engine.step(bad, 1)).skipped).toBe(true);
        const { average, ...after } = stateOf(await engine.save());
        const { state } = stateOf(saved);
        expectSameState(
          { ...after, average },
          { ...stateOf(saved), average, state: { ...state, skipped: 1 } },
        );
        await engine.restore(saved);
        await go(engine, 10, 15);
        const through = await engine.save();
        await engine.restore(saved);
        await go(engine, 10, 15);
        expectSameState(await engine.save(), through);
      },
      600_000, // a software GPU compiles its shaders for minutes
    );
  },
);

/** Bit for bit, arrays compared as a whole. */
function expectSameState(got: PlainData | EngineState, expected: PlainData | EngineState): void {
  const [a, b] = [got, expected].map((saved) => {
    const { optimizer, parameters, average, state } = saved as EngineState;
    const counters = [average.step, average.skipped, state.step, state.skipped];
    return { known: [optimizer, ...counters], vectors: [parameters, average.average, ...state.slots] };
  });
  expect(a.known).toEqual(b.known);
  expect(a.vectors.length).toBe(b.vectors.length);
  for (const [i, { buffer, byteOffset, byteLength }] of a.vectors.entries()) {
    const other = b.vectors[i];
    const bytes = Buffer.from(other.buffer, other.byteOffset, other.byteLength);
    expect(bytes.equals(Buffer.from(buffer, byteOffset, byteLength))).toBe(true);
  }
}

function stateOf(saved: PlainData): EngineState {
  return saved as unknown as EngineState;
}

function checkpointOf(options: TrainOptions, engine: string, saved: PlainData): Uint8Array {
  return encodeCheckpoint({
    spec,
    options,
    data: { fingerprint: "made up", examples: BAD },
    engine,
    snapshot: { position: { step: 10, seconds: 1, sinceBest: 0, validated: -1 }, engine: saved },
  });
}
