import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  add,
  createGraph,
  exp,
  type Graph,
  greater,
  input,
  mul,
  reshape,
  type Tensor,
  type TensorData,
  where,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor, createTfjsExecutor, type TfjsModule } from "../../src/graph/node.ts";
import { TRAINING_STATE, trainingData, trainingStep } from "./training-step.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

const floats = (...values: number[]): TensorData => ({
  data: Float32Array.from(values),
  shape: [values.length],
});

/** Adds x to a running total. */
function accumulator(): { graph: Graph; outputs: Record<string, Tensor> } {
  const graph = createGraph();
  const x = input(graph, "x", [2]);
  const next = add(input(graph, "total", [2]), x);
  return { graph, outputs: { next, twice: mul(next, 2) } };
}

const STATE = { next: "total" };

describe("a training step with state", () => {
  test("ends with the same parameters on tfjs and on ONNX Runtime", async () => {
    const { graph, outputs } = trainingStep();
    const executors = [
      createTfjsExecutor(tf, graph, outputs, { state: TRAINING_STATE }),
      await createOrtExecutor(writeOnnx(graph, outputs), { state: TRAINING_STATE }),
    ];
    const { feeds, parameters } = trainingData(createRng(5));
    const ends: { losses: number[]; data: Float32Array }[] = [];
    for (const executor of executors) {
      executor.writeState("parametersNew", parameters);
      const losses: number[] = [];
      for (let step = 0; step < 30; step++) losses.push((await executor.run(feeds)).loss!.data[0] as number);
      ends.push({ losses, data: (await executor.readState("parametersNew")).data as Float32Array });
      await executor.dispose();
    }
    const [tfjs, ort] = ends;
    expect(tfjs!.losses[29]).toBeLessThan(0.5 * tfjs!.losses[0]);
    tfjs!.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(ort!.losses[i], 5);
    });
    tfjs!.data.forEach((p, i) => {
      expect(p).toBeCloseTo(ort!.data[i], 4);
    });
  });

  test("holds no tensor longer than needed", async () => {
    const before = tf.memory().numTensors;
    const { graph, outputs } = trainingStep();
    const executor = createTfjsExecutor(tf, graph, outputs, { state: TRAINING_STATE });
    const { feeds, parameters } = trainingData(createRng(6));
    executor.writeState("parametersNew", parameters);
    const held = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      await executor.run(feeds);
      await executor.run(feeds, ["parametersNew"]);
      await executor.readState("parametersNew");
      executor.writeState("parametersNew", parameters);
      expect(tf.memory().numTensors).toBe(held);
    }
    await executor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("frees intermediate values while it runs", async () => {
    const graph = createGraph();
    let y = input(graph, "x", [10]);
    for (let i = 0; i < 50; i++) y = exp(mul(y, -0.5));
    let most = 0;
    const watching: TfjsModule = Object.assign(Object.create(tf), {
      exp: (x: tf.Tensor) => {
        most = Math.max(most, tf.memory().numTensors);
        return tf.exp(x);
      },
    });
    const before = tf.memory().numTensors;
    await createTfjsExecutor(watching, graph, { y }).run({ x: { data: new Float32Array(10), shape: [10] } });
    expect(most).toBeGreaterThan(before);
    expect(most).toBeLessThan(before + 10);
  });

  test("a run that fails in the middle leaves no tensors and the state as it was", async () => {
    const { graph, outputs } = accumulator();
    let broken = false;
    const failing: TfjsModule = Object.assign(Object.create(tf), {
      mul: (a: tf.Tensor, b: tf.Tensor) => {
        if (broken) throw new Error("the device is gone");
        return tf.mul(a, b);
      },
    });
    const executor = createTfjsExecutor(failing, graph, outputs, { state: STATE });
    await executor.run({ x: floats(1, 2) });
    const held = tf.memory().numTensors;
    broken = true;
    await expect(executor.run({ x: floats(1, 2) })).rejects.toThrow("the device is gone");
    expect(tf.memory().numTensors).toBe(held);
    expect((await executor.readState("next")).data).toEqual(Float32Array.of(1, 2));
    await executor.dispose();
  });
});

describe("what the tfjs executor is told", () => {
  test("state starts from zeros, is fed back, and is returned only where asked for", async () => {
    const { graph, outputs } = accumulator();
    const executor = createTfjsExecutor(tf, graph, outputs, { state: STATE });
    expect(await executor.run({ x: floats(1, 2) })).toEqual({ twice: floats(2, 4) });
    expect(await executor.run({ x: floats(1, 2) }, ["next"])).toEqual({ next: floats(2, 4) });
    await executor.dispose();
  });

  test("states are copied in and out", async () => {
    const { graph, outputs } = accumulator();
    const executor = createTfjsExecutor(tf, graph, outputs, { state: STATE });
    const start = floats(5, 6);
    executor.writeState("next", start);
    (start.data as Float32Array).fill(99);
    ((await executor.readState("next")).data as Float32Array).fill(77);
    expect((await executor.readState("next")).data).toEqual(Float32Array.of(5, 6));
    await executor.dispose();
  });

  test("an input, a constant and the same tensor twice can be outputs", async () => {
    const graph = createGraph();
    const x = input(graph, "x", [2]);
    const flat = reshape(mul(x, 3), [1, 2]);
    const executor = createTfjsExecutor(tf, graph, { x, y: flat, again: flat });
    const feed = floats(1, 2);
    const out = await executor.run({ x: feed });
    (out.x!.data as Float32Array).fill(0);
    expect(feed.data).toEqual(Float32Array.of(1, 2));
    expect(out.y).toEqual({ data: Float32Array.of(3, 6), shape: [1, 2] });
    expect(out.again).toEqual(out.y);
    await executor.dispose();
  });

  test("bool comes in and goes out as bytes", async () => {
    const graph = createGraph();
    const x = input(graph, "x", [3]);
    const mask = input(graph, "mask", [3], "bool");
    const outputs = { big: greater(x, 1), picked: where(mask, x, -1) };
    const feeds = { x: floats(0, 1, 2), mask: { data: Uint8Array.of(1, 0, 1), shape: [3] } };
    const expected = { big: { data: Uint8Array.of(0, 0, 1), shape: [3] }, picked: floats(0, -1, 2) };
    const tfjs = createTfjsExecutor(tf, graph, outputs);
    expect(await tfjs.run(feeds)).toEqual(expected);
    const ort = await createOrtExecutor(writeOnnx(graph, outputs));
    expect(await ort.run(feeds)).toEqual(expected);
    await ort.dispose();
  });

  test("bad feeds are refused by name, with what was expected", async () => {
    const { graph, outputs } = accumulator();
    const executor = createTfjsExecutor(tf, graph, outputs, { state: STATE });
    const refused = async (feeds: Record<string, unknown>, message: RegExp): Promise<void> => {
      const run = executor.run(feeds as Record<string, TensorData>);
      await expect(run).rejects.toThrow(ShapeError);
      await expect(run).rejects.toThrow(message);
    };
    await refused({}, /feed x is missing, expected float32 \(2\)/);
    await refused({ x: floats(1, 2), y: floats(1) }, /feed y is no input.*Inputs: x/);
    await refused({ x: floats(1, 2, 3) }, /feed x has shape \(3\), expected \(2\)/);
    await refused({ x: { data: Float32Array.of(1), shape: [2] } }, /feed x has 1 elements, expected 2/);
    await refused({ x: { data: [1, 2], shape: [2] } }, /feed x has a Array, expected a Float32Array/);
    await refused({ x: { data: Float64Array.of(1, 2), shape: [2] } }, /has a Float64Array, expected/);
    await refused({ x: floats(1, 2), total: floats(1, 2) }, /feed total is no input/);
    await executor.dispose();
  });

  test("unknown outputs and states are refused, and everything after dispose", async () => {
    const { graph, outputs } = accumulator();
    const executor = createTfjsExecutor(tf, graph, outputs, { state: STATE });
    await expect(executor.run({ x: floats(1, 2) }, ["twise"])).rejects.toThrow(/did you mean "twice"/);
    await expect(executor.readState("twice")).rejects.toThrow(/twice is no state.*States: next/);
    expect(() => executor.writeState("next", floats(1))).toThrow(
      /state next has shape \(1\), expected \(2\)/,
    );
    await executor.dispose();
    await executor.dispose();
    await expect(executor.run({ x: floats(1, 2) })).rejects.toThrow(/disposed/);
    await expect(executor.readState("next")).rejects.toThrow(/disposed/);
  });

  test("states that do not fit the graph are refused before anything is uploaded", () => {
    const { graph, outputs } = accumulator();
    const before = tf.memory().numTensors;
    const create = (state: Record<string, string>) => () => createTfjsExecutor(tf, graph, outputs, { state });
    expect(create({ nex: "total" })).toThrow(/state names output nex.*did you mean "next"/);
    expect(create({ next: "sum" })).toThrow(/state names input sum.*Legal: x, total/);
    expect(create({ next: "total", twice: "total" })).toThrow(/total is fed by another state/);
    expect(() => createTfjsExecutor(tf, createGraph(), outputs)).toThrow(ConfigError);
    expect(() => createTfjsExecutor(tf, graph, {})).toThrow(ConfigError);
    expect(tf.memory().numTensors).toBe(before);
  });
});
