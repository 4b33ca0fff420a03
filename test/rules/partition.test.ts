import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { layoutParameters } from "../../src/graph/index.ts";
import { createLearnedOptimizer, LIGHT_SPEC } from "../../src/optim/index.ts";
import {
  applyUpdates,
  createHybrid,
  createPartition,
  getOptimizer,
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
  packState,
  unpackState,
} from "../../src/rules/index.ts";
import { untrained } from "../optim/learned-designs.ts";
import { createUpdate, largestGap, runBoth } from "./graph-run.ts";

const layout = layoutParameters([
  { name: "w0", shape: [4, 3], init: { normal: 1 } },
  { name: "b0", shape: [3], init: "zeros" },
  { name: "w1", shape: [3, 2], init: { normal: 1 } },
  { name: "b1", shape: [2], init: "zeros" },
]);
const N = layout.total;
const MATRICES = [...range(0, 12), ...range(15, 21)];
const BIASES = [...range(12, 15), ...range(21, 23)];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function start(): Float32Array {
  const rng = createRng(2);
  return Float32Array.from({ length: N }, () => rng.gauss());
}

function gradientAt(params: Float32Array, t: number): Float32Array {
  const grads = params.map((p, i) => (1 + (i % 5)) * p + Math.sin(3 * p + i));
  if (t === 17) grads[13] = Number.NaN;
  if (t === 23) grads[1] = -Infinity;
  return grads;
}

function run(optimizer: Optimizer, steps: number, pick?: number[]) {
  const full = start();
  const params = pick ? Float32Array.from(pick, (i) => full[i]) : full;
  let state = optimizer.init(params);
  for (let t = 0; t < steps; t++) {
    // Coupled to nothing but itself: a part sees the same gradients alone.
    const all = new Float32Array(N);
    const places = pick ?? range(0, N);
    places.forEach((place, i) => {
      all[place] = params[i];
    });
    const grads = gradientAt(all, t);
    if (grads.some((g) => !Number.isFinite(g))) grads.fill(Number.NaN);
    const step = optimizer.update(
      Float32Array.from(places, (place) => grads[place]),
      state,
      params,
    );
    applyUpdates(params, step.updates);
    state = step.state;
  }
  return { params, state };
}

const matrices = createLearnedOptimizer(untrained(LIGHT_SPEC));
const rest = getOptimizer("adam", { learningRate: 0.05 });
const hybrid = createHybrid({ layout, matrices, rest });

describe("a hybrid", () => {
  it("moves matrices and all else as the two optimizers alone would, bit for bit", () => {
    const whole = run(hybrid, 50);
    const [a, b] = [run(matrices, 50, MATRICES), run(rest, 50, BIASES)];
    expect(MATRICES.map((i) => whole.params[i])).toEqual([...a.params]);
    expect(BIASES.map((i) => whole.params[i])).toEqual([...b.params]);
    expect(whole.state).toEqual({ step: 48, skipped: 2, slots: [...a.state.slots, ...b.state.slots] });
  });

  it("skips the whole step where one part has a bad gradient, and touches nothing", () => {
    const { params, state } = run(hybrid, 5);
    for (const [at, bad] of [
      [0, Number.NaN],
      [13, Infinity],
    ]) {
      const grads = new Float32Array(N).fill(0.3);
      grads[at] = bad;
      const step = hybrid.update(grads, state, params);
      expect([...step.updates]).toEqual([...new Float32Array(N)]);
      expect(step.state).toEqual({ ...state, skipped: 1 });
    }
  });

  it("is the same with spare arrays, bad steps included, and allocates no slots", () => {
    const params = start();
    let state = hybrid.init(params);
    let last: OptimizerStep = { updates: new Float32Array(N), state };
    let spare: OptimizerStep | undefined;
    const seen = new Set<Float32Array>();
    for (let t = 0; t < 30; t++) {
      const step = hybrid.update(gradientAt(params, t), state, params, spare);
      applyUpdates(params, step.updates);
      for (const slot of step.state.slots) seen.add(slot);
      spare = last;
      last = step;
      state = step.state;
    }
    const plain = start();
    let at = hybrid.init(plain);
    for (let t = 0; t < 30; t++) {
      const step = hybrid.update(gradientAt(plain, t), at, plain);
      applyUpdates(plain, step.updates);
      at = step.state;
    }
    expect(params).toEqual(plain);
    expect(state).toEqual(at);
    expect(state).toMatchObject({ step: 28, skipped: 2 });
    expect(seen.size).toBe(2 * state.slots.length);
  });

  it("resumed from bytes goes on bit for bit", () => {
    let { params, state }: { params: Float32Array; state: OptimizerState } = run(hybrid, 9);
    ({ params, state } = unpackState<{ params: Float32Array; state: OptimizerState }>(
      packState({ params, state }),
    ));
    for (let t = 9; t < 30; t++) {
      const grads = gradientAt(params, t);
      const step = hybrid.update(grads, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
    }
    expect({ params, state }).toEqual(run(hybrid, 30));
  });

  test.each(["ort", "tfjs"] as const)("equals its graph on %s, bad steps included", async (backend) => {
    const executor = await createUpdate(hybrid, N, backend);
    const { arrays, tensors, skipped } = await runBoth(hybrid, executor, start(), gradientAt, 50);
    expect(skipped).toEqual([2, 2]);
    // float32 against float64 on the way, 48 steps.
    arrays.forEach((a, i) => {
      expect(largestGap(a, tensors[i])).toBeLessThan(1e-4);
    });
  });

  it("leaves matrices of more than `largest` elements to the other optimizer", () => {
    const params = start();
    const sizes = (largest: number): number[] =>
      createHybrid({ layout, matrices, rest, largest })
        .init(params)
        .slots.map((slot) => slot.length);
    const perCoordinate = matrices.init(new Float32Array(1)).slots.map((slot) => slot.length);
    expect(sizes(12)).toEqual([...perCoordinate.map((size) => 18 * size), 5, 5]);
    expect(sizes(11)).toEqual([...perCoordinate.map((size) => 6 * size), 17, 17]);
    expect(sizes(0)).toEqual([N, N]);
    expect(() => createHybrid({ layout, matrices, rest, largest: -1 })).toThrow("largest is -1");
  });

  it("of a layout without matrices is the other optimizer, also as a graph", async () => {
    const biases = layoutParameters([{ name: "b", shape: [3], init: "zeros" }]);
    const alone = createHybrid({ layout: biases, matrices, rest });
    const params = Float32Array.of(1, -2, 3);
    const grads = Float32Array.of(0.1, 0.2, -0.3);
    expect(alone.update(grads, alone.init(params), params)).toEqual(
      rest.update(grads, rest.init(params), params),
    );
    const executor = await createUpdate(alone, 3, "ort");
    const { arrays, tensors } = await runBoth(alone, executor, params, (p) => p.slice(), 3);
    expect(largestGap(arrays[0], tensors[0])).toBeLessThan(1e-6);
  });
});

describe("a partition", () => {
  const sgd = getOptimizer("sgd", { learningRate: 1 });
  const still = getOptimizer("sgd", { learningRate: 0 });
  const half = getOptimizer("sgd", { learningRate: 0.5 });
  const moved = (optimizer: Optimizer, n: number): number[] => {
    const params = new Float32Array(n);
    return [...optimizer.update(new Float32Array(n).fill(-1), optimizer.init(params), params).updates];
  };

  it("takes ranges in any order, and the rest of a layout", () => {
    const ranges = [
      { offset: 4, size: 1 },
      { offset: 0, size: 2 },
      { offset: 5, size: 0 },
    ];
    const by = createPartition({
      parts: [
        { ranges, optimizer: sgd },
        { ranges: [{ offset: 2, size: 2 }], optimizer: half },
      ],
    });
    expect(moved(by, 5)).toEqual([1, 1, 0.5, 0.5, 1]);
    const entries = [
      { name: "a", shape: [2], offset: 0, size: 2 },
      { name: "b", shape: [4], offset: 2, size: 4 },
    ];
    const withRest = createPartition({
      layout: { total: 6, entries },
      parts: [{ optimizer: still }, { ranges: [{ offset: 1, size: 2 }], optimizer: sgd }],
    });
    expect(moved(withRest, 6)).toEqual([0, 1, 1, 0, 0, 0]);
    expect(withRest.name).toBe("sgd");
  });

  it("gives a tensor to the first part that selects it", () => {
    const by = createPartition({
      layout,
      parts: [
        { select: ({ name }) => name === "b0", optimizer: half },
        { select: ({ name }) => name.startsWith("b"), optimizer: sgd },
        { optimizer: still },
      ],
    });
    expect(moved(by, N).flatMap((u, i) => (u === 0 ? [] : [[i, u]]))).toEqual([
      [12, 0.5],
      [13, 0.5],
      [14, 0.5],
      [21, 1],
      [22, 1],
    ]);
  });

  it("has no graph where a part has none", () => {
    const { graph: _, ...typed } = sgd;
    const ranges = [{ offset: 0, size: 2 }];
    expect(createPartition({ parts: [{ ranges, optimizer: typed }] }).graph).toBeUndefined();
  });

  const at = (offset: number, size: number, optimizer = sgd) => ({ ranges: [{ offset, size }], optimizer });
  test.each<[string, () => unknown, string]>([
    [
      "an element in two parts",
      () => createPartition({ parts: [at(0, 3), at(2, 3)] }),
      "element 2 is in parts[0] and in parts[1]",
    ],
    [
      "elements in no part",
      () => createPartition({ parts: [at(0, 3), at(5, 3)] }),
      "elements 3..4 are in no part",
    ],
    [
      "elements beyond the layout",
      () => createPartition({ layout, parts: [at(0, N + 1)] }),
      `parts[0] ends at ${N + 1}, expected at most ${N}`,
    ],
    ["a part of fractions", () => createPartition({ parts: [at(0.5, 1)] }), "expected integers >= 0"],
    ["the rest of nothing known", () => createPartition({ parts: [{ optimizer: sgd }] }), "or a layout"],
    [
      "two rests",
      () => createPartition({ layout, parts: [{ optimizer: sgd }, { optimizer: half }] }),
      "parts 0 and 1 both take the rest",
    ],
    [
      "ranges and select in one",
      () => createPartition({ layout, parts: [{ ...at(0, N), select: () => true }] }),
      "has ranges and select",
    ],
    [
      "a vector of another length",
      () => createPartition({ parts: [at(0, 3)] }).init(new Float32Array(4)),
      "params has length 4, expected elements of the parts = 3",
    ],
    [
      "a state of another optimizer",
      () => hybrid.update(new Float32Array(N), rest.init(new Float32Array(N)), new Float32Array(N)),
      "state.slots has length 2",
    ],
    [
      "a spare that is in use",
      () => {
        const params = start();
        const state = hybrid.init(params);
        return hybrid.update(new Float32Array(N), state, params, { updates: new Float32Array(N), state });
      },
      "spare shares an array",
    ],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
