import { describe, expect, it, test, vi } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createLearnedModel,
  createLearnedOptimizer,
  type LearnedModel,
  type LearnedSpec,
  type LearnedStep,
  LIGHT_SPEC,
  LSTM_SPEC,
  MNEMOSYNE_SPEC,
} from "../../src/optim/index.ts";
import { createStepKernel, hasStepKernel } from "../../src/optim/learned/simd/step-kernel.ts";
import { DESIGNS, untrained } from "./learned-designs.ts";

const { memory } = MNEMOSYNE_SPEC;

/** Designs with a kernel: those that are tested elsewhere, and sizes that leave vectors partly empty. */
const COVERED: Readonly<Record<string, LearnedSpec>> = {
  ...Object.fromEntries(Object.entries(DESIGNS).filter(([, spec]) => hasStepKernel(spec))),
  "both kinds of inputs, feed-forward": { ...MNEMOSYNE_SPEC, inputs: "moments", feedForward: 12 },
  "feed-forward of 7": { ...LIGHT_SPEC, feedForward: 7 },
  "width 4, two features": { ...LIGHT_SPEC, width: 4, memory: { ...memory, features: 2 } },
  "width 20, 10 features": { ...LIGHT_SPEC, width: 20, memory: { ...memory, features: 10 } },
  "width 64, 50 features": { ...LIGHT_SPEC, width: 64, memory: { ...memory, features: 50 } },
  "favor+ of one": { ...LIGHT_SPEC, memory: { ...memory, kind: "favor+", features: 1 } },
  "favor++ at rho 0.3, 13 features": {
    ...MNEMOSYNE_SPEC,
    memory: { ...memory, kind: "favor++", rho: 0.3, features: 13 },
  },
  "one slice, chosen by data": { ...LIGHT_SPEC, memory: { ...memory, kind: "hf++", slices: 1 } },
  "lstm of 4 with moments, three cells": { ...LSTM_SPEC, width: 4, cells: 3, inputs: "moments" },
};

/** Runs a step over given gradients, two states taking turns; updates of each, and the last state. */
function run(model: LearnedModel, step: LearnedStep, rows: readonly Float32Array[]) {
  const n = rows[0].length;
  const empty = (): Float32Array[] =>
    model.sizes.map((size, i) => new Float32Array(n * size).fill(model.fills[i]));
  let [from, to] = [empty(), empty()];
  const sound: boolean[] = [];
  const updates = rows.map((grads, t) => {
    const out = new Float32Array(n).fill(Number.NaN);
    sound.push(step(grads, from, to, model.hyper(t), out));
    [from, to] = [to, from];
    return out;
  });
  return { updates, state: from, sound };
}

/** Gradients of all sizes from 1e-8 to 10, zeros among them. */
function gradients(n: number, steps: number): Float32Array[] {
  const rng = createRng(n + steps);
  return Array.from({ length: steps }, (_, t) =>
    Float32Array.from({ length: n }, (_, i) =>
      (i + t) % 11 === 0 ? 0 : 10 ** (1 - 9 * rng.uniform()) * rng.gauss(),
    ),
  );
}

function bindBoth(spec: LearnedSpec) {
  const model = createLearnedModel(spec);
  const { weights } = untrained(spec);
  return { model, fast: model.bind(weights), plain: model.bind(weights, { simd: false }) };
}

function largest(a: readonly Float32Array[]): number {
  return a.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
}

/** Largest difference, over the largest magnitude of a. */
function gap(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return largest(a.map((row, r) => row.map((x, i) => x - b[r][i]))) / largest(a);
}

describe.each(Object.entries(COVERED))("the kernel of %s", (_, spec) => {
  const { model, fast, plain } = bindBoth(spec);

  it("equals the plain step over 100 steps", () => {
    const rows = gradients(13, 100);
    const [a, b] = [run(model, plain, rows), run(model, fast, rows)];
    // Sums of some hundred products in float32 (6e-8 each) against float64; logs of features of size 10.
    expect(gap(a.updates, b.updates)).toBeLessThan(1e-5);
    a.state.forEach((slot, i) => {
      for (let j = 0; j < slot.length; j++)
        expect(Math.abs(slot[j] - b.state[i][j]) / Math.max(1, Math.abs(slot[j]))).toBeLessThan(1e-4);
    });
  });

  it("equals it for 1, 3, 4 and 5 coordinates, each as among many others", () => {
    const many = gradients(5, 8);
    const all = run(model, fast, many);
    for (const n of [1, 3, 4]) {
      const few = run(
        model,
        fast,
        many.map((row) => row.slice(0, n)),
      );
      few.updates.forEach((row, t) => {
        expect([...row]).toEqual([...all.updates[t].slice(0, n)]);
      });
      few.state.forEach((slot, i) => {
        expect(slot).toEqual(all.state[i].slice(0, slot.length));
      });
    }
  });

  it("leaves the state before as it was", () => {
    const [grads] = gradients(6, 1);
    const rng = createRng(5);
    const from = model.sizes.map((size) => Float32Array.from({ length: 6 * size }, () => rng.uniform()));
    const before = from.map((slot) => slot.slice());
    fast(
      grads,
      from,
      model.sizes.map((size) => new Float32Array(6 * size)),
      model.hyper(3),
      new Float32Array(6),
    );
    expect(from).toEqual(before);
  });

  it.each([0, 1e-30, 1e30, 3.4e38])("equals the plain step through gradients of %f, all finite", (size) => {
    const rows = Array.from({ length: 20 }, () => Float32Array.of(size, -size, size, 1e-3, -size));
    const [a, b] = [run(model, plain, rows), run(model, fast, rows)];
    expect(b.state.every((slot) => slot.every(Number.isFinite))).toBe(true);
    expect(gap(a.updates, b.updates)).toBeLessThan(1e-4);
  });

  it("says that a state with an infinity or a NaN anywhere is not finite", () => {
    const n = 7;
    const [grads] = gradients(n, 1);
    const { state } = run(model, fast, gradients(n, 2));
    const to = model.sizes.map((size) => new Float32Array(n * size));
    const sound = (from: Float32Array[]): boolean =>
      fast(grads, from, to, model.hyper(2), new Float32Array(n));
    expect(sound(state)).toBe(true);
    state.forEach((slot, i) => {
      for (const bad of [Infinity, Number.NaN])
        for (const at of [0, slot.length >> 1, slot.length - 1]) {
          const from = state.map((array) => array.slice());
          from[i][at] = bad;
          // The gates of an LSTM forget an infinite h: what is written is finite again, and said to be.
          const remains = (): boolean => to.some((array) => !array.every(Number.isFinite));
          expect(sound(from)).toBe(!remains());
        }
    });
  });

  it("gives NaN for NaN, and in that coordinate alone", () => {
    const good = gradients(9, 3);
    const bad = good.map((row) => row.slice());
    bad[1][4] = Number.NaN;
    const [a, b] = [run(model, fast, good), run(model, fast, bad)];
    expect(a.sound).toEqual([true, true, true]);
    expect(b.sound).toEqual([true, false, false]);
    for (let j = 0; j < 9; j++) expect(b.updates[2][j]).toBe(j === 4 ? Number.NaN : a.updates[2][j]);
  });
});

describe.each(["mnemosyne", "lstm", "moments as inputs"])("chunks of %s", (name) => {
  const spec = DESIGNS[name];
  const { model, fast, plain } = bindBoth(spec);
  const named = Object.fromEntries(
    model.layout.entries.map((e) => [e.name, untrained(spec).weights.slice(e.offset, e.offset + e.size)]),
  );
  const sizes = model.sizes.slice(spec.inputs === "log" ? 0 : 3);
  const { capacity } = createStepKernel(spec, named, sizes, 10)!;

  it.each([
    ["one less than a chunk", -1],
    ["a chunk", 0],
    ["one more than a chunk", 1],
    ["two chunks and 3", capacity + 3],
  ])("do not show: %s", (_, more) => {
    const rows = gradients(capacity + more, 3);
    const [a, b] = [run(model, plain, rows), run(model, fast, rows)];
    expect(gap(a.updates, b.updates)).toBeLessThan(1e-5);
    expect(gap(a.state.slice(0, 2), b.state.slice(0, 2))).toBeLessThan(1e-4);
  });

  it("give the same bits every time, from a kernel of their own or a used one", () => {
    const rows = gradients(capacity + 7, 4);
    const first = run(model, fast, rows);
    expect(run(model, fast, rows)).toEqual(first);
    expect(run(model, model.bind(untrained(spec).weights), rows)).toEqual(first);
  });
});

test("no coordinates are no work", () => {
  const { model, fast } = bindBoth(LIGHT_SPEC);
  expect(run(model, fast, [new Float32Array(0)]).updates[0]).toHaveLength(0);
});

describe("the plain step is taken", () => {
  const hasKernel = (spec: LearnedSpec): boolean => hasStepKernel(spec);

  it.each([
    ["a thickened state", { ...LIGHT_SPEC, memory: { ...memory, kind: "favor++", slices: 4 } }],
    ["a cache", { ...LIGHT_SPEC, memory: { ...memory, kind: "cache" } }],
    ["a width of 6", { ...LIGHT_SPEC, width: 6 }],
    ["an lstm of 10", { ...LSTM_SPEC, width: 10 }],
  ] as [string, LearnedSpec][])("for %s", (_, spec) => {
    expect(hasKernel(spec)).toBe(false);
    const { model, fast, plain } = bindBoth(spec);
    const rows = gradients(5, 3);
    expect(run(model, fast, rows)).toEqual(run(model, plain, rows));
  });

  it.each([
    ["there is no WebAssembly", undefined],
    ["it has no vectors", { validate: (): boolean => false }],
    [
      "there is no memory for it",
      {
        validate: (): boolean => true,
        Module: class {},
        Instance: class {
          constructor() {
            throw new RangeError("out of memory");
          }
        },
      },
    ],
  ])("where %s", (_, host) => {
    const { model, plain } = bindBoth(LIGHT_SPEC);
    vi.stubGlobal("WebAssembly", host);
    const step = model.bind(untrained(LIGHT_SPEC).weights);
    vi.unstubAllGlobals();
    const rows = gradients(5, 3);
    expect(run(model, step, rows)).toEqual(run(model, plain, rows));
  });
});

test.each([Number.NaN, Infinity, -Infinity])("an optimizer skips a gradient with one %f", (bad) => {
  for (const spec of [MNEMOSYNE_SPEC, LIGHT_SPEC, LSTM_SPEC]) {
    const optimizer = createLearnedOptimizer(untrained(spec));
    const params = Float32Array.of(1, -2, 3);
    const { state } = optimizer.update(Float32Array.of(1, 2, 3), optimizer.init(params), params);
    const step = optimizer.update(Float32Array.of(1, bad, 3), state, params);
    expect([...step.updates]).toEqual([0, 0, 0]);
    expect(step.state).toEqual({ ...state, skipped: 1 });
  }
});
