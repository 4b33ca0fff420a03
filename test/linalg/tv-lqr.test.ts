import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLqrScratch, lqrGains } from "../../src/linalg/index.ts";
import { gaussian, maxDifference, solveDense } from "../ilqr/dense.ts";
import { type LqData, randomLq } from "../ilqr/lq-problem.ts";

type Vec = Float64Array;

function gainsOf(d: LqData): { ok: boolean; K: Vec } {
  const K = new Float64Array(d.N * d.nu * d.nx).fill(Number.NaN);
  return { ok: lqrGains(d, K, createLqrScratch(d.nx, d.nu)), K };
}

/** Quadratic cost of stages from..N for deviations: dx given at `from`, controls as a function of (k, dx). */
function costToGo(d: LqData, from: number, dx0: Vec, control: (k: number, dx: Vec) => Vec): number {
  const { nx, nu } = d;
  let dx = dx0;
  let cost = 0;
  for (let k = from; k <= d.N; k++) {
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < nx; j++) cost += 0.5 * dx[i] * d.Q[(k * nx + i) * nx + j] * dx[j];
    }
    if (k === d.N) break;
    const du = control(k, dx);
    const next = new Float64Array(nx);
    for (let i = 0; i < nu; i++) {
      for (let j = 0; j < nu; j++) cost += 0.5 * du[i] * d.R[(k * nu + i) * nu + j] * du[j];
      for (let j = 0; j < nx; j++) cost += du[i] * d.M[(k * nu + i) * nx + j] * dx[j];
    }
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < nx; j++) next[i] += d.A[(k * nx + i) * nx + j] * dx[j];
      for (let j = 0; j < nu; j++) next[i] += d.B[(k * nx + i) * nu + j] * du[j];
    }
    dx = next;
  }
  return cost;
}

/** Controls from stage `from` on that minimise the cost to go, by a dense solve of its normal equations. */
function denseControls(d: LqData, from: number, dx0: Vec): Vec {
  const n = (d.N - from) * d.nu;
  const cost = (U: Vec, x: Vec): number =>
    costToGo(d, from, x, (k) => U.subarray((k - from) * d.nu, (k - from + 1) * d.nu));
  const unit = (i: number): Vec => Float64Array.from({ length: n }, (_, j) => (j === i ? 1 : 0));
  const zero = new Float64Array(d.nx);
  const none = new Float64Array(n);
  const f0 = cost(none, dx0);
  const H = new Float64Array(n * n);
  const g = new Float64Array(n);
  // The cost is quadratic, so that these differences are exact but for rounding.
  for (let i = 0; i < n; i++) {
    H[i * n + i] = 2 * cost(unit(i), zero);
    g[i] = cost(unit(i), dx0) - f0 - 0.5 * H[i * n + i];
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const both = unit(i);
      both[j] = 1;
      const h = cost(both, zero) - 0.5 * H[i * n + i] - 0.5 * H[j * n + j];
      H[i * n + j] = h;
      H[j * n + i] = h;
    }
  }
  return solveDense(
    H,
    g.map((v) => -v),
  );
}

describe("lqrGains", () => {
  it.each([
    [1, 5, 3, 2],
    [2, 8, 2, 1],
    [3, 3, 2, 4],
  ])(
    "equals the dense least-squares solution of the cost to go (seed %i, N %i, nx %i, nu %i)",
    (seed, N, nx, nu) => {
      const d = randomLq(seed, N, nx, nu);
      const { ok, K } = gainsOf(d);
      expect(ok).toBe(true);
      for (let k = 0; k < N; k++) {
        for (let j = 0; j < nx; j++) {
          const dx = Float64Array.from({ length: nx }, (_, i) => (i === j ? 1 : 0));
          const du = denseControls(d, k, dx).slice(0, nu);
          const column = Array.from({ length: nu }, (_, i) => K[(k * nu + i) * nx + j]);
          expect(maxDifference(column, du)).toBeLessThan(1e-8);
        }
      }
    },
  );

  it("no perturbation of du = K dx lowers the cost", () => {
    const d = randomLq(7, 6, 3, 2);
    const { K } = gainsOf(d);
    const rng = createRng(11);
    const feedback = (k: number, dx: Vec): Vec => {
      const du = new Float64Array(d.nu);
      for (let i = 0; i < d.nu; i++)
        for (let j = 0; j < d.nx; j++) du[i] += K[(k * d.nu + i) * d.nx + j] * dx[j];
      return du;
    };
    for (let trial = 0; trial < 50; trial++) {
      const dx0 = gaussian(rng, d.nx, 1);
      const best = costToGo(d, 0, dx0, feedback);
      const at = rng.int(d.N);
      const push = gaussian(rng, d.nu, 1).map((v) => 0.1 * v);
      const worse = costToGo(d, 0, dx0, (k, dx) => {
        const du = feedback(k, dx);
        if (k === at) for (let i = 0; i < d.nu; i++) du[i] += push[i];
        return du;
      });
      expect(worse).toBeGreaterThan(best);
    }
  });

  it("takes a missing cross term as zero", () => {
    const d = randomLq(4, 5, 3, 2);
    const { M: _, ...without } = d;
    const zero = gainsOf({ ...d, M: new Float64Array(d.M.length) });
    const K = new Float64Array(d.N * d.nu * d.nx);
    expect(lqrGains(without, K, createLqrScratch(3, 2))).toBe(true);
    expect(K).toEqual(zero.K);
  });

  it("reports a stage without positive definite H, and leaves zero gains from there back", () => {
    const d = randomLq(5, 5, 2, 1);
    d.R[2] = -1e6;
    const { ok, K } = gainsOf(d);
    expect(ok).toBe(false);
    expect(K.slice(0, 6).every((v) => v === 0)).toBe(true);
    expect(K.slice(6).every((v) => v !== 0)).toBe(true);
  });

  it("reports NaN in its data", () => {
    const d = randomLq(6, 4, 2, 1);
    d.A[0] = Number.NaN;
    expect(gainsOf(d).ok).toBe(false);
  });
});
