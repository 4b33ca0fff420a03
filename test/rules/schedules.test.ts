import { describe, expect, it, test } from "vitest";
import {
  constantSchedule,
  cosineSchedule,
  getSchedule,
  stepSchedule,
  warmupSchedule,
} from "../../src/rules/index.ts";

it("a constant stays", () => {
  expect([0, 1, 1e6].map(constantSchedule(0.3))).toEqual([0.3, 0.3, 0.3]);
});

it("warm-up climbs in equal parts and reaches the full rate at its last step", () => {
  const rate = warmupSchedule(constantSchedule(1), 4);
  expect([0, 1, 2, 3, 4, 5].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  expect(warmupSchedule(constantSchedule(1), 0)(0)).toBe(1);
});

it("a cosine starts at the rate, is halfway at half time, ends at the last and stays there", () => {
  const rate = cosineSchedule(1, 100, 0.1);
  expect(rate(0)).toBe(1);
  expect(rate(50)).toBeCloseTo(0.55, 12);
  expect(rate(100)).toBeCloseTo(0.1, 12);
  expect(rate(1000)).toBe(rate(100));
  for (let t = 0; t < 100; t++) expect(rate(t + 1)).toBeLessThan(rate(t));
});

it("a staircase falls by its factor", () => {
  const rate = stepSchedule(1, 10, 0.5);
  expect([0, 9, 10, 19, 20, 35].map(rate)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125]);
});

describe("getSchedule", () => {
  test("makes what it is asked for, warm-up included", () => {
    const options = { schedule: "cosine", learningRate: 2, steps: 50, last: 0.5, warmup: 10 };
    const rate = getSchedule(options);
    const same = warmupSchedule(cosineSchedule(2, 50, 0.5), 10);
    for (let t = 0; t < 60; t++) expect(rate(t)).toBe(same(t));
    expect(getSchedule({ learningRate: 3 })(7)).toBe(3);
    expect(getSchedule({ schedule: "step", learningRate: 1, every: 2 })(4)).toBeCloseTo(0.01, 12);
  });
  test.each([
    [
      { schedule: "cosin", learningRate: 1 },
      'schedule is "cosin", expected one of constant, cosine, step (did you',
    ],
    [{ schedule: "cosine", learningRate: 1 }, 'schedule "cosine" needs steps, an integer >= 1'],
    [{ schedule: "step", learningRate: 1 }, 'schedule "step" needs every'],
    [{ learningRate: -1 }, "learningRate is -1"],
    [{ learningRate: 1, warmup: 1.5 }, "warmup is 1.5, expected an integer >= 0"],
    [{ learningRate: 1, warmpu: 1 }, 'unknown option "warmpu"'],
  ])("refuses %j", (options, message) => {
    expect(() => getSchedule(options)).toThrow(message);
  });
});
