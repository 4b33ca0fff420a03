import { describe, expect, it } from "vitest";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import {
  constraintsAlong,
  discretize,
  type Ocp,
  type RowFunctions,
  type SoftPenalties,
  type StateRows,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { ZOO } from "../../src/zoo/index.ts";
import { independentKkt } from "./independent-kkt.ts";
import { UNICYCLE } from "./problems.ts";

const vec = (...v: number[]): Float64Array => Float64Array.from(v);

/** A double integrator that moves by one from rest to rest in N = 10 steps of 0.2, at a cost of u^2 / 2. */
function moveByOne(rows: readonly RowFunctions[]): Ocp {
  return withFiniteDifferences({
    N: 10,
    dynamics: discretize(
      {
        nx: 2,
        nu: 1,
        derivative: (x, u, out) => out.set([x[1], u[0]]),
        jacobian(_x, _u, Fx, Fu) {
          Fx.set([0, 1, 0, 0]);
          Fu.set([0, 1]);
        },
      },
      0.2,
    ),
    stageCost: (_x, u) => 0.5 * u[0] ** 2,
    terminalCost: () => 0,
    rows,
  });
}

const atEnd = (soft?: SoftPenalties): Omit<StateRows, "jacobian"> => ({
  count: 2,
  kind: "equality",
  stages: "terminal",
  soft,
  value: (x, _k, out) => out.set([x[0] - 1, x[1]]),
});

/** Controls and multipliers of least norm with [x_N] = goal: u = G'y, y = (G G')^-1 goal. */
function leastNorm(): { U: number[]; y: number[] } {
  const dt = 0.2;
  const G = Array.from({ length: 10 }, (_, k) => [dt * dt * (9.5 - k), dt]);
  const [a, b, c] = G.reduce(([aa, ab, bb], [p, v]) => [aa + p * p, ab + p * v, bb + v * v], [0, 0, 0]);
  const y = [c / (a * c - b * b), -b / (a * c - b * b)];
  return { U: G.map(([p, v]) => p * y[0] + v * y[1]), y };
}

describe("terminal equalities", () => {
  for (const [name, solve] of [
    ["SQP", (ocp: Ocp) => solveSqp(ocp, vec(0, 0), undefined, { tol: 1e-9 })],
    ["AL-iLQR", (ocp: Ocp) => solveAlIlqr(ocp, vec(0, 0), undefined, { constraintTol: 1e-8, tol: 1e-9 })],
  ] as const) {
    it(`give the controls of least norm, and multipliers of either sign: ${name}`, () => {
      const { U, status, multipliers } = solve(moveByOne([atEnd()]));
      const exact = leastNorm();
      expect(status).toBe("converged");
      exact.U.forEach((u, k) => {
        expect(U[k]).toBeCloseTo(u, 6);
      });
      expect(multipliers).toHaveLength(2);
      expect(multipliers[0]).toBeCloseTo(exact.y[0], 5);
      expect(multipliers[1]).toBeCloseTo(exact.y[1], 5);
      expect(exact.y[1]).toBeLessThan(0);
    });

    it(`that are soft give way where they cost less than their multipliers: ${name}`, () => {
      const dear = solve(moveByOne([atEnd({ linear: 20, quadratic: 1 })]));
      leastNorm().U.forEach((u, k) => {
        expect(dear.U[k]).toBeCloseTo(u, 5);
      });
      // Each at its own price: the speed at the end is held, the place is paid for.
      const own = solve(moveByOne([atEnd([{ linear: 1, quadratic: 0 }, undefined])]));
      expect(own.status).toBe("converged");
      expect(own.X[21]).toBeCloseTo(0, 6);
      expect(own.multipliers[0]).toBeCloseTo(1, 5);
      expect(own.X[20]).toBeLessThan(0.99);
    });
  }

  it("that hold rows of controls at chosen stages: the control at stage 4 is given, at others it is free", () => {
    const given: RowFunctions = {
      count: 1,
      kind: "equality",
      controls: true,
      stages: [4],
      value: (_x, u, _k, out) => out.set([u[0] - 0.25]),
    };
    const ocp = moveByOne([given, atEnd()]);
    const result = solveSqp(ocp, vec(0, 0), undefined, { tol: 1e-8 });
    expect(result.U[4]).toBeCloseTo(0.25, 8);
    expect(result.multipliers).toHaveLength(3);
    const kkt = independentKkt(ocp, vec(0, 0), result);
    expect(Math.max(kkt.stationarity, kkt.primal)).toBeLessThan(1e-6);
    const al = solveAlIlqr(ocp, vec(0, 0), undefined, { constraintTol: 1e-7, tol: 1e-8 });
    expect(al.cost).toBeCloseTo(result.cost, 5);
  });

  it("are told apart one by one, with stage, violation and multiplier", () => {
    const ocp: Ocp = {
      ...moveByOne([atEnd()]),
      stateBox: { index: [1], lower: vec(-Infinity), upper: vec(0.6) },
    };
    const { X, U, multipliers, status } = solveSqp(ocp, vec(0, 0), undefined, { tol: 1e-8 });
    expect(status).toBe("converged");
    const all = constraintsAlong(ocp, { X, U, multipliers });
    expect(all).toHaveLength(2 + 10);
    const held = all.filter(({ multiplier }) => Math.abs(multiplier) > 1e-3);
    expect(held.filter(({ of }) => of === "row").map(({ k, index }) => [k, index])).toEqual([
      [10, 0],
      [10, 1],
    ]);
    for (const { of, index, k, multiplier } of held.filter(({ of }) => of !== "row")) {
      expect([of, index, multiplier > 0]).toEqual(["upper", 1, true]);
      expect(X[2 * k + 1]).toBeCloseTo(0.6, 6);
    }
    const rest = constraintsAlong(ocp, { X: new Float64Array(22), U });
    expect(rest.filter(({ violation }) => violation > 0)).toMatchObject([
      { k: 10, index: 0, value: -1, violation: 1 },
    ]);
  });

  it("are warm-started by a result's controls and multipliers, whatever their sign: no QP is needed", () => {
    const ocp = moveByOne([atEnd()]);
    const { U, multipliers } = solveSqp(ocp, vec(0, 0), undefined, { tol: 1e-9 });
    const again = solveSqp(ocp, vec(0, 0), { U, multipliers }, { tol: 1e-6 });
    expect(again.iterations).toBe(0);
    expect(solveAlIlqr(ocp, vec(0, 0), { U, multipliers }).iterations).toBeLessThanOrEqual(2);
  });

  it("that contradict each other end as infeasible, twice the same is met", () => {
    const other: Omit<StateRows, "jacobian"> = {
      ...atEnd(),
      value: (x, _k, out) => out.set([x[0] - 2, x[1]]),
    };
    const bounded = { uLower: vec(-5), uUpper: vec(5) };
    expect(solveSqp({ ...moveByOne([atEnd(), other]), ...bounded }, vec(0, 0)).status).toBe("infeasible");
    const twice = solveSqp({ ...moveByOne([atEnd(), atEnd()]), ...bounded }, vec(0, 0), undefined, {
      tol: 1e-6,
    });
    expect(twice.status).toBe("converged");
    leastNorm().U.forEach((u, k) => {
      expect(twice.U[k]).toBeCloseTo(u, 5);
    });
  });

  it("may be one group of three arguments, a list, or pairs of inequalities that are idle before the end", () => {
    const goal = [1, 0];
    const pairs: RowFunctions = {
      count: 4,
      value(x, k, c) {
        goal.forEach((g, i) => {
          c[2 * i] = k === 10 ? x[i] - g : 1;
          c[2 * i + 1] = k === 10 ? g - x[i] : 1;
        });
      },
    };
    const base = moveByOne([]);
    for (const rows of [atEnd(), [atEnd()], pairs, [pairs]]) {
      for (const solve of [solveSqp, solveAlIlqr]) {
        const { status, U } = solve(withFiniteDifferences({ ...base, rows }), vec(0, 0), undefined, {
          tol: 1e-7,
        });
        expect(status).toBe("converged");
        leastNorm().U.forEach((u, k) => {
          expect(U[k]).toBeCloseTo(u, 4);
        });
      }
    }
  });

  // Published optima, by IPOPT and fatrop with multiple shooting.
  it.each([
    ["turn90", 0.0387019],
    ["parallel-park", 0.0540671],
  ] as const)("lead %s from its plain guess to the published optimum in at most 25 QPs", (name, optimum) => {
    const { ocp, x0, guess } = ZOO[name]();
    const result = solveSqp(ocp, x0, guess);
    expect(result.status).toBe("converged");
    expect(result.iterations).toBeLessThanOrEqual(25);
    expect(Math.abs(result.cost / optimum - 1)).toBeLessThan(1e-3);
    expect(result.violation).toBeLessThan(1e-6);
  });
});

describe("rows that no step of a QP can meet", () => {
  // A car that stands still, its goal behind a disc (zoo: 15.1103); terminal equality as pairs of inequalities.
  it("lead the constrained car round its disc from standstill", () => {
    const goal = [1, 0, 0];
    const ocp = withFiniteDifferences({
      N: 25,
      dynamics: UNICYCLE,
      stageCost: (x, u) =>
        0.5 * (0.1 * ((x[0] - 1) ** 2 + x[1] ** 2 + x[2] ** 2) + u[0] * u[0] + u[1] * u[1]),
      terminalCost: () => 0,
      uLower: vec(-1, -1),
      uUpper: vec(1, 1),
      rows: [
        {
          count: 7,
          value(x, k, out) {
            out.set(goal.flatMap((g, i) => (k === 25 ? [x[i] - g, g - x[i]] : [1, 1])));
            out[6] = Math.hypot(x[0] - 0.5, x[1] - 0.01) - 0.25;
          },
        },
      ],
    });
    const result = solveSqp(ocp, vec(0, 0, 0));
    expect(result.status).toBe("converged");
    expect(result.cost).toBeCloseTo(15.1103, 3);
    expect(result.violation).toBeLessThan(1e-6);
    expect(result.iterations).toBeLessThanOrEqual(25);
  });
});
