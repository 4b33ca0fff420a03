import { describe, expect, it, test } from "vitest";
import { createEma } from "../../src/rules/index.ts";

it("without warm-up the average is the closed form of its weights", () => {
  const ema = createEma({ decay: 0.8, warmup: false });
  let state = ema.init(Float32Array.of(5));
  const seen = [1, -2, 4, 0.5];
  for (const p of seen) state = ema.update(Float32Array.of(p), state);
  const expected = seen.reduce((sum, p, i) => sum + 0.2 * 0.8 ** (3 - i) * p, 5 * 0.8 ** 4);
  expect(state.average[0]).toBeCloseTo(expected, 6);
  expect(state).toMatchObject({ step: 4, skipped: 0 });
});

it("with warm-up the share that stays grows as (1 + t) / (10 + t) up to the decay", () => {
  const ema = createEma({ decay: 0.5, warmup: true });
  let state = ema.init(Float32Array.of(0));
  let expected = 0;
  for (let t = 0; t < 30; t++) {
    const decay = Math.min(0.5, (1 + t) / (10 + t));
    expected = decay * expected + (1 - decay) * t;
    state = ema.update(Float32Array.of(t), state);
    // Each step rounds to float32 at a size of up to 30.
    expect(Math.abs(state.average[0] - expected)).toBeLessThan(1e-5);
  }
});

it("constant parameters are their own average, exactly", () => {
  const ema = createEma();
  const params = Float32Array.of(0.1, -3e20, 7);
  let state = ema.init(params);
  for (let t = 0; t < 100; t++) state = ema.update(params, state);
  expect([...state.average]).toEqual([...params]);
});

it("the average is apart from the parameters, and the old state stays as it was", () => {
  const ema = createEma();
  const params = Float32Array.of(1);
  const first = ema.init(params);
  params[0] = 2;
  const second = ema.update(params, first);
  expect(first.average[0]).toBe(1);
  expect(ema.update(params, second, first).average).toBe(first.average);
});

it.each([Number.NaN, Infinity])("parameters with %f are left out and counted", (bad) => {
  const ema = createEma();
  const state = ema.update(Float32Array.of(1, bad), ema.init(Float32Array.of(3, 4)));
  expect(state).toEqual({ step: 0, skipped: 1, average: Float32Array.of(3, 4) });
});

describe("an illegal option is refused", () => {
  test("decay of one", () =>
    expect(() => createEma({ decay: 1 })).toThrow("decay is 1, expected 0 <= decay < 1"));
  test("a typo", () => expect(() => createEma({ deacy: 0.9 } as never)).toThrow('did you mean "decay"'));
  test("another length", () => {
    const ema = createEma();
    expect(() => ema.update(new Float32Array(2), ema.init(new Float32Array(3)))).toThrow(
      "params has length 2",
    );
  });
});
