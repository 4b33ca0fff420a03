import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { negativeCurvature } from "../../src/linalg/index.ts";

type Problem = Parameters<typeof negativeCurvature>[0];

/** Curvature of a linear-quadratic problem along controls alone, by rolling them out. */
function curvatureAlong({ N, nx, nu, A, B, Q, R, M }: Problem, dU: Float64Array): number {
  const at = (m: Float64Array, row: number, n: number, v: readonly number[]): number =>
    v.reduce((sum, value, j) => sum + m[row * n + j] * value, 0);
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  let [x, sum]: [number[], number] = [range(nx).map(() => 0), 0];
  for (let k = 0; k <= N; k++) {
    sum += range(nx).reduce((s, i) => s + x[i] * at(Q, k * nx + i, nx, x), 0);
    if (k === N) break;
    const u = [...dU.subarray(k * nu, (k + 1) * nu)];
    for (let i = 0; i < nu; i++) sum += u[i] * (at(R, k * nu + i, nu, u) + 2 * at(M!, k * nu + i, nx, x));
    x = range(nx).map((i) => at(A, k * nx + i, nx, x) + at(B, k * nx + i, nu, u));
  }
  return sum;
}

/** A problem of two states and two controls; `bend` times the product of both controls beside squares of `own`. */
function problem(bend: number, own: number): Problem {
  const N = 4;
  const stack = (block: readonly number[], n: number): Float64Array =>
    Float64Array.from(Array.from({ length: n }, () => block).flat());
  return {
    ...{ N, nx: 2, nu: 2 },
    A: stack([1, 0.1, 0, 1], N),
    B: stack([0, 0.01, 0.1, 0], N),
    Q: stack([0.1, 0, 0, 0.1], N + 1),
    R: stack([own, bend, bend, own], N),
    M: stack([0, 0, 0, 0], N),
  };
}

describe("a direction of negative curvature", () => {
  it("bends down at least as much as it says, by a rollout of its controls", () => {
    const rng = createRng(4);
    for (let trial = 0; trial < 50; trial++) {
      const { A, B, ...rest } = problem(2 * rng.gauss(), rng.uniform());
      const shaken = (m: Float64Array): Float64Array => m.map((v) => v + 0.2 * rng.gauss());
      const p = { ...rest, A: shaken(A), B: shaken(B) };
      const way = negativeCurvature(p, Float64Array.of(1, 1));
      if (way === undefined) continue;
      expect(way.curvature).toBeLessThan(0);
      expect(curvatureAlong(p, way.dU)).toBeLessThan(way.curvature + 1e-9);
    }
  });

  it("mixes controls that only bend together in equal shares, however little each of them costs", () => {
    for (const own of [1, 1e-3, 1e-9]) {
      const way = negativeCurvature(problem(1e3, own), Float64Array.of(1, 1))!;
      for (let i = 0; i < 8; i++) expect(Math.abs(way.feed[i])).toBeCloseTo(1, 3);
      // u1 u2 = -1 at four stages
      expect(way.curvature / (4 * -2e3)).toBeCloseTo(1, 2);
    }
  });

  it("does not exist where the problem is convex", () => {
    expect(negativeCurvature(problem(0.1, 1), Float64Array.of(1, 1))).toBeUndefined();
  });
});
