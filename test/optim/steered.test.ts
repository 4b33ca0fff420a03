import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { initParameters, layoutParameters } from "../../src/graph/index.ts";
import {
  createSteeredModel,
  createSteeredOptimizer,
  isSteered,
  readAnyLearned,
  readSteeredWeights,
  STEERED_SPEC,
  type SteeredWeights,
  TENSOR_MEMORIES,
  type TensorMemory,
  writeSteeredOptimizer,
} from "../../src/optim/index.ts";
import { applyUpdates, createFeedback, type Optimizer } from "../../src/rules/index.ts";
import { createUpdate, largestGap, runBoth } from "../rules/graph-run.ts";

const layout = layoutParameters([
  { name: "w0", shape: [5, 4], init: { normal: 0.4 } },
  { name: "b0", shape: [4], init: "zeros" },
  { name: "w1", shape: [4, 3], init: { normal: 0.5 } },
]);
const start = initParameters(layout, createRng(1));

function steered(memory: TensorMemory, size: number): SteeredWeights {
  const spec = { ...STEERED_SPEC, memory };
  const rng = createRng(9);
  const { total } = createSteeredModel(spec).layout;
  return { name: "test", spec, weights: Float32Array.from({ length: total }, () => size * rng.gauss()) };
}

function gradientAt(params: Float32Array, t: number): Float32Array {
  const gradient = params.map((p, i) => (1 + (i % 3)) * p + Math.sin(3 * p + i + 0.2 * t));
  if (t === 17) gradient[3] = Number.NaN;
  return gradient;
}

function run(optimizer: Optimizer, steps: number, scale = 1): Float32Array {
  const params = start.slice();
  let state = optimizer.init(params);
  for (let t = 0; t < steps; t++) {
    const gradient = gradientAt(params, t).map((g) => scale * g);
    const step = optimizer.update(gradient, state, params, undefined, scale * (2 + Math.cos(t)));
    applyUpdates(params, step.updates);
    state = step.state;
  }
  return params;
}

describe.each(TENSOR_MEMORIES)("a steered optimizer with memory %s", (memory) => {
  it("is feedback, bit for bit, with the weights that it begins with", () => {
    const spec = { ...STEERED_SPEC, memory };
    const weights = initParameters(createSteeredModel(spec).layout, createRng(4));
    for (const horizon of [undefined, 40])
      expect(run(createSteeredOptimizer({ name: "fresh", spec, weights }, { layout, horizon }), 40)).toEqual(
        run(createFeedback({ layout, horizon }), 40),
      );
  });

  it("takes the same steps, bit for bit, where the loss is multiplied by a power of two", () => {
    const optimizer = createSteeredOptimizer(steered(memory, 0.3), { layout, horizon: 40 });
    expect(run(optimizer, 40, 2 ** 30)).toEqual(run(optimizer, 40));
    expect(run(optimizer, 40)).not.toEqual(run(createFeedback({ layout, horizon: 40 }), 40));
  });

  test.each(["ort", "tfjs"] as const)(
    "as a graph equals typed arrays over 40 steps on %s",
    async (backend) => {
      const optimizer = createSteeredOptimizer(steered(memory, 0.3), { layout, horizon: 40, clipNorm: 3 });
      const update = await createUpdate(optimizer, layout.total, backend);
      const { arrays, tensors, skipped } = await runBoth(optimizer, update, start, gradientAt, 40);
      expect(skipped).toEqual([1, 1]);
      // Sums in float32 decide how far the next step goes, as with feedback alone.
      arrays.forEach((a, i) => {
        expect(largestGap(a, tensors[i])).toBeLessThan(1e-3);
      });
    },
  );

  it("comes back from its file as it was, and damaged bytes are refused", () => {
    const written = { ...steered(memory, 1), training: { generations: 3 } };
    const bytes = writeSteeredOptimizer(written);
    expect(readSteeredWeights(bytes)).toEqual(written);
    expect(readAnyLearned(bytes).spec).toEqual(written.spec);
    expect(isSteered(bytes)).toBe(true);
    bytes[bytes.length - 3] ^= 1;
    expect(() => readSteeredWeights(bytes)).toThrow("damaged");
    const short = { ...written, weights: written.weights.slice(1) };
    expect(() => writeSteeredOptimizer(short)).toThrow("those of its spec");
  });
});
