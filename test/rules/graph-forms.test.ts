import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createGraph, input, writeOnnx } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createEma, getOptimizer, globalNorm, OPTIMIZERS, tensorGlobalNorm } from "../../src/rules/index.ts";
import { atRate } from "./at-rate.ts";
import { createUpdate, largestGap, runBoth } from "./graph-run.ts";

const N = 41;

function start(): Float32Array {
  const rng = createRng(4);
  return Float32Array.from({ length: N }, () => rng.gauss());
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

describe.each(Object.keys(OPTIMIZERS))("%s as a graph", (name) => {
  test.each(["ort", "tfjs"] as const)("equals typed arrays over 50 steps on %s", async (backend) => {
    for (const clipNorm of [undefined, 2]) {
      const options = { ...atRate(name, (t: number) => 0.05 / (1 + 0.1 * t)), ...OPTIONS[name] };
      const optimizer = getOptimizer(name, clipNorm === undefined ? options : { ...options, clipNorm });
      const { arrays, tensors, skipped } = await runBoth(
        optimizer,
        await createUpdate(optimizer, N, backend),
        start(),
        gradientAt,
        50,
      );
      expect(skipped).toEqual([2, 2]);
      // Some ten roundings to float32 (6e-8) a step, 48 steps, on a contracting problem; feedback's sums over all
      // coordinates, in float32 on a graph, decide how far the next step goes.
      const most = name.startsWith("feedback") ? 3e-4 : 2e-5;
      arrays.forEach((a, i) => {
        expect(largestGap(a, tensors[i])).toBeLessThan(most);
      });
    }
  });

  it.each([1e30, 3.4e38, 1e-30, 0])(
    "equals typed arrays through 200 gradients of %f, all finite",
    async (size) => {
      for (const clipNorm of [undefined, 1]) {
        const options = { ...OPTIONS[name], ...(clipNorm && { clipNorm }) };
        const optimizer = getOptimizer(name, options);
        const executor = await createUpdate(optimizer, N, "ort");
        const gradient = (): Float32Array =>
          Float32Array.from({ length: N }, (_, i) => (i % 2 ? size : -size));
        const { arrays, tensors, skipped } = await runBoth(optimizer, executor, start(), gradient, 200);
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
