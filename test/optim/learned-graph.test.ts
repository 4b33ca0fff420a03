import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLearnedOptimizer, type LearnedSpec, LIGHT_SPEC } from "../../src/optim/index.ts";
import { createUpdate, largestGap, runBoth } from "../rules/graph-run.ts";
import { DESIGNS, untrained } from "./learned-designs.ts";

const N = 9;
const STEPS = 50;
const designs = Object.entries(DESIGNS);

/** Gradients from 1e-6 to 1e2 that do not depend on the way taken; step 17 has a NaN, step 23 an infinity. */
function gradients(): Float32Array[] {
  const rng = createRng(12);
  const rows = Array.from({ length: STEPS }, (_, t) =>
    Float32Array.from({ length: N }, (_, i) => Math.exp(-0.1 * t) * 10 ** (2 - (i % 6)) * rng.gauss()),
  );
  rows[17][N - 1] = Number.NaN;
  rows[23][0] = -Infinity;
  return rows;
}

function start(): Float32Array {
  const rng = createRng(13);
  return Float32Array.from({ length: N }, () => rng.gauss());
}

async function compare(spec: LearnedSpec, backend: "ort" | "tfjs", rows: readonly Float32Array[]) {
  const optimizer = createLearnedOptimizer(untrained(spec), { learningRate: (t) => 1 / (1 + 0.1 * t) });
  const executor = await createUpdate(optimizer, N, backend);
  return runBoth(optimizer, executor, start(), (_, t) => rows[t], rows.length);
}

describe.each(["ort", "tfjs"] as const)(
  "a learned optimizer as a graph on %s equals typed arrays",
  (backend) => {
    test.each(designs)("over 50 steps, a NaN and an infinity among them: %s", async (_, spec) => {
      const { arrays, tensors, skipped } = await compare(spec, backend, gradients());
      expect(skipped).toEqual([2, 2]);
      arrays.forEach((a, i) => {
        // float32 against float64: logs of features are right to 1e-6, and the cells pass that on for 48 steps.
        expect(largestGap(a, tensors[i]), `array ${i}`).toBeLessThan(1e-4);
      });
      expect(largestGap(arrays[0], start())).toBeGreaterThan(1e-3);
    });
  },
);

test.each([0, 1e-40, 1e-30, 1e30, 3.4e38])(
  "all of them equal typed arrays through 30 gradients of %f, all finite",
  async (size) => {
    const rows = Array.from({ length: 30 }, () =>
      Float32Array.from({ length: N }, (_, i) => (i % 2 ? size : -size)),
    );
    for (const [name, spec] of designs) {
      const { arrays, tensors, skipped } = await compare(spec, "ort", rows);
      expect(skipped, name).toEqual([0, 0]);
      arrays.forEach((a, i) => {
        expect(a.every(Number.isFinite)).toBe(true);
        expect(tensors[i].every(Number.isFinite)).toBe(true);
        expect(largestGap(a, tensors[i]), `${name}, array ${i}`).toBeLessThan(1e-4);
      });
    }
  },
);

const SMALL: LearnedSpec = { ...LIGHT_SPEC, width: 2, memory: { ...LIGHT_SPEC.memory, features: 2 } };

describe("the graph of a learned optimizer", () => {
  it("keeps parameters and state finite whatever the weights are, and skips what is not", async () => {
    const skips: number[] = [];
    for (const factor of [1e3, 1e10, 1e20, 1e38]) {
      const { weights, ...rest } = untrained(LIGHT_SPEC);
      const optimizer = createLearnedOptimizer({
        ...rest,
        weights: weights.map((w) => Math.min(3.4e38, Math.max(-3.4e38, factor * w))),
      });
      const executor = await createUpdate(optimizer, N, "ort");
      const { tensors, skipped } = await runBoth(optimizer, executor, start(), (_, t) => gradients()[t], 10);
      for (const array of tensors) expect(array.every(Number.isFinite), `factor ${factor}`).toBe(true);
      skips.push(skipped[1]);
    }
    expect(skips[0]).toBe(0);
    expect(skips[3]).toBe(10);
  });

  it("of many coordinates computes them in chunks, and equals typed arrays", async () => {
    const n = 2 * 16_384 + 5;
    const optimizer = createLearnedOptimizer(untrained(SMALL));
    const executor = await createUpdate(optimizer, n, "ort");
    const gradient = (params: Float32Array): Float32Array => params.map((p, i) => p + Math.sin(i));
    const { arrays, tensors } = await runBoth(optimizer, executor, new Float32Array(n), gradient, 3);
    arrays.forEach((a, i) => {
      expect(largestGap(a, tensors[i])).toBeLessThan(1e-5);
    });
  });

  it("refuses more coordinates than fit the memory limit", async () => {
    const { createGraph, input } = await import("../../src/graph/index.ts");
    const form = createLearnedOptimizer(untrained(SMALL), { memoryLimit: 1000 }).graph!;
    const g = createGraph();
    const slots = [4, 2, 2].map((size, i) => input(g, `s${i}`, [40 * size]));
    const [params, grads] = [input(g, "p", [40]), input(g, "g", [40])];
    expect(() => form.update(params, grads, slots, input(g, "h", [1]))).toThrow(
      "would keep 1.25 KiB for 40 parameters, expected at most memoryLimit = 1000 bytes",
    );
  });

  it("refuses other shapes and another number of slots", async () => {
    const { createGraph, input } = await import("../../src/graph/index.ts");
    const form = createLearnedOptimizer(untrained({ ...LIGHT_SPEC, inputs: "moments" })).graph!;
    expect([form.slots, form.hyperSize]).toEqual([6, 4]);
    const g = createGraph();
    const params = input(g, "p", [4]);
    const hyper = input(g, "h", [4]);
    expect(() => form.update(params, params, [params], hyper)).toThrow(
      "slots has length 1, expected slots of",
    );
    const slots = Array.from({ length: 6 }, () => params);
    expect(() => form.update(params, input(g, "g", [3]), slots, hyper)).toThrow("grads has length 3");
    expect(() => form.update(params, params, slots, hyper)).toThrow(
      /slots\[3\] has length 4, expected slots of .* for 4 parameters = 512/,
    );
  });
});
