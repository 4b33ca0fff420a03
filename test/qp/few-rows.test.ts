import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createFewRows } from "../../src/qp/few-rows.ts";
import {
  createQp,
  createQpShape,
  createRiccatiIpm,
  type Qp,
  type QpSolution,
  qpKktResidual,
  qpRelativeResidual,
} from "../../src/qp/index.ts";
import { createRiccatiKernels } from "../../src/qp/riccati-kernels.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const relative = (qp: Qp, solution: QpSolution): number =>
  qpRelativeResidual(qp, solution, qpKktResidual(qp, solution));

/** The tolerance, with what an independent sum rounds differently. */
const TOL = 2e-8;

const KINDS: readonly (readonly [string, RandomQpOptions])[] = [
  ["soft", { nc: 60 }],
  ["soft, with quadratic penalties only", { nc: 60, penalty: 0 }],
  ["hard, most of them far away", { nc: 100, hard: 1, width: 1 }],
  ["hard and soft, beside equalities at the end", { nc: 50, hard: 0.5, terminal: 1, width: 5 }],
  ["of states and controls", { nc: 40, control: 30, hard: 0.3 }],
  ["without bounds of controls", { nc: 60, width: Number.POSITIVE_INFINITY }],
];

/** Moves rows away, all but one in eight, so that few can hold, and lets no step at all meet every one. */
function mostlyFar(qp: Qp): Qp {
  for (let i = 0; i < qp.uLower.length; i++) {
    qp.uLower[i] = Math.min(qp.uLower[i], -0.1);
    qp.uUpper[i] = Math.max(qp.uUpper[i], 0.1);
  }
  for (let row = 0; row < qp.c.length; row++)
    qp.c[row] = qp.shape.equality[row] === 1 ? 0 : Math.abs(qp.c[row]) + (row % 8 === 0 ? 0 : 3);
  return qp;
}

/** Some stages of 170 rows each, of which the solver sees 16. */
function spied(qp: Qp) {
  const seen: number[] = [];
  const solver = createFewRows(qp.shape, createRiccatiKernels(qp.shape), (shape) => {
    seen.push(shape.nr);
    return createRiccatiIpm(shape);
  });
  return { solver, seen };
}

describe("QPs with many rows at a stage", () => {
  it.each(KINDS)("meet the optimality conditions of all rows that are %s", (_, options) => {
    const rng = createRng(21);
    const qp = mostlyFar(randomQp(rng, options));
    const { shape } = qp;
    const solver = createRiccatiIpm(shape);
    for (let i = 0; i < 9; i++) {
      const other = i === 0 ? qp : { ...mostlyFar(randomQp(rng, options)), shape };
      const solution = solver.solve(other, { warm: i % 3 === 2, shift: i % 2 === 1 });
      expect(solution.status).toBe("solved");
      expect(relative(other, solution)).toBeLessThan(TOL);
    }
  });

  it("are solved whole where a hundred rows of a stage hold or are violated", () => {
    const qp = randomQp(createRng(22), { nc: 150, N: 3, penalty: 0.1 });
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.multipliers.rows.filter((l) => l > 1e-6).length).toBeGreaterThan(100);
    expect(relative(qp, solution)).toBeLessThan(TOL);
  });

  it("are solved with few rows of a stage, the same ones in any unit of rows, states and cost", () => {
    const qp = mostlyFar(randomQp(createRng(23), { nc: 170, hard: 1, width: 1 }));
    const { solver, seen } = spied(qp);
    expect(solver.solve(qp).status).toBe("solved");
    expect(seen).toEqual([16 * qp.shape.N]);
    const rows = qp.c.map((_, row) => 10 ** ((row % 13) - 6));
    const scaled = {
      ...qp,
      c: qp.c.map((c, i) => c * rows[i]),
      C: qp.C.map((c, i) => c * rows[Math.floor(i / 4)]),
    };
    const again = spied(scaled);
    const { dU, status } = again.solver.solve(scaled);
    expect([status, again.seen]).toEqual(["solved", seen]);
    const { dU: whole } = solver.solve(qp);
    dU.forEach((u, i) => void expect(u).toBeCloseTo(whole[i], 5));
  });

  it("take a step nearer rows hide, in a corridor of parallel walls that only the last one closes", () => {
    const shape = createQpShape({ N: 3, nx: 1, nu: 1, nc: 60 });
    const qp = createQp(shape);
    qp.A.fill(1);
    qp.B.fill(1);
    qp.R.fill(1);
    qp.q[3] = -100;
    for (let row = 0; row < shape.nr; row++) {
      // x <= 2 in the first of a stage; the others are nearer to be violated and never are, x >= -1.
      qp.C[row] = row % 60 === 0 ? -1 : 1;
      qp.c[row] = row % 60 === 0 ? 2 : 1;
    }
    qp.weights.rowLinear.fill(Infinity);
    const { dX, status } = createRiccatiIpm(shape).solve(qp);
    expect(status).toBe("solved");
    expect(dX[3]).toBeCloseTo(2, 6);
  });

  it("are infeasible where the rows that were left out make them so, and not finite where one of these is not", () => {
    const qp = mostlyFar(randomQp(createRng(24), { nc: 60, width: 1 }));
    const solver = createRiccatiIpm(qp.shape);
    const { nx } = qp.shape;
    qp.uLower.fill(-1);
    for (const row of [100, 101]) {
      qp.weights.rowLinear[row] = Infinity;
      for (let i = 0; i < nx; i++) qp.C[row * nx + i] = row === 100 ? 1 : -1;
      qp.c[row] = -0.5;
    }
    expect(solver.solve(qp).status).toBe("infeasible");
    qp.c[300] = Number.NaN;
    expect(solver.solve(qp).status).toBe("nonFinite");
  });
});
