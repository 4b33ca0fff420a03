import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { augmentedTerm, type Term } from "../../src/ilqr/augmented-ocp.ts";

const evaluate = (c: number, lambda: number, rho: number, linear: number, quadratic: number): Term => {
  const out = { value: 0, y: 0, curvature: 0 };
  augmentedTerm(c, lambda, rho, linear, quadratic, false, out);
  return out;
};

/** min over s >= 0 of the definition, by ternary search: the objective is convex in s. */
function bySearch(c: number, lambda: number, rho: number, linear: number, quadratic: number): number {
  const f = (s: number): number => {
    const y = Math.max(0, lambda - rho * (c + s));
    return linear * s + 0.5 * quadratic * s * s + (y * y - lambda * lambda) / (2 * rho);
  };
  let [a, b] = [0, 100];
  for (let i = 0; i < 200; i++) {
    const [p, q] = [a + (b - a) / 3, b - (b - a) / 3];
    if (f(p) <= f(q)) b = q;
    else a = p;
  }
  return f(a);
}

describe("augmentedTerm", () => {
  it("is the minimum over the slack, with its first and second derivative, in all three regimes", () => {
    const rng = createRng(3);
    const regimes = [0, 0, 0];
    for (let trial = 0; trial < 500; trial++) {
      const c = 2 * rng.gauss();
      const [lambda, rho, linear, quadratic] = [0, 0, 0, 0].map(() => 3 * rng.uniform() + 0.05);
      const t = evaluate(c, lambda, rho, linear, quadratic);
      expect(t.value).toBeCloseTo(bySearch(c, lambda, rho, linear, quadratic), 8);
      const h = 1e-5;
      const [low, high] = [c - h, c + h].map((z) => evaluate(z, lambda, rho, linear, quadratic));
      expect(t.y).toBeCloseTo(-(high.value - low.value) / (2 * h), 4);
      // A kink of y within h would show in this difference.
      const kink = [lambda / rho, (lambda - linear) / rho].some((z) => Math.abs(z - c) < 2 * h);
      if (!kink) expect(t.curvature).toBeCloseTo(-(high.y - low.y) / (2 * h), 4);
      regimes[t.y === 0 ? 0 : t.y <= linear ? 1 : 2]++;
    }
    expect(Math.min(...regimes)).toBeGreaterThan(30);
  });

  it("of a hard constraint has no cap on its multiplier", () => {
    const t = evaluate(-1e6, 1, 10, Number.POSITIVE_INFINITY, 0);
    expect(t).toEqual({ value: ((1 + 1e7) ** 2 - 1) / 20, y: 1 + 1e7, curvature: 10 });
  });

  it("of an infinite bound is nothing", () => {
    const t = evaluate(Number.POSITIVE_INFINITY, 0, 10, Number.POSITIVE_INFINITY, 0);
    expect([t.value + 0, t.y, t.curvature]).toEqual([0, 0, 0]);
  });

  it("of an equality has its curvature where it is met without a multiplier, too", () => {
    const out = { value: 0, y: 0, curvature: 0 };
    for (const c of [-1e-9, 0, 1e-9]) {
      augmentedTerm(c, 0, 3, Number.POSITIVE_INFINITY, 0, true, out);
      expect(out.curvature).toBe(3);
      expect(out.y).toBeCloseTo(-3 * c, 12);
    }
  });
});
