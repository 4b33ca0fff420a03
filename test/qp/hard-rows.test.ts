import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createAdmm, createRiccatiIpm, type Qp, qpKktResidual } from "../../src/qp/index.ts";
import { condense, solveWithQuadprog, valueOfRow } from "./oracles.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));

/** A random QP whose rows are made satisfiable: they hold with room, or exactly, at random controls in bounds. */
function feasibleQp(seed: number, options: RandomQpOptions): Qp {
  const rng = createRng(seed);
  const qp = randomQp(rng, { width: 2, ...options });
  const { N, nx, nu, rowStart, equality } = qp.shape;
  const dU = Float64Array.from({ length: N * nu }, (_, i) => {
    const [lower, upper] = [Math.max(qp.uLower[i], -1), Math.min(qp.uUpper[i], 1)];
    return lower + (0.2 + 0.6 * rng.uniform()) * (upper - lower);
  });
  const dX = new Float64Array((N + 1) * nx);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nx; i++) {
      const [a, b] = [(k * nx + i) * nx, (k * nx + i) * nu];
      for (let j = 0; j < nx; j++) dX[(k + 1) * nx + i] += qp.A[a + j] * dX[k * nx + j];
      for (let j = 0; j < nu; j++) dX[(k + 1) * nx + i] += qp.B[b + j] * dU[k * nu + j];
    }
  }
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      qp.c[row] -= valueOfRow(qp, k, row, dX, dU) - (equality[row] ? 0 : 0.3 * rng.uniform());
    }
  }
  return qp;
}

describe("hard rows", () => {
  it("that are zero and met say nothing, whatever their kind, and zero rows that are not are infeasible", () => {
    for (const kernels of ["wasm", "javascript"] as const) {
      const qp = feasibleQp(3, { nc: 2, terminal: 2, hard: 1 });
      const { nx, rowStart, equality } = qp.shape;
      const solver = createRiccatiIpm(qp.shape, kernels === "javascript" ? { kernels } : {});
      for (let k = 1; k <= 3; k++) {
        for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
          qp.C.fill(0, row * nx, (row + 1) * nx);
          qp.c[row] = 0;
        }
      }
      const last = rowStart.length - 2;
      expect(equality[rowStart[last + 1] - 1]).toBe(1);
      const row = rowStart[last + 1] - 1;
      qp.C.fill(0, row * nx, (row + 1) * nx);
      qp.c[row] = 0;
      const found = solver.solve(qp);
      expect(found.status).toBe("solved");
      expect(found.multipliers.rows[row]).toBe(0);
      expect(found.multipliers.rows[rowStart[1]]).toBe(0);
      qp.c[rowStart[1]] = -1;
      expect(solver.solve(qp).status).toBe("infeasible");
    }
  });

  const families: [string, RandomQpOptions][] = [
    ["terminal equalities", { nc: 0, terminal: 3, hard: 1 }],
    ["inequalities of the state", { hard: 1 }],
    ["rows with controls, of both kinds", { nc: 0, control: 2, equal: 0.3, hard: 1 }],
    ["hard rows among soft ones", { nc: 2, control: 2, equal: 0.3, terminal: 2, hard: 0.5 }],
    ["costs of 1e4", { cost: 1e4, terminal: 3, hard: 1 }],
    ["costs of 1e-3", { cost: 1e-3, terminal: 3, hard: 1 }],
  ];
  for (const [name, options] of families) {
    it(`are met as quadprog meets them, with its multipliers: ${name}`, () => {
      for (let seed = 0; seed < 5; seed++) {
        const qp = feasibleQp(seed, options);
        const ipm = createRiccatiIpm(qp.shape, { tol: 1e-10 }).solve(qp);
        const oracle = solveWithQuadprog(qp);
        expect(ipm.status).toBe("solved");
        expect(difference(ipm.dU, oracle.dU)).toBeLessThan(1e-6 * Math.max(1, largest(oracle.dU)));
        // quadprog turns an equality as it likes and loses its multiplier's sign; the residual knows it.
        const y = ipm.multipliers.rows.map((v, row) => (qp.shape.equality[row] ? Math.abs(v) : v));
        const expected = oracle.rows!.map((v, row) => (qp.shape.equality[row] ? Math.abs(v) : v));
        const scale = Math.max(options.cost ?? 1, largest(expected));
        expect(difference(y, expected)).toBeLessThan(1e-5 * scale);
        expect(qpKktResidual(qp, ipm).max).toBeLessThan(1e-7 * scale);
      }
    });
  }

  it("are met where the cost hardly curves, as in problems of least time", () => {
    for (let seed = 0; seed < 10; seed++) {
      const qp = feasibleQp(seed, { terminal: 3, control: 1, equal: 0.5, nc: 1, hard: 1 });
      for (const H of [qp.Q, qp.R, qp.M]) for (let i = 0; i < H.length; i++) H[i] *= 1e-6;
      for (let i = 0; i < qp.uLower.length; i++) qp.uLower[i] = Math.max(qp.uLower[i], -2);
      const ipm = createRiccatiIpm(qp.shape).solve(qp);
      expect(ipm.status, `seed ${seed}`).toBe("solved");
      expect(ipm.iterations).toBeLessThan(30);
      expect(qpKktResidual(qp, ipm).feasibility).toBeLessThan(1e-7);
    }
  });

  it("that are equalities alone give the dense KKT system's solution", () => {
    const qp = feasibleQp(3, { nc: 0, nb: 0, width: Infinity, terminal: 3, hard: 1 });
    qp.uLower.fill(-Infinity);
    qp.uUpper.fill(Infinity);
    const { H, h, rows } = condense(qp);
    const n = h.length;
    // [H -G'; G 0] [dU; y] = [-h; -b]
    const kkt = Array.from({ length: n + rows.length }, (_, i) =>
      Array.from({ length: n + rows.length }, (_, j) => {
        if (i < n && j < n) return H[i * n + j];
        if (i < n) return -rows[j - n].a[i];
        return j < n ? rows[i - n].a[j] : 0;
      }),
    );
    const answer = eliminate(kkt, [...h.map((v) => -v), ...rows.map(({ b }) => -b)]);
    const ipm = createRiccatiIpm(qp.shape, { tol: 1e-11 }).solve(qp);
    expect(ipm.status).toBe("solved");
    expect(difference(ipm.dU, Float64Array.from(answer.slice(0, n)))).toBeLessThan(1e-9 * largest(ipm.dU));
    const y = Float64Array.from(answer.slice(n));
    expect(difference(ipm.multipliers.rows, y)).toBeLessThan(1e-8 * largest(y));
    expect(Math.min(...y)).toBeLessThan(0);
  });

  it("written twice are met as once, their multipliers adding up", () => {
    const qp = feasibleQp(4, { terminal: 3, hard: 1, nc: 0 });
    const twice = feasibleQp(4, { terminal: 3, hard: 1, nc: 0 });
    const { nx } = twice.shape;
    twice.C.copyWithin(nx, 0, nx);
    twice.c[1] = twice.c[0];
    qp.C.copyWithin(nx, 0, nx);
    qp.c[1] = qp.c[0];
    qp.weights.rowLinear[1] = 0;
    qp.weights.rowQuadratic[1] = 0;
    const [one, two] = [qp, twice].map((each) => createRiccatiIpm(each.shape).solve(each));
    expect([one.status, two.status]).toEqual(["solved", "solved"]);
    expect(difference(one.dU, two.dU)).toBeLessThan(1e-6);
    expect(two.multipliers.rows[0] + two.multipliers.rows[1]).toBeCloseTo(one.multipliers.rows[0], 5);
  });

  it("that can be met are met, and those that cannot within control bounds are proven infeasible", () => {
    const seen = { met: 0, proven: 0 };
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(seed);
      const kinds = { nc: seed % 3, terminal: seed % 4, control: seed % 2, equal: 0.3, hard: 1 };
      const qp = randomQp(rng, { N: 6, width: 1, ...kinds });
      for (let i = 0; i < qp.uLower.length; i++) qp.uLower[i] = Math.max(qp.uLower[i], -2);
      const far = 10 ** (3 * rng.uniform() - 1);
      for (let row = 0; row < qp.c.length; row++) qp.c[row] *= far;
      const { status, iterations, dU } = createRiccatiIpm(qp.shape).solve(qp);
      expect(dU.every(Number.isFinite)).toBe(true);
      if (status === "infeasible") {
        expect(() => solveWithQuadprog(qp), `seed ${seed}`).toThrow(/inconsistent/);
        expect(iterations).toBeLessThan(25);
        seen.proven++;
      } else {
        expect(status, `seed ${seed}`).toBe("solved");
        expect(() => solveWithQuadprog(qp), `seed ${seed}`).not.toThrow();
        seen.met++;
      }
    }
    expect(Math.min(seen.met, seen.proven)).toBeGreaterThan(10);
  });

  it("that contradict each other, where controls have no bounds, end as maxIterations with finite numbers and the conflict as residual", () => {
    const qp = feasibleQp(5, { terminal: 3, hard: 1, nc: 0 });
    qp.C.copyWithin(qp.shape.nx, 0, qp.shape.nx);
    qp.c[1] = qp.c[0] + 1;
    qp.uLower.fill(-Infinity);
    qp.uUpper.fill(Infinity);
    const ipm = createRiccatiIpm(qp.shape).solve(qp);
    expect(ipm.status).toBe("maxIterations");
    expect(ipm.residual).toBeGreaterThan(0.49);
    expect([...ipm.dU, ...ipm.multipliers.rows].every(Number.isFinite)).toBe(true);
  });

  it("are met warm after the data moved, and by operator splitting", () => {
    const qp = feasibleQp(6, { terminal: 2, control: 1, equal: 0.5, hard: 1, nc: 1 });
    const solver = createRiccatiIpm(qp.shape);
    const cold = solver.solve(qp).iterations;
    for (let i = 0; i < qp.q.length; i++) qp.q[i] *= 1.01;
    const warm = solver.solve(qp, { warm: true });
    expect(warm.status).toBe("solved");
    expect(warm.iterations).toBeLessThan(cold);
    const again = createRiccatiIpm(qp.shape).solve(qp);
    expect(difference(warm.dU, again.dU)).toBeLessThan(1e-6);
    const split = createAdmm(qp.shape, { epsAbs: 1e-7, epsRel: 1e-7, maxIterations: 40000 }).solve(qp);
    expect(split.status).toBe("solved");
    expect(difference(split.dU, again.dU)).toBeLessThan(1e-3);
  });
});

/** Solves a square system by Gauss elimination with pivots. */
function eliminate(rows: number[][], right: number[]): number[] {
  const M = rows.map((row, i) => [...row, right[i]]);
  for (let c = 0; c < M.length; c++) {
    const pivot = M.slice(c).reduce(
      (best, row, i) => (Math.abs(row[c]) > Math.abs(M[best][c]) ? c + i : best),
      c,
    );
    [M[c], M[pivot]] = [M[pivot], M[c]];
    for (let r = 0; r < M.length; r++) {
      if (r === c) continue;
      const f = M[r][c] / M[c][c];
      for (let j = c; j <= M.length; j++) M[r][j] -= f * M[c][j];
    }
  }
  return M.map((row, i) => row[M.length] / row[i]);
}
