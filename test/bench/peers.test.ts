import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { benchPeers } from "../../src/bench/peers/bench-peers.ts";
import { buildIpoptDriver } from "../../src/bench/peers/ipopt.ts";
import type { Pattern } from "../../src/bench/peers/nlp.ts";
import { shootingNlp } from "../../src/bench/peers/shooting-nlp.ts";
import { ZOO } from "../../src/zoo/index.ts";

const driver = await buildIpoptDriver();
const missing = "missing" in driver ? driver.missing : undefined;

/** Entries as a dense matrix. */
function dense({ row, col }: Pattern, entries: Float64Array, rows: number, cols: number): number[][] {
  const out = Array.from({ length: rows }, () => new Array<number>(cols).fill(0));
  entries.forEach((v, e) => {
    out[row[e]][col[e]] += v;
  });
  return out;
}

describe.each(["constrained-car", "race-car"] as const)("%s by multiple shooting", (name) => {
  const { ocp, x0, guess } = ZOO[name]();
  const nlp = shootingNlp(ocp, x0);
  const rng = createRng(7);
  const z = nlp.join(guess).map((v) => v + 0.1 * rng.gauss());
  const lambda = Float64Array.from({ length: nlp.m }, () => rng.gauss());
  const slope = (at: Float64Array) => {
    const gradient = new Float64Array(nlp.n);
    const jacobian = new Float64Array(nlp.jacobianPattern.row.length);
    nlp.slope(at, gradient, jacobian);
    return { gradient, J: dense(nlp.jacobianPattern, jacobian, nlp.m, nlp.n) };
  };

  test("a rollout has no defects, and J is the sum of its costs", () => {
    const g = new Float64Array(nlp.m);
    const z0 = nlp.join(guess);
    const f = nlp.value(z0, g);
    expect(g.subarray(0, ocp.N * ocp.dynamics.nx).every((v) => v === 0)).toBe(true);
    const { X, U } = nlp.split(z0);
    const { nx, nu } = ocp.dynamics;
    let sum = ocp.terminalCost(X.slice(ocp.N * nx));
    for (let k = 0; k < ocp.N; k++)
      sum += ocp.stageCost(X.slice(k * nx, (k + 1) * nx), U.slice(k * nu, (k + 1) * nu), k);
    expect(f).toBeCloseTo(sum, 12);
  });

  test("derivatives are those of the values, by differences along random directions", () => {
    const h = 1e-5;
    const { gradient, J } = slope(z);
    const entries = new Float64Array(nlp.hessianPattern.row.length);
    nlp.hessian(z, 0.7, lambda, entries);
    const H = dense(nlp.hessianPattern, entries, nlp.n, nlp.n);
    for (let trial = 0; trial < 3; trial++) {
      const d = Float64Array.from({ length: nlp.n }, () => rng.gauss());
      const at = (s: number) => z.map((v, i) => v + s * h * d[i]);
      const [gHigh, gLow] = [new Float64Array(nlp.m), new Float64Array(nlp.m)];
      const df = (nlp.value(at(1), gHigh) - nlp.value(at(-1), gLow)) / (2 * h);
      const along = (row: readonly number[] | Float64Array) => d.reduce((s, v, i) => s + v * row[i], 0);
      expect(df).toBeCloseTo(along(gradient), 5);
      J.forEach((row, i) => {
        expect((gHigh[i] - gLow[i]) / (2 * h)).toBeCloseTo(along(row), 5);
      });
      const [high, low] = [slope(at(1)), slope(at(-1))];
      const lagrangian = (s: typeof high, i: number) =>
        0.7 * s.gradient[i] + lambda.reduce((sum, v, r) => sum + v * s.J[r][i], 0);
      for (let i = 0; i < nlp.n; i++) {
        // The lower triangle stands for both.
        const product = d.reduce((s, v, j) => s + v * (j <= i ? H[i][j] : H[j][i]), 0);
        expect((lagrangian(high, i) - lagrangian(low, i)) / (2 * h)).toBeCloseTo(product, 4);
      }
    }
  });
});

test("a problem with soft constraints is refused", () => {
  const { ocp, x0 } = ZOO["cart-pole"]();
  const soft = { ...ocp, stateBox: { ...ocp.stateBox!, soft: { linear: 1, quadratic: 0 } } };
  expect(() => shootingNlp(soft, x0)).toThrow("soft constraints");
});

const options = { repeats: 0, tol: 1e-8, maxIterations: 200, limit: 5000, clock: () => performance.now() };

test.skipIf(missing !== undefined)(
  `IPOPT ends where this house does (${missing ?? "installed"})`,
  async () => {
    const problems = ["car-in-newtons", "turn90", "car-among-discs"] as const;
    const { rows, absent } = await benchPeers({ ...options, problems, solvers: ["al-ilqr"] });
    expect(absent.map(({ peer }) => peer)).not.toContain("ipopt");
    expect(rows.map(({ problem, solver }) => `${problem} ${solver}`)).toEqual(
      problems.flatMap((problem) => [`${problem} al-ilqr`, `${problem} ipopt`]),
    );
    for (const { problem, solver, gap, violation, false_converged, status } of rows) {
      expect(false_converged).toBe(false);
      if (status !== "converged") continue;
      expect(Math.abs(gap), `${problem} ${solver}`).toBeLessThan(3e-6);
      expect(violation).toBeLessThan(1e-6);
    }
  },
);
