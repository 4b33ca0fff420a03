import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { initParameters, layoutParameters } from "../../src/graph/index.ts";
import {
  createSteeredModel,
  createSteeredOptimizer,
  DIRECTION_MEMORIES,
  DIRECTION_SPEC,
  readSteeredWeights,
  STEERED_DESIGNS,
  STEERED_SPEC,
  type SteeredDesign,
  type SteeredSpec,
  type SteeredWeights,
  writeSteeredOptimizer,
} from "../../src/optim/index.ts";
import {
  applyUpdates,
  createFeedback,
  createFeedbackRule,
  createOptimizer,
  FEEDBACK_DIRECTIONS,
  type Optimizer,
} from "../../src/rules/index.ts";
import { createUpdate, largestGap } from "../rules/graph-run.ts";

const layout = layoutParameters([
  { name: "w0", shape: [5, 4], init: { normal: 0.4 } },
  { name: "b0", shape: [4], init: "zeros" },
  { name: "w1", shape: [4, 3], init: { normal: 0.5 } },
]);
const n = layout.total;
const names = Object.keys(STEERED_DESIGNS) as SteeredDesign[];
const start = initParameters(layout, createRng(1));
const variants = DIRECTION_MEMORIES.flatMap((memory) =>
  FEEDBACK_DIRECTIONS.map((direction): SteeredSpec => {
    return { ...STEERED_SPEC, memory: "none", direction, coordinates: { ...DIRECTION_SPEC, memory } };
  }),
);

function drawn(spec: SteeredSpec, size: number): SteeredWeights {
  const rng = createRng(9);
  const { total } = createSteeredModel(spec).layout;
  return { name: "test", spec, weights: Float32Array.from({ length: total }, () => size * rng.gauss()) };
}

/** Gradients of their own, the same for every run. */
const random = createRng(5);
const gradients = Array.from({ length: 30 }, () =>
  Float32Array.from({ length: n }, () => random.gauss() + 0.3),
);

/** All updates, from parameters of zero. */
function run(optimizer: Optimizer, change: (g: Float32Array) => Float32Array): Float32Array[] {
  const params = new Float32Array(n);
  let state = optimizer.init(params);
  return gradients.map((g) => {
    const step = optimizer.update(change(g), state, params);
    applyUpdates(params, step.updates);
    state = step.state;
    return step.updates;
  });
}
const same = (g: Float32Array): Float32Array => g;

/** Small tensors, as the ones here: of 20, 4 and 12 coordinates. */
const designs = names.map((name): { title: string; spec: SteeredSpec } => {
  const design: SteeredSpec = STEERED_DESIGNS[name];
  const coordinates = design.coordinates && { ...design.coordinates, smallest: name === "super" ? 10 : 0 };
  return { title: `the design ${name}`, spec: { ...design, ...(coordinates && { coordinates }) } };
});
const all = [
  ...variants.map((spec) => ({
    title: `directions read by ${spec.coordinates!.memory}, along ${spec.direction}`,
    spec,
  })),
  ...designs,
];

describe.each(all)("$title", ({ spec }) => {
  const optimizer = createSteeredOptimizer(drawn(spec, 0.3), { layout, horizon: 30 });

  it("are the same as WebAssembly and as typed arrays, bit for bit", () => {
    const weights = drawn(spec, 0.3);
    const [simd, plain] = [true, false].map((simd) => {
      const learned = createSteeredModel(spec).bind(weights.weights);
      const rule = createFeedbackRule({ layout, horizon: 30, direction: "adam", ...learned, simd });
      return run(createOptimizer(rule, { learningRate: 1 }), same);
    });
    expect(simd).toEqual(plain);
  });

  it("turn with the gradients, bit for bit", () => {
    const turned = run(optimizer, (g) => g.map((x) => -x));
    run(optimizer, same).forEach((u, t) => {
      expect(turned[t].map((x) => -x)).toEqual(u);
    });
  });

  it("do not know how the loss is scaled", () => {
    expect(run(optimizer, (g) => g.map((x) => 2 ** 20 * x))).toEqual(run(optimizer, same));
    expect(run(optimizer, (g) => g.map((x) => 2 ** -20 * x))).toEqual(run(optimizer, same));
  });

  it("do not know how rows and columns of a matrix, or numbers of a vector, are ordered", () => {
    const turn = (x: Float32Array): Float32Array =>
      Float32Array.from(
        layout.entries.flatMap(({ offset, size }) => [...x.slice(offset, offset + size)].reverse()),
      );
    const straight = run(optimizer, same);
    run(optimizer, turn).forEach((u, t) => {
      // Sums in another order round otherwise.
      expect(largestGap(straight[t], turn(u))).toBeLessThan(1e-4);
    });
  });

  it("are those of feedback with the weights that they begin with", () => {
    const weights = initParameters(createSteeredModel(spec).layout, createRng(4));
    const fresh = createSteeredOptimizer({ name: "fresh", spec, weights }, { layout, horizon: 30 });
    const own = createFeedback({ layout, horizon: 30, direction: spec.direction });
    const usual = run(own, same);
    run(fresh, same).forEach((u, t) => {
      expect(largestGap(usual[t], u)).toBeLessThan(1e-5);
    });
    const other = run(optimizer, same);
    expect(largestGap(usual[29], other[29])).toBeGreaterThan(0.1);
  });

  test.each(["ort", "tfjs"] as const)("each step is that of the graph on %s", async (backend) => {
    const { hyper, hyperSize } = optimizer.graph!;
    const executor = await createUpdate(optimizer, n, backend);
    const params = start.slice();
    let state = optimizer.init(params);
    for (const [t, grads] of gradients.slice(0, 12).entries()) {
      await executor.writeState("nextParams", { data: params.slice(), shape: [n] });
      for (const [s, data] of state.slots.entries())
        await executor.writeState(`next_slot${s}`, { data: data.slice(), shape: [data.length] });
      await executor.run({
        grads: { data: grads, shape: [n] },
        hyper: { data: hyper(t), shape: [hyperSize] },
      });
      const step = optimizer.update(grads, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
      for (const [s, slot] of state.slots.entries()) {
        const { data } = await executor.readState(`next_slot${s}`);
        expect(largestGap(slot, data as Float32Array)).toBeLessThan(1e-4);
      }
    }
    await executor.dispose();
  });

  it("come back from their file", () => {
    const written = { ...drawn(spec, 1), training: { generations: 3 } };
    expect(readSteeredWeights(writeSteeredOptimizer(written))).toEqual(written);
  });
});

test("directions are the same as WebAssembly and as typed arrays where a tensor is longer than a chunk and odd, is zero in part, or all but zero", () => {
  const wide = layoutParameters([
    { name: "w", shape: [37, 41], init: "zeros" },
    { name: "b", shape: [3], init: "zeros" },
  ]);
  const spec = designs.find(({ title }) => title.endsWith("velo"))!.spec;
  const { weights } = drawn(spec, 0.3);
  const rng = createRng(3);
  const drawnGradients = Array.from({ length: 6 }, (_, t) =>
    Float32Array.from({ length: wide.total }, (_, i) =>
      i % 41 < t ? 0 : rng.gauss() * (t === 3 ? 1e-25 : 1),
    ),
  );
  const [simd, plain] = [true, false].map((simd) => {
    const learned = createSteeredModel(spec).bind(weights);
    const rule = createFeedbackRule({ layout: wide, horizon: 6, direction: "orthogonal", ...learned, simd });
    const optimizer = createOptimizer(rule, { learningRate: 1 });
    let state = optimizer.init(new Float32Array(wide.total));
    return drawnGradients.map((g) => {
      const step = optimizer.update(g, state, new Float32Array(wide.total));
      state = step.state;
      return step.updates;
    });
  });
  // Matrices are made orthogonal in float32 as WebAssembly, in float64 else.
  const gaps = simd.map((u, t) => Math.max(...u.map((x, i) => Math.abs(x - plain[t][i]))));
  expect(Math.max(...gaps)).toBeLessThan(1e-6);
  expect(simd.some((u) => u.some((x) => x !== 0))).toBe(true);
});

test("networks that a tensor blends are what one with the blended weights is", () => {
  // With the statistics' weights zero but for a bias, and the cell's read-out zero, the shares are the same in every step.
  const spec: SteeredSpec = STEERED_DESIGNS.velo;
  const { layout: named } = createSteeredModel(spec);
  const weights = new Float32Array(named.total);
  const part = (name: string): Float32Array => {
    const { offset, size } = named.entries.find((entry) => entry.name === name)!;
    return weights.subarray(offset, offset + size);
  };
  const rng = createRng(2);
  for (const name of ["in/bias", "blend", "direction/out"]) part(name).forEach((_, i, all) => { all[i] = 0.3 * rng.gauss(); }); // biome-ignore format: one line
  const shares = Array.from({ length: 4 }, (_, b) =>
    part("in/bias").reduce((sum, x, i) => sum + x * part("blend")[4 * i + b], 0),
  );
  const plain: SteeredSpec = { ...STEERED_SPEC, memory: "none", coordinates: { ...DIRECTION_SPEC, memory: "linear" } }; // biome-ignore format: one line
  const { layout: own } = createSteeredModel(plain);
  const blended = new Float32Array(own.total);
  const { offset, size } = own.entries.find(({ name }) => name === "direction/out")!;
  for (let i = 0; i < size; i++)
    blended[offset + i] = shares.reduce(
      (sum, share, b) => sum + share * part("direction/out")[(b + 1) * size + i],
      part("direction/out")[i],
    );
  const of = (s: SteeredSpec, w: Float32Array): Float32Array[] =>
    run(createSteeredOptimizer({ name: "test", spec: s, weights: w }, { layout, horizon: 30 }), same);
  const expected = of(plain, blended);
  of(spec, weights).forEach((u, t) => {
    expect(largestGap(expected[t], u)).toBeLessThan(1e-5);
  });
  expect(() => createSteeredModel({ ...spec, memory: "none" })).toThrow("coordinates.blends is given");
});

test("the memory of directions takes 15 floats per coordinate in all", () => {
  const spec: SteeredSpec = { ...STEERED_SPEC, memory: "none", coordinates: DIRECTION_SPEC };
  const many = { total: 4000, entries: [{ name: "w", shape: [100, 40], offset: 0, size: 4000 }] };
  const optimizer = createSteeredOptimizer(drawn(spec, 0.1), { layout: many });
  const floats = optimizer.init(new Float32Array(4000)).slots.reduce((sum, { length }) => sum + length, 0);
  expect(Math.floor(floats / 4000)).toBe(15);
});

test("tensor-wise designs remember as much of a large tensor as of a small one", () => {
  const memoryOf = (name: (typeof names)[number], side: number): number => {
    const square = layoutParameters([{ name: "w", shape: [side, side], init: { normal: 1 } }]);
    const optimizer = createSteeredOptimizer(drawn(STEERED_DESIGNS[name], 0.3), { layout: square });
    const { slots } = optimizer.init(new Float32Array(square.total));
    return slots.reduce((sum, { length }) => sum + length, 0) - 3 * square.total;
  };
  for (const name of ["tensor-wise", "velo"] as const) expect(memoryOf(name, 90)).toBe(memoryOf(name, 4));
  // Super remembers coordinates, too, 12 floats of each, of tensors of any size.
  expect(memoryOf("super", 90) - memoryOf("super", 4)).toBe(12 * (90 * 90 - 4 * 4));
});

test("features of a direction's memory come in pairs", () => {
  const spec = { ...STEERED_SPEC, coordinates: { ...DIRECTION_SPEC, features: 3 } };
  expect(() => createSteeredModel(spec)).toThrow("coordinates.features is 3, expected an even number");
});
