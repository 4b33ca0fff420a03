import { describe, expect, it } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import { type AlIlqrOptions, createAlIlqrWorkspace, solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import {
  type Ocp,
  rowGroups,
  rowsOfGroup,
  type SoftPenalty,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { carProblem } from "../sqp/car.ts";
import { cartPole, pendulum } from "../sqp/problems.ts";
import { maxDifference } from "./dense.ts";
import { condensedSolution, doubleIntegrator } from "./double-integrator.ts";
import { differencedGradient, projectedResidual } from "./independent-gradient.ts";
import { lqOcp, randomLq } from "./lq-problem.ts";

type Vec = Float64Array;
const HESSIANS = ["gaussNewton", "full"] as const;
const origin = new Float64Array(2);

/** What rows read that are of the state alone. */
const none = new Float64Array(0);

describe("solveAlIlqr on the 4-state car of the paper", () => {
  const ocp = carProblem();
  const x0 = Float64Array.of(0.25, 1.75, 0, 0);

  it.each(HESSIANS)("reaches the optimum 2.06116 from zero controls (%s)", (hessian) => {
    const result = solveAlIlqr(ocp, x0, undefined, { hessian });
    expect(result.status).toBe("converged");
    // The optimum by IPOPT, as published; its last digit is the tolerance.
    expect(Math.abs(result.cost - 2.06116)).toBeLessThan(1e-4);
    expect(result.violation).toBeLessThan(1e-6);
    expect(result.merit).toBe(result.cost);
  });

  it("returns multipliers that satisfy the KKT conditions, checked by differencing the Lagrangian", () => {
    const { U, X, multipliers } = solveAlIlqr(ocp, x0);
    const c = new Float64Array(3);
    const rows = (states: Vec): number => {
      let sum = 0;
      for (let k = 1; k <= ocp.N; k++) {
        rowGroups(ocp)[0].value(states.subarray(4 * k, 4 * k + 4), none, k, c);
        for (let i = 0; i < 3; i++) sum -= multipliers[3 * (k - 1) + i] * c[i];
      }
      return sum;
    };
    const g = differencedGradient(ocp, x0, U, rows);
    expect(projectedResidual(ocp, U, g)).toBeLessThan(1e-4);
    expect(multipliers.every((y) => y >= 0)).toBe(true);
    expect(multipliers.some((y) => y > 0.1)).toBe(true);
    for (let k = 1; k <= ocp.N; k++) {
      rowGroups(ocp)[0].value(X.subarray(4 * k, 4 * k + 4), none, k, c);
      for (let i = 0; i < 3; i++) expect(Math.min(c[i], multipliers[3 * (k - 1) + i])).toBeLessThan(1e-5);
    }
  });

  it("takes at most a handful of steps from its own controls and multipliers", () => {
    const { U, multipliers, iterations } = solveAlIlqr(ocp, x0);
    const again = solveAlIlqr(ocp, x0, { U, multipliers });
    expect(iterations).toBeGreaterThan(20);
    expect(again.status).toBe("converged");
    expect(again.iterations).toBeLessThanOrEqual(2);
  });

  it("gives the same bytes again, in a used workspace and for another problem of the same size too", () => {
    const workspace = createAlIlqrWorkspace(ocp);
    const first = solveAlIlqr(ocp, x0, undefined, {}, workspace);
    const other = { ...carProblem(), uUpper: Float64Array.of(0.5, 3) };
    const changed = solveAlIlqr(other, x0, undefined, {}, workspace);
    expect(changed.U.every((u, i) => u <= (i % 2 === 0 ? 0.5 : 3))).toBe(true);
    expect(solveAlIlqr(ocp, x0, undefined, {}, workspace)).toEqual(first);
  });
});

describe("solveAlIlqr with a state box", () => {
  const problem = { N: 30, dt: 0.1, effort: 0.1, terminal: 100, target: [1, 0], uMax: 2 } as const;
  const limit = 0.4;
  const box = { index: [1], lower: Float64Array.of(-limit), upper: Float64Array.of(limit) };

  it("equals quadprog on a speed-limited double integrator, in controls and multipliers", () => {
    const result = solveAlIlqr(doubleIntegrator({ ...problem, stateBox: box }), origin);
    const expected = condensedSolution(problem, origin, limit);
    expect(result.status).toBe("converged");
    expect(maxDifference(result.U, expected.U)).toBeLessThan(1e-4);
    const multipliers = Array.from({ length: problem.N }, (_, k) => [
      result.multipliers[2 * k],
      result.multipliers[2 * k + 1],
    ]);
    expect(Math.max(...expected.multipliers.flat())).toBeGreaterThan(0.1);
    expect(maxDifference(multipliers.flat(), expected.multipliers.flat())).toBeLessThan(1e-2);
  });

  it("is unchanged by bounds that are infinite or not reached", () => {
    const wide = {
      index: [0, 1],
      lower: Float64Array.of(-Infinity, -9),
      upper: Float64Array.of(9, Infinity),
    };
    const result = solveAlIlqr(doubleIntegrator({ ...problem, stateBox: wide }), origin);
    expect(result.status).toBe("converged");
    expect(maxDifference(result.U, condensedSolution(problem, origin).U)).toBeLessThan(1e-4);
    expect(result.multipliers.every((y) => y === 0)).toBe(true);
  });

  it("keeps a cart on its track during a swing-up", () => {
    const { ocp, x0 } = cartPole();
    const tight = { index: [0], lower: Float64Array.of(-0.3), upper: Float64Array.of(0.3) };
    const result = solveAlIlqr({ ...ocp, stateBox: tight }, x0);
    expect(result.status).toBe("converged");
    for (let k = 1; k <= ocp.N; k++) expect(Math.abs(result.X[4 * k])).toBeLessThan(0.3 + 1e-5);
    expect(Math.abs(result.X[4 * ocp.N + 1] - Math.PI)).toBeLessThan(0.2);
    expect(result.multipliers.some((y) => y > 0)).toBe(true);
  });

  it("without any constraint does what solveIlqr does", () => {
    const { ocp, x0 } = pendulum();
    const plain = solveIlqr(ocp, x0);
    const result = solveAlIlqr(ocp, x0, undefined, { tolInitial: 1e-6 });
    expect(result.status).toBe("converged");
    expect(result.U).toEqual(plain.U);
    expect(result.multipliers).toHaveLength(0);
  });
});

/** One step x1 = u from 0, cost (x1 - 2)^2 / 2, row 1 - x1 >= 0: at x1 = 1 the multiplier is 1. */
function oneStep(soft?: SoftPenalty): Ocp {
  return withFiniteDifferences({
    N: 1,
    dynamics: {
      nx: 1,
      nu: 1,
      step(_x, u, _k, out) {
        out[0] = u[0];
      },
    },
    stageCost: () => 0,
    terminalCost: (x) => 0.5 * (x[0] - 2) ** 2,
    rows: [
      {
        count: 1,
        soft,
        value(x, _k, out) {
          out[0] = 1 - x[0];
        },
      },
    ],
  });
}

describe("solveAlIlqr with soft rows", () => {
  it.each([
    // linear, quadratic, x1 from minimising (x - 2)^2 / 2 + linear s + quadratic s^2 / 2, s = max(0, x - 1)
    [3, 0, 1],
    [1.001, 5, 1],
    [0.25, 0, 1.75],
    [0.25, 2, 1.25],
    [0.1, 1, 1.45],
  ])("pays the penalty exactly: linear %d, quadratic %d, x1 = %d", (linear, quadratic, x1) => {
    for (const rhoInitial of [0.1, 10, 1e4]) {
      const result = solveAlIlqr(oneStep({ linear, quadratic }), new Float64Array(1), undefined, {
        rhoInitial,
      });
      expect(result.status).toBe("converged");
      expect(result.X[1]).toBeCloseTo(x1, 5);
      const s = Math.max(0, result.X[1] - 1);
      expect(result.multipliers[0]).toBeCloseTo(2 - x1, 4);
      expect(result.merit - result.cost).toBeCloseTo(linear * s + 0.5 * quadratic * s * s, 12);
      expect(result.violation).toBeCloseTo(x1 - 1, 5);
      expect(result.residuals.violation).toBe(0);
    }
  });

  it("is stationary for J plus the penalties on a random problem with some rows kept and some violated", () => {
    const base = lqOcp(randomLq(3, 8, 2, 1), 2);
    const soft = { linear: 0.5, quadratic: 0.7 };
    const index = [0, 1];
    const stateBox = { index, lower: Float64Array.of(-0.2, -0.2), upper: Float64Array.of(0.2, 0.2), soft };
    const ocp: Ocp = { ...base, stateBox };
    const x0 = Float64Array.of(1, -1);
    const result = solveAlIlqr(ocp, x0);
    expect(result.status).toBe("converged");
    const penalty = (X: Vec): number => {
      let sum = 0;
      for (let i = 2; i < X.length; i++) {
        const s = Math.max(0, Math.abs(X[i]) - 0.2);
        sum += soft.linear * s + 0.5 * soft.quadratic * s * s;
      }
      return sum;
    };
    const merit = (U: Vec): number => {
      const X = new Float64Array(result.X.length);
      X.set(x0);
      let cost = 0;
      for (let k = 0; k < ocp.N; k++) {
        const x = X.subarray(2 * k, 2 * k + 2);
        cost += ocp.stageCost(x, U.subarray(k, k + 1), k);
        ocp.dynamics.step(x, U.subarray(k, k + 1), k, X.subarray(2 * k + 2, 2 * k + 4));
      }
      return cost + ocp.terminalCost(X.subarray(-2)) + penalty(X);
    };
    expect(result.merit).toBeCloseTo(merit(result.U), 10);
    const states = [...result.X.slice(2)].map(Math.abs);
    expect(states.some((v) => Math.abs(v - 0.2) < 1e-6)).toBe(true);
    expect(states.some((v) => v > 0.21)).toBe(true);
    // The merit is convex but has kinks: no nearby point may be better.
    const rng = createRng(5);
    for (let trial = 0; trial < 300; trial++) {
      const step = 10 ** -(1 + 3 * rng.uniform());
      const near = result.U.map((u) => Math.min(2, Math.max(-2, u + step * rng.gauss())));
      expect(merit(near)).toBeGreaterThan(result.merit - 1e-9);
    }
  });

  it("converges where soft rows contradict each other", () => {
    const ocp = contradiction({ linear: 1, quadratic: 1 });
    const result = solveAlIlqr(ocp, origin);
    expect(result.status).toBe("converged");
    expect(result.violation).toBeGreaterThan(0.9);
    expect(result.residuals.violation).toBe(0);
  });
});

/** A double integrator whose position must be both above 1 and below -1. */
function contradiction(soft?: SoftPenalty): Ocp {
  const ocp = doubleIntegrator({ N: 10, dt: 0.1, effort: 1, terminal: 1, target: [0, 0], uMax: 3 });
  return {
    ...ocp,
    rows: [
      {
        count: 2,
        soft,
        value(x, _k, out) {
          out[0] = x[0] - 1;
          out[1] = -1 - x[0];
        },
        jacobian(_x, _k, C) {
          C.set([1, 0, -1, 0]);
        },
      },
    ],
  };
}

describe("statuses and arguments of solveAlIlqr", () => {
  const car = carProblem();
  const start = Float64Array.of(0.25, 1.75, 0, 0);

  it("infeasible: hard rows that contradict each other", () => {
    const result = solveAlIlqr(contradiction(), origin);
    expect(result.status).toBe("infeasible");
    expect(result.residuals.violation).toBeGreaterThan(0.9);
    expect(result.history.at(-1)!.rho).toBe(1e8);
    expect(result.message).toMatch(/soft/);
    expect(result.U.every(Number.isFinite)).toBe(true);
  });

  it("infeasible: a target box the bounded controls cannot reach", () => {
    const stateBox = { index: [0], lower: Float64Array.of(5), upper: Float64Array.of(6) };
    const p = { N: 10, dt: 0.1, effort: 1, terminal: 1, target: [0, 0], uMax: 1, stateBox } as const;
    expect(solveAlIlqr(doubleIntegrator(p), origin).status).toBe("infeasible");
  });

  it("nonFinite: rows that return NaN", () => {
    const rows = rowsOfGroup({ ...rowGroups(car)[0], value: (_x, _u, _k, out) => void out.fill(Number.NaN) });
    const result = solveAlIlqr({ ...car, rows }, start);
    expect(result.status).toBe("nonFinite");
    expect(result.iterations).toBe(0);
  });

  it("maxIterations: of all steps together, and of outer iterations", () => {
    const few = solveAlIlqr(car, start, undefined, { maxIterations: 5 });
    expect(few.status).toBe("maxIterations");
    expect(few.iterations).toBe(5);
    const one = solveAlIlqr(car, start, undefined, { maxOuterIterations: 1 });
    expect(one.status).toBe("maxIterations");
    expect(one.outerIterations).toBe(1);
    expect(solveAlIlqr(car, start, undefined, { maxIterations: 0 }).iterations).toBe(0);
  });

  it("deadline: by the clock handed in, for the outer iterations together", () => {
    let time = 0;
    const clock = (): number => {
      time += 1;
      return time;
    };
    const result = solveAlIlqr(car, start, undefined, { deadline: 20, clock });
    expect(result.status).toBe("deadline");
    expect(result.iterations).toBeGreaterThan(5);
    expect(result.iterations).toBeLessThan(21);
  });

  it.each<[keyof AlIlqrOptions, number, string]>([
    ["constraintTol", 0, "constraintTol is 0, expected a number > 0"],
    ["tolInitial", -1, "tolInitial is -1, expected a number > 0"],
    ["rhoInitial", 0, "rhoInitial is 0, expected a finite number > 0"],
    ["rhoFactor", 1, "rhoFactor is 1, expected a finite number > 1"],
    ["rhoMax", 0.05, "rhoMax is 0.05, expected a finite number >= rhoInitial"],
    ["maxOuterIterations", 0, "maxOuterIterations is 0, expected an integer >= 1"],
    ["maxInnerIterations", 0, "maxInnerIterations is 0, expected an integer >= 1"],
    ["tol", Number.NaN, "tol is NaN, expected a number > 0"],
  ])("option %s = %d is refused", (name, value, message) => {
    expect(() => solveAlIlqr(car, start, undefined, { [name]: value })).toThrow(new ConfigError(message));
  });

  it("multipliers of the wrong length are refused", () => {
    expect(() => solveAlIlqr(car, start, { multipliers: new Float64Array(7) })).toThrow(
      new ShapeError("multipliers has length 7, expected m = 120"),
    );
  });
});
