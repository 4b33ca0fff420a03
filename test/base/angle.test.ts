import { expect, it } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";

it("wrapAngle keeps angles within half a turn as they are", () => {
  for (const a of [0, 1, -1, 3.1, -3.1]) expect(wrapAngle(a)).toBe(a);
});

it("wrapAngle differs from its argument by whole turns and lies in [-pi, pi]", () => {
  const rng = createRng(1);
  for (let i = 0; i < 1000; i++) {
    const a = 100 * rng.gauss();
    const w = wrapAngle(a);
    expect(Math.abs(w)).toBeLessThanOrEqual(Math.PI);
    // Rounding of a and of the turns taken off it.
    expect(Math.abs(Math.sin(w) - Math.sin(a))).toBeLessThan(1e-12);
    expect(Math.abs(Math.cos(w) - Math.cos(a))).toBeLessThan(1e-12);
  }
});

it("wrapAngle maps whole turns to zero and half turns to half a turn", () => {
  for (const n of [-3, -1, 1, 2, 50]) {
    expect(wrapAngle(2 * Math.PI * n)).toBeCloseTo(0, 12);
    expect(Math.abs(wrapAngle((2 * n + 1) * Math.PI))).toBeCloseTo(Math.PI, 12);
  }
});

it("wrapAngle passes on what is not finite as NaN", () => {
  for (const a of [Number.NaN, Infinity, -Infinity]) expect(wrapAngle(a)).toBeNaN();
});
