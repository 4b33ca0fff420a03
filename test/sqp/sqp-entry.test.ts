import { describe, expect, it } from "vitest";
import { type Ocp, rowList } from "../../src/ocp/index.ts";
import { createAdmm, createRiccatiIpm, type QpShape, type QpSolver } from "../../src/qp/index.ts";
import { createSqpWorkspace, type SqpResult, solveSqp } from "../../src/sqp/index.ts";
import { carProblem } from "./car.ts";
import { parking, pendulum } from "./problems.ts";

const start = Float64Array.of(0.25, 1.75, 0, 0);
const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));
/** Everything of a result that is a number, as bytes. */
const bytes = (r: SqpResult): string =>
  JSON.stringify([
    r.status,
    [...r.X],
    [...r.U],
    r.cost,
    r.history,
    [...r.multipliers],
    [...r.K],
    r.residuals,
  ]);

describe("the projection entry", () => {
  it("keeps a trajectory that is feasible and starts at x0", () => {
    const optimum = solveSqp(carProblem(), start, undefined, { tol: 1e-5 });
    for (const guess of [
      { X: optimum.X, U: optimum.U },
      { X: optimum.X, U: optimum.U, K: optimum.K },
    ]) {
      const entered = solveSqp(carProblem(), start, guess, { maxIterations: 0 });
      expect(difference(entered.X, optimum.X)).toBeLessThan(1e-9);
      expect(difference(entered.U, optimum.U)).toBeLessThan(1e-9);
    }
  });

  it("follows states without controls", () => {
    const { ocp, x0 } = parking();
    const wanted = solveSqp(ocp, x0).X;
    const followed = solveSqp(ocp, x0, { X: wanted }, { maxIterations: 0 });
    const tracking = { state: new Float64Array(5).fill(1000), control: new Float64Array(2).fill(1) };
    const closely = solveSqp(ocp, x0, { X: wanted, tracking }, { maxIterations: 0 });
    const still = solveSqp(ocp, x0, undefined, { maxIterations: 0 });
    expect(difference(followed.X, wanted)).toBeLessThan(0.2 * difference(still.X, wanted));
    expect(difference(closely.X, wanted)).toBeLessThan(difference(followed.X, wanted));
  });

  it("returns to the states from elsewhere, in closed loop, within the control bounds", () => {
    const { ocp, x0 } = parking();
    const optimum = solveSqp(ocp, x0);
    const moved = x0.map((v, i) => v + [0.3, 0.2, 0.1, 0, 0][i]);
    const tracked = solveSqp(ocp, moved, { X: optimum.X, U: optimum.U }, { maxIterations: 0 });
    const open = solveSqp(ocp, moved, { U: optimum.U }, { maxIterations: 0 });
    const miss = (r: SqpResult): number => difference(r.X.slice(-5), optimum.X.slice(-5));
    expect(miss(tracked)).toBeLessThan(0.3 * miss(open));
    for (let k = 0; k < ocp.N; k++) {
      for (let i = 0; i < 2; i++) {
        expect(tracked.U[2 * k + i]).toBeGreaterThanOrEqual(ocp.uLower[i]);
        expect(tracked.U[2 * k + i]).toBeLessThanOrEqual(ocp.uUpper[i]);
      }
    }
    expect([...tracked.X.slice(0, 5)]).toEqual([...moved]);
  });

  it("takes the short way round where angles are", () => {
    // the same heading, a turn further: tracking must not unwind it
    const { ocp, x0 } = parking();
    const optimum = solveSqp(ocp, x0);
    const X = optimum.X.map((v, i) => (i % 5 === 2 ? v + 2 * Math.PI : v));
    const tracked = solveSqp(ocp, x0, { X, U: optimum.U }, { maxIterations: 0 });
    expect(difference(tracked.U, optimum.U)).toBeLessThan(1e-9);
  });

  it("clips controls of a guess to their bounds", () => {
    const { ocp, x0 } = pendulum();
    const result = solveSqp(ocp, x0, new Float64Array(60).fill(99), { maxIterations: 0 });
    expect([...result.U]).toEqual(new Array(60).fill(5));
  });

  it("does not change its arguments", () => {
    const x0 = start.slice();
    const U = new Float64Array(80).fill(0.1);
    solveSqp(carProblem(), x0, U);
    expect([...x0]).toEqual([...start]);
    expect([...U]).toEqual(new Array(80).fill(0.1));
  });
});

describe("memory", () => {
  it("gives the same bytes in a fresh workspace, a used one, and one used for another problem", () => {
    const shifted: Ocp = { ...carProblem(), terminalCost: (x) => carProblem().terminalCost(x) + 7 };
    for (const gains of ["stable", "sens"] as const) {
      const fresh = solveSqp(carProblem(), start, undefined, { gains });
      const workspace = createSqpWorkspace(carProblem());
      solveSqp(
        shifted,
        Float64Array.of(1.75, 1, 0, 0),
        undefined,
        { gains: "sens", maxIterations: 7 },
        workspace,
      );
      const used = solveSqp(carProblem(), start, undefined, { gains }, workspace);
      const again = solveSqp(carProblem(), start, undefined, { gains }, workspace);
      expect(bytes(used)).toBe(bytes(fresh));
      expect(bytes(again)).toBe(bytes(fresh));
    }
  });

  it("of a result is its own: a later solve in the same workspace leaves it alone", () => {
    const workspace = createSqpWorkspace(carProblem());
    const first = solveSqp(carProblem(), start, undefined, {}, workspace);
    const before = bytes(first);
    solveSqp(carProblem(), Float64Array.of(1.75, 1, 0, 0), undefined, {}, workspace);
    expect(bytes(first)).toBe(before);
  });

  it("is not confused by a solve that ended in NaN", () => {
    const workspace = createSqpWorkspace(carProblem());
    const broken: Ocp = {
      ...carProblem(),
      stageHessian: (_x, _u, _k, Q, R, M) => [Q, R, M].forEach((a) => void a.fill(Number.NaN)),
    };
    expect(solveSqp(broken, start, undefined, {}, workspace).status).toBe("nonFinite");
    expect(bytes(solveSqp(carProblem(), start, undefined, {}, workspace))).toBe(
      bytes(solveSqp(carProblem(), start)),
    );
  });
});

describe("the history", () => {
  it("has a row per QP, which the callback sees as it happens", () => {
    const seen: number[] = [];
    const result = solveSqp(carProblem(), start, undefined, {
      onIteration: (row, X, U) => {
        seen.push(row.iteration);
        expect(X.length).toBe(164);
        expect(U.length).toBe(80);
      },
    });
    expect(seen).toEqual(result.history.map((row) => row.iteration));
    expect(seen).toEqual(Array.from({ length: result.iterations + 1 }, (_, i) => i));
    expect(result.history.at(-1)!.kkt).toBe(result.residuals.kkt);
    expect(result.history.at(-1)!.cost).toBe(result.cost);
    expect(result.history[0].cost).toBeCloseTo(
      solveSqp(carProblem(), start, undefined, { maxIterations: 0 }).cost,
      12,
    );
  });

  it("ends where the callback says stop, with what the iteration limit would give", () => {
    const stopped = solveSqp(carProblem(), start, undefined, {
      onIteration: ({ iteration }) => (iteration === 3 ? "stop" : undefined),
    });
    expect([stopped.status, stopped.iterations]).toEqual(["maxIterations", 3]);
    expect(bytes(stopped)).toBe(bytes(solveSqp(carProblem(), start, undefined, { maxIterations: 3 })));
  });

  it("never goes up in merit where every constraint is soft", () => {
    const { ocp, x0 } = parking();
    const soft = { linear: 100, quadratic: 10 };
    const problem: Ocp = {
      ...ocp,
      rows: rowList(ocp.rows).map((rows) => ({ ...rows, soft })),
      stateBox: { ...ocp.stateBox!, soft },
    };
    const result = solveSqp(problem, x0);
    expect(result.status).toBe("converged");
    const merits = result.history.map((row) => row.merit);
    for (let i = 1; i < merits.length; i++)
      expect(merits[i]).toBeLessThanOrEqual(merits[i - 1] + 1e-9 * (1 + merits[i - 1]));
  });
});

describe("the QP solver handed in", () => {
  it("may be another one: operator splitting finds the same optimum", () => {
    const { ocp, x0 } = pendulum();
    const reference = solveSqp(ocp, x0);
    const splitting = solveSqp(ocp, x0, undefined, {
      tol: 1e-3,
      createQpSolver: (shape) => createAdmm(shape),
    });
    expect(splitting.status).toBe("converged");
    expect(splitting.cost).toBeCloseTo(reference.cost, 3);
  });

  it("does not make a problem infeasible by leaving its QPs unsolved", () => {
    const createQpSolver = (shape: QpShape): QpSolver => createAdmm(shape, { maxIterations: 2 });
    const result = solveSqp(carProblem(), start, undefined, { createQpSolver, maxIterations: 20 });
    expect(["stalled", "maxIterations"]).toContain(result.status);
  });

  it("starts from the last QP's multipliers where asked, with the same optimum", () => {
    const cold = solveSqp(carProblem(), start);
    const warm = solveSqp(carProblem(), start, undefined, {
      warmQp: true,
      createQpSolver: (shape) => createRiccatiIpm(shape),
    });
    expect(warm.status).toBe("converged");
    expect(warm.cost).toBeCloseTo(cold.cost, 4);
  });
});
