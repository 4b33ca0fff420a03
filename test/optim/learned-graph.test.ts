import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/linalg/index.ts";
import { createLearnedOptimizer, type LearnedSpec, LIGHT_SPEC } from "../../src/optim/index.ts";
import { createUpdate, largestGap, runBoth } from "./graph-run.ts";
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

describe("the graph of a learned optimizer", () => {
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
    expect(() => form.update(params, input(g, "g", [3]), slots, hyper)).toThrow("grads has shape (3)");
    expect(() => form.update(params, params, slots, hyper)).toThrow("slots[3] has shape (4), expected (512)");
  });
});
