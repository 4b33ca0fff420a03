import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createKernel, hasSimd } from "../../src/wasm/simd-support.ts";
import {
  type Emitter,
  EXP_UNDERFLOW,
  exp,
  logistic,
  maxLanes,
  sumLanes,
  tanh,
} from "../../src/wasm/vector-math.ts";
import { type Code, createLocals, repeat, v128 } from "../../src/wasm/wasm-code.ts";
import { createMemoryPlan } from "../../src/wasm/wasm-memory.ts";

const COUNT = 4096;

/** A function on float32 numbers, four at a time, COUNT of them in a run. */
function vectorized(f: (emitter: Emitter, x: Code) => Code): (xs: Float32Array) => Float32Array {
  const locals = createLocals(0);
  const memory = createMemoryPlan();
  const values = memory.reserve(COUNT);
  const body = repeat(locals, COUNT / 4, [{ from: values, stride: 16 }], ([at]) =>
    v128.store(at, f({ locals, memory }, v128.load(at))),
  );
  const kernel = createKernel({
    params: [],
    result: undefined,
    locals: locals.types,
    body,
    pages: memory.pages(),
  })!;
  memory.fill(new Float32Array(kernel.memory));
  const view = new Float32Array(kernel.memory, values.offset, COUNT);
  return (xs) => {
    const out = new Float32Array(xs.length);
    for (let at = 0; at < xs.length; at += COUNT) {
      const part = xs.subarray(at, at + COUNT);
      view.set(part);
      kernel.run();
      out.set(view.subarray(0, part.length), at);
    }
    return out;
  };
}

/** Even steps from one number to another. */
function grid(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Largest error of some results relative to Math's, taken at the same float32 arguments. */
function relativeError(xs: Float32Array, ys: Float32Array, f: (x: number) => number): number {
  return xs.reduce(
    (most, x, i) => Math.max(most, f(x) === 0 ? Math.abs(ys[i]) : Math.abs(ys[i] / f(x) - 1)),
    0,
  );
}

test("this Node.js has vectors", () => expect(hasSimd()).toBe(true));

describe("exp in four lanes", () => {
  const run = vectorized(exp);

  it("is within 2e-7 of Math.exp wherever the result is a normal float32", () => {
    for (const xs of [grid(EXP_UNDERFLOW, 0, 1 << 18), grid(-1, 0, 1 << 16), grid(-1e-6, 0, 1 << 12)])
      expect(relativeError(xs, run(xs), Math.exp)).toBeLessThan(2e-7);
  });

  it("is as good at the halves of ln 2, where the range is split, and next to them", () => {
    const xs = Float32Array.from({ length: 756 }, (_, i) => {
      const edge = Math.fround(-Math.LN2 * (Math.floor(i / 6) + 0.5));
      return edge * (1 + ((i % 6) - 3) * 2 ** -23);
    }).filter((x) => x > EXP_UNDERFLOW);
    expect(relativeError(xs, run(xs), Math.exp)).toBeLessThan(2e-7);
  });

  it("is exactly 1 at both zeros and never above 1", () => {
    expect([...run(Float32Array.of(0, -0))]).toEqual([1, 1]);
    expect(Math.max(...run(grid(-1e-3, 0, COUNT)))).toBe(1);
  });

  it("is zero where the result would be below float32's normal numbers, however far", () => {
    const xs = Float32Array.of(EXP_UNDERFLOW - 1e-4, -88, -100, -1000, -1e10, -1e30, -3.4e38, -Infinity);
    expect([...run(xs)]).toEqual(new Array(xs.length).fill(0));
  });

  it("is NaN for NaN of any bits, in that lane alone", () => {
    const bits = new Uint32Array([0x7fc00000, 0xffc00000, 0x7fc00001, 0x7fffffff, 0xffffffff, 0x7f800001]);
    for (const nan of bits) {
      const xs = new Uint32Array(4);
      xs[2] = nan;
      const ys = run(new Float32Array(xs.buffer));
      expect([...ys]).toEqual([1, 1, Number.NaN, 1]);
    }
  });
});

describe("functions made of it", () => {
  it.each([
    ["logistic", logistic, (x: number) => 1 / (1 + Math.exp(-x)), [-80, -20, -1, -1e-3, 0, 1e-3, 1, 20, 80]],
    ["tanh", tanh, Math.tanh, [-80, -9, -0.626, -0.624, -1e-3, -1e-30, 0, 1e-30, 1e-3, 0.624, 0.626, 9, 80]],
  ] as const)("%s is within 4e-7 of Math's, relative", (_, emit, f, edges) => {
    const run = vectorized(emit);
    for (const xs of [grid(-80, 80, 1 << 16), grid(-2, 2, 1 << 16), Float32Array.from(edges)])
      expect(relativeError(xs, run(xs), f)).toBeLessThan(4e-7);
    expect([...run(Float32Array.of(Infinity, -Infinity, Number.NaN))]).toEqual([
      1,
      emit === tanh ? -1 : 0,
      Number.NaN,
    ]);
  });

  it("sum and maximum over lanes are in all of them", () => {
    const rng = createRng(3);
    const xs = Float32Array.from({ length: 4 }, () => rng.gauss());
    const largest = Math.max(...xs);
    const sums = vectorized(sumLanes)(xs);
    expect([...vectorized(maxLanes)(xs)]).toEqual([largest, largest, largest, largest]);
    expect(new Set(sums).size).toBe(1);
    expect(sums[0]).toBeCloseTo(xs[0] + xs[1] + xs[2] + xs[3], 6);
  });
});
