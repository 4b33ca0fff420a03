import * as tf from "@tensorflow/tfjs";
import { describe, expect, it, test } from "vitest";
import { createGraph, type Graph, input, type StatefulExecutor, writeOnnx } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createTfjsExecutor } from "../../src/graph/tfjs-executor.ts";
import { createRng } from "../../src/linalg/index.ts";
import {
  applyUpdates,
  createEma,
  getOptimizer,
  globalNorm,
  OPTIMIZERS,
  type Optimizer,
  tensorGlobalNorm,
} from "../../src/optim/index.ts";

const N = 41;

/** One update as a graph, gradients fed; parameters and slots are kept by the executor. */
function updateGraph(optimizer: Optimizer): {
  g: Graph;
  outputs: Parameters<typeof writeOnnx>[1];
  state: Record<string, string>;
} {
  const form = optimizer.graph!;
  const g = createGraph();
  const names = Array.from({ length: form.slots }, (_, s) => `slot${s}`);
  const step = form.update(
    input(g, "params", [N]),
    input(g, "grads", [N]),
    names.map((name) => input(g, name, [N])),
    input(g, "hyper", [form.hyperSize]),
  );
  const outputs = {
    sound: step.sound,
    nextParams: step.params,
    ...Object.fromEntries(names.map((name, s) => [`next_${name}`, step.slots[s]])),
  };
  const state = { nextParams: "params", ...Object.fromEntries(names.map((name) => [`next_${name}`, name])) };
  return { g, outputs, state };
}

async function createUpdate(optimizer: Optimizer, backend: "ort" | "tfjs"): Promise<StatefulExecutor> {
  const { g, outputs, state } = updateGraph(optimizer);
  if (backend === "ort") return createOrtExecutor(writeOnnx(g, outputs), { state });
  await tf.setBackend("cpu");
  return createTfjsExecutor(tf, g, outputs, { state });
}

const OPTIONS: Record<string, object> = {
  adamw: {
    weightDecay: 0.1,
    decayRanges: [
      { offset: 0, size: 7 },
      { offset: 20, size: 15 },
    ],
  },
};

/** Gradient of a bumpy bowl; step 17 brings a NaN, step 23 an infinity. */
function gradientAt(params: Float32Array, t: number): Float32Array {
  const grads = params.map((p, i) => (1 + (i % 5)) * p + Math.sin(3 * p + i));
  if (t === 17) grads[N - 1] = Number.NaN;
  if (t === 23) grads[0] = -Infinity;
  return grads;
}

async function runBoth(
  optimizer: Optimizer,
  executor: StatefulExecutor,
  gradient: (params: Float32Array, t: number) => Float32Array,
  steps: number,
): Promise<{ arrays: Float32Array[]; tensors: Float32Array[]; skipped: [number, number] }> {
  const rng = createRng(4);
  const params = Float32Array.from({ length: N }, () => rng.gauss());
  let state = optimizer.init(params);
  await executor.writeState("nextParams", { data: params.slice(), shape: [N] });
  let onGraph: Float32Array = params.slice();
  let step = 0;
  for (let t = 0; t < steps; t++) {
    const next = optimizer.update(gradient(params, t), state, params);
    applyUpdates(params, next.updates);
    state = next.state;
    const { sound } = await executor.run({
      grads: { data: gradient(onGraph, t), shape: [N] },
      hyper: { data: optimizer.graph!.hyper(step), shape: [optimizer.graph!.hyperSize] },
    });
    step += (sound.data as Float32Array)[0];
    onGraph = (await executor.readState("nextParams")).data as Float32Array;
  }
  const slots = await Promise.all(state.slots.map((_, s) => executor.readState(`next_slot${s}`)));
  await executor.dispose();
  return {
    arrays: [params, ...state.slots],
    tensors: [onGraph, ...slots.map((slot) => slot.data as Float32Array)],
    skipped: [state.skipped, steps - step],
  };
}

function largestGap(a: Float32Array, b: Float32Array): number {
  const size = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0) / Math.max(size, 1e-30);
}

describe.each(Object.keys(OPTIMIZERS))("%s as a graph", (name) => {
  test.each(["ort", "tfjs"] as const)("equals typed arrays over 50 steps on %s", async (backend) => {
    for (const clipNorm of [undefined, 2]) {
      const options = { learningRate: (t: number) => 0.05 / (1 + 0.1 * t), ...OPTIONS[name] };
      const optimizer = getOptimizer(name, clipNorm === undefined ? options : { ...options, clipNorm });
      const { arrays, tensors, skipped } = await runBoth(
        optimizer,
        await createUpdate(optimizer, backend),
        gradientAt,
        50,
      );
      expect(skipped).toEqual([2, 2]);
      // Some ten roundings to float32 (6e-8) a step, 48 steps, on a contracting problem.
      arrays.forEach((a, i) => {
        expect(largestGap(a, tensors[i])).toBeLessThan(2e-5);
      });
    }
  });

  it.each([1e30, 3.4e38, 1e-30, 0])(
    "equals typed arrays through 200 gradients of %f, all finite",
    async (size) => {
      for (const clipNorm of [undefined, 1]) {
        const options = { ...OPTIONS[name], ...(clipNorm && { clipNorm }) };
        const optimizer = getOptimizer(name, options);
        const executor = await createUpdate(optimizer, "ort");
        const gradient = (): Float32Array =>
          Float32Array.from({ length: N }, (_, i) => (i % 2 ? size : -size));
        const { arrays, tensors, skipped } = await runBoth(optimizer, executor, gradient, 200);
        expect(skipped[1]).toBe(skipped[0]);
        arrays.forEach((a, i) => {
          expect(a.every(Number.isFinite)).toBe(true);
          expect(tensors[i].every(Number.isFinite)).toBe(true);
          // Nearly constant increments round the same way 200 times.
          expect(largestGap(a, tensors[i])).toBeLessThan(1e-4);
        });
      }
    },
  );
});

test("an average as a graph equals typed arrays, bad parameters left out", async () => {
  const ema = createEma({ decay: 0.95 });
  const g = createGraph();
  const outputs = ema.graph.update(input(g, "params", [N]), input(g, "average", [N]), input(g, "hyper", [1]));
  const executor = await createOrtExecutor(writeOnnx(g, { next: outputs.average, sound: outputs.sound }), {
    state: { next: "average" },
  });
  const rng = createRng(6);
  let state = ema.init(Float32Array.from({ length: N }, () => rng.gauss()));
  await executor.writeState("next", { data: state.average, shape: [N] });
  let step = 0;
  for (let t = 0; t < 60; t++) {
    const params = Float32Array.from({ length: N }, () => rng.gauss());
    if (t === 30) params[5] = Infinity;
    state = ema.update(params, state);
    const { sound } = await executor.run({
      params: { data: params, shape: [N] },
      hyper: { data: ema.graph.hyper(step), shape: [1] },
    });
    step += (sound.data as Float32Array)[0];
  }
  const average = (await executor.readState("next")).data as Float32Array;
  await executor.dispose();
  expect(step).toBe(state.step);
  expect(state.skipped).toBe(1);
  expect(largestGap(state.average, average)).toBeLessThan(1e-6);
});

describe("a graph update refuses", () => {
  const form = getOptimizer("adam").graph!;
  const g = createGraph();
  const params = input(g, "p", [4]);
  const grads = input(g, "g", [4]);
  const hyper = input(g, "h", [form.hyperSize]);
  const m = input(g, "m", [4]);
  test("another number of slots", () =>
    expect(() => form.update(params, grads, [m], hyper)).toThrow(
      "slots has length 1, expected slots of adam = 2",
    ));
  test("another shape of gradient", () =>
    expect(() => form.update(params, input(g, "g3", [3]), [m, m], hyper)).toThrow(
      "grads has length 3, expected params.shape[0] = 4",
    ));
  test("another hyper", () =>
    expect(() => form.update(params, grads, [m, m], input(g, "h1", [1]))).toThrow(
      "hyper has length 1, expected hyperSize of adam = 3",
    ));
});

it("the norm as a graph piece is that in typed arrays, without overflow", async () => {
  const g = createGraph();
  const model = writeOnnx(g, { norm: tensorGlobalNorm(input(g, "grads", [3])) });
  const executor = await createOrtExecutor(model);
  const normOf = async (...grads: number[]): Promise<number> => {
    const { norm } = await executor.run({ grads: { data: Float32Array.from(grads), shape: [3] } });
    return norm!.data[0] as number;
  };
  for (const scale of [1e-20, 1, 1e30]) {
    const expected = globalNorm(Float32Array.of(3 * scale, -4 * scale, 12 * scale));
    expect(Math.abs((await normOf(3 * scale, -4 * scale, 12 * scale)) / expected - 1)).toBeLessThan(1e-6);
  }
  expect(await normOf(0, 0, 0)).toBe(0);
  expect(Number.isFinite(await normOf(1, Number.NaN, 2))).toBe(false);
  expect(Number.isFinite(await normOf(1, -Infinity, 2))).toBe(false);
  await executor.dispose();
});
