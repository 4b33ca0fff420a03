import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createBoxQpScratch, solveBoxQp } from "../../src/ilqr/index.ts";
import { gaussian, maxDifference, positiveDefinite, solveDense } from "./dense.ts";

type Vec = Float64Array;

/** The minimiser by trying each of the 3^n sets of lower-bounded, upper-bounded and free variables. */
function bruteForce(H: Vec, g: Vec, lower: Vec, upper: Vec): Vec {
  const n = g.length;
  for (let code = 0; code < 3 ** n; code++) {
    const state = Array.from({ length: n }, (_, i) => Math.floor(code / 3 ** i) % 3);
    const d = Float64Array.from(state, (s, i) => (s === 0 ? lower[i] : s === 1 ? upper[i] : 0));
    if (!d.every(Number.isFinite)) continue;
    const free = state.flatMap((s, i) => (s === 2 ? [i] : []));
    const rhs = free.map((i) => -g[i] - d.reduce((sum, v, j) => sum + H[i * n + j] * v, 0));
    const block = free.flatMap((i) => free.map((j) => H[i * n + j]));
    const solution = solveDense(block, rhs);
    free.forEach((i, a) => {
      d[i] = solution[a];
    });
    const optimal = state.every((s, i) => {
      const slope = g[i] + d.reduce((sum, v, j) => sum + H[i * n + j] * v, 0);
      if (s === 0) return slope >= 0;
      if (s === 1) return slope <= 0;
      return d[i] >= lower[i] && d[i] <= upper[i];
    });
    if (optimal) return d;
  }
  throw new Error("no active set is optimal");
}

describe("solveBoxQp", () => {
  it("equals the enumeration of active sets on 2000 random problems", () => {
    const rng = createRng(1);
    let worst = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const n = 1 + rng.int(4);
      const H = positiveDefinite(rng, n, 1e-2);
      const g = gaussian(rng, n, 1).map((v) => 3 * v);
      const lower = Float64Array.from({ length: n }, () =>
        rng.uniform() < 0.2 ? -Infinity : -rng.uniform(),
      );
      const upper = Float64Array.from({ length: n }, () => (rng.uniform() < 0.2 ? Infinity : rng.uniform()));
      const d = gaussian(rng, n, 1);
      expect(solveBoxQp(H, g, lower, upper, d, createBoxQpScratch(n))).toBe("solved");
      const expected = bruteForce(H, g, lower, upper);
      const scale = 1 + expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      worst = Math.max(worst, maxDifference(d, expected) / scale);
      expect(d.every((v, i) => v >= lower[i] && v <= upper[i])).toBe(true);
    }
    // Condition numbers up to about 1e4.
    expect(worst).toBeLessThan(1e-10);
  });

  it("satisfies the optimality conditions on badly scaled problems of ten variables", () => {
    const rng = createRng(2);
    const n = 10;
    for (let trial = 0; trial < 100; trial++) {
      const size = Array.from({ length: n }, () => 10 ** (6 * rng.uniform() - 3));
      const H = positiveDefinite(rng, n, 0.1).map((v, i) => v * size[Math.floor(i / n)] * size[i % n]);
      const g = gaussian(rng, n, 1).map((v, i) => v * size[i]);
      const lower = Float64Array.from({ length: n }, (_, i) => (-0.3 * rng.uniform()) / size[i]);
      const upper = Float64Array.from({ length: n }, (_, i) => (0.3 * rng.uniform()) / size[i]);
      const d = new Float64Array(n);
      expect(solveBoxQp(H, g, lower, upper, d, createBoxQpScratch(n))).toBe("solved");
      for (let i = 0; i < n; i++) {
        let slope = g[i] / size[i];
        for (let j = 0; j < n; j++) slope += (H[i * n + j] / size[i]) * d[j];
        if (d[i] > lower[i]) expect(slope).toBeLessThan(1e-9);
        if (d[i] < upper[i]) expect(slope).toBeGreaterThan(-1e-9);
      }
    }
  });

  it("is the Newton step where there are no bounds, and leaves the Cholesky factor of H", () => {
    const H = Float64Array.of(4, 2, 2, 3);
    const g = Float64Array.of(1, -1);
    const d = new Float64Array(2);
    const s = createBoxQpScratch(2);
    const infinite = [new Float64Array(2).fill(-Infinity), new Float64Array(2).fill(Infinity)];
    expect(solveBoxQp(H, g, infinite[0], infinite[1], d, s)).toBe("solved");
    expect(maxDifference(d, [-5 / 8, 6 / 8])).toBeLessThan(1e-15);
    expect(s.freeCount).toBe(2);
    expect(maxDifference([s.L[0], s.L[2], s.L[3]], [2, 1, Math.SQRT2])).toBeLessThan(1e-15);
  });

  it("keeps pinned variables and solves for the others", () => {
    const H = Float64Array.of(2, 1, 1, 2);
    const d = new Float64Array(2);
    const s = createBoxQpScratch(2);
    const status = solveBoxQp(H, new Float64Array(2), Float64Array.of(1, -9), Float64Array.of(1, 9), d, s);
    expect(status).toBe("solved");
    expect(d[0]).toBe(1);
    expect(d[1]).toBeCloseTo(-0.5, 14);
    expect([...s.clamped]).toEqual([1, 0]);
  });

  it("refuses an indefinite free block, but not one whose bad direction is held at a bound", () => {
    const H = Float64Array.of(-1, 0, 0, 1);
    const s = createBoxQpScratch(2);
    const lower = Float64Array.of(0, -5);
    const upper = Float64Array.of(5, 5);
    const d = new Float64Array(2);
    expect(solveBoxQp(H, Float64Array.of(1, 1), lower, upper, d, s)).toBe("solved");
    expect([...d]).toEqual([0, -1]);
    d.fill(0);
    expect(solveBoxQp(H, Float64Array.of(-1, 1), lower, upper, d, s)).toBe("notPositiveDefinite");
    expect(solveBoxQp(Float64Array.of(NaN, 0, 0, 1), Float64Array.of(-1, 1), lower, upper, d, s)).toBe(
      "notPositiveDefinite",
    );
  });

  it("recovers from a start that is NaN or outside the box", () => {
    const d = Float64Array.of(Number.NaN, 100);
    const s = createBoxQpScratch(2);
    const one = new Float64Array(2).fill(1);
    solveBoxQp(
      Float64Array.of(1, 0, 0, 1),
      Float64Array.of(-0.5, 3),
      one.map((v) => -v),
      one,
      d,
      s,
    );
    expect([...d]).toEqual([0.5, -1]);
  });
});
