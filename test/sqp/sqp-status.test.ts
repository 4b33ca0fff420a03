import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { type Ocp, rowList, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import {
  createSqpWorkspace,
  DEFAULT_SQP_OPTIONS,
  describeSqpStatus,
  SQP_STATUSES,
  type SqpOptions,
  solveSqp,
} from "../../src/sqp/index.ts";
import { carProblem } from "./car.ts";
import { linearProblem, lowerRows, pointMass } from "./linear-problem.ts";
import { cartPole, pendulum } from "./problems.ts";

const rest = Float64Array.of(0, 0);
/** In 2 s with |u| <= 1 a point mass gets 2 m far at most. */
const unreachable = lowerRows(0, 3);
/** A row that must hold at the last stage only. */
const atTheEnd = (rows: Ocp["rows"]): Ocp["rows"] =>
  rowList(rows).map((row) => ({ ...row, stages: "terminal" }));

describe("rows that cannot be met", () => {
  it("are infeasible where they are hard, and the result is as near to them as the controls allow", () => {
    const result = solveSqp(pointMass({ rows: atTheEnd(unreachable) }), rest);
    expect(result.status).toBe("infeasible");
    expect(result.message).toContain(describeSqpStatus("infeasible"));
    expect(result.message).toContain("row 0 of group 0 at stage 20");
    expect(result.conflict[0].violation).toBeCloseTo(3 - result.X[40], 9);
    expect(result.iterations).toBeLessThan(15);
    expect([...result.U.slice(0, 19)].every((u) => u > 1 - 1e-3)).toBe(true); // the last one moves nothing
  });

  it("are infeasible where a hard state box leaves no room", () => {
    const box = { index: [0], lower: Float64Array.of(0.5), upper: Float64Array.of(0.6) };
    const result = solveSqp(pointMass({ stateBox: box }), rest);
    expect(result.status).toBe("infeasible");
    expect(result.violation).toBeGreaterThan(0.4);
  });

  it("are infeasible where they contradict each other", () => {
    const rows: Ocp["rows"] = [
      {
        count: 2,
        value(x, _k, out) {
          out[0] = x[0] - 0.1;
          out[1] = -0.1 - x[0];
        },
        jacobian(_x, _k, C) {
          C.set([1, 0, -1, 0]);
        },
      },
    ];
    expect(solveSqp(pointMass({ rows }), rest).status).toBe("infeasible");
  });

  it("are infeasible for a car that starts inside a disc", () => {
    const result = solveSqp(carProblem(), Float64Array.of(1.1, 1, 0, 0));
    expect(result.status).toBe("infeasible");
    expect(result.iterations).toBeLessThan(100);
  });

  it("cost their penalty where they are soft", () => {
    const soft = { linear: 50, quadratic: 10 };
    const result = solveSqp(pointMass({ rows: atTheEnd(lowerRows(0, 3, soft)) }), rest, undefined, {
      tol: 1e-6,
    });
    expect(result.status).toBe("converged");
    expect(result.slackInUse).toBe(true);
    const v = 3 - result.X[40];
    expect(result.violation).toBeCloseTo(v, 9);
    expect(v).toBeGreaterThan(1);
    expect(result.merit).toBeCloseTo(result.cost + 50 * v + 5 * v * v, 9);
  });

  it("are in use or not whatever the unit of rows and states", () => {
    for (const unit of [1e-9, 1, 1e9]) {
      const ends = (bound: number) => {
        const soft = { linear: 50 / unit, quadratic: 10 / unit ** 2 };
        const value = (x: Vec, _k: number, c: Vec): void => void c.fill(unit * (x[0] - bound));
        const ocp = withFiniteDifferences({
          ...pointMass(),
          rows: { count: 1, stages: "terminal", soft, value },
        });
        return solveSqp(ocp, rest, undefined, { tol: 1e-6 });
      };
      const [far, near] = [ends(3), ends(-3)];
      expect([far.status, far.slackInUse]).toEqual(["converged", true]);
      expect([near.status, near.slackInUse]).toEqual(["converged", false]);
    }
  });

  it("are met exactly where they are soft, can be met and the penalty is above their multiplier", () => {
    const soft = { linear: 500, quadratic: 10 };
    const wanted = solveSqp(pointMass({ rows: lowerRows(0, -0.04) }, 0.3), Float64Array.of(0, -0.2));
    const result = solveSqp(pointMass({ rows: lowerRows(0, -0.04, soft) }, 0.3), Float64Array.of(0, -0.2));
    expect(result.status).toBe("converged");
    expect(result.slackInUse).toBe(false);
    expect(result.cost).toBeCloseTo(wanted.cost, 4);
  });

  it("do not hide a solution: hard rows that only the linearization cannot meet are met", () => {
    // start just outside the row's reach at the guess, with a guess that violates it widely
    const ocp = pointMass({ rows: atTheEnd(lowerRows(0, 1.9)) });
    const result = solveSqp(ocp, rest, new Float64Array(20).fill(-1));
    expect(result.status).toBe("converged");
    expect(result.X[40]).toBeGreaterThan(1.9 - 1e-3);
  });
});

describe("numbers that are not finite", () => {
  const broken: [string, Partial<Ocp>][] = [
    ["the cost", { stageCost: () => Number.NaN }],
    ["the terminal cost", { terminalCost: () => Number.POSITIVE_INFINITY }],
    ["a gradient", { terminalGradient: (_x, q) => void q.fill(Number.NaN) }],
    [
      "the rows",
      {
        rows: [
          {
            count: 1,
            value: (_x, _k, out) => void out.fill(Number.NaN),
            jacobian: (_x, _k, C) => void C.fill(0),
          },
        ],
      },
    ],
    [
      "soft rows",
      {
        rows: [
          {
            count: 1,
            value: (_x, _k, out) => void out.fill(Number.NaN),
            jacobian: (_x, _k, C) => void C.fill(0),
            soft: { linear: 1, quadratic: 1 },
          },
        ],
      },
    ],
    [
      "a row's Jacobian",
      {
        rows: [
          {
            count: 1,
            value: (_x, _k, out) => void out.fill(1),
            jacobian: (_x, _k, C) => void C.fill(Number.NaN),
          },
        ],
      },
    ],
    [
      "the dynamics",
      { dynamics: { ...pointMass().dynamics, step: (_x, _u, _k, out) => void out.fill(Number.NaN) } },
    ],
    [
      "their Jacobian",
      {
        dynamics: {
          ...pointMass().dynamics,
          jacobian: (_x, _u, _k, A, B) => void [A.fill(Number.NaN), B.fill(0)],
        },
      },
    ],
    [
      "the Hessian",
      { stageHessian: (_x, _u, _k, Q, R, M) => void [Q.fill(Number.NaN), R.fill(1), M.fill(0)] },
    ],
  ];
  for (const [name, change] of broken) {
    it(`end the solve with a status where they come from ${name}`, () => {
      const result = solveSqp(pointMass(change), rest);
      expect(result.status).toBe("nonFinite");
      expect(result.message).toContain("NaN");
    });
  }

  it("end the solve where x0 or the guess holds them", () => {
    expect(solveSqp(pointMass(), Float64Array.of(0, Number.NaN)).status).toBe("nonFinite");
    expect(solveSqp(pointMass(), rest, new Float64Array(20).fill(Number.NaN)).status).toBe("nonFinite");
    expect(solveSqp(pointMass(), rest, { X: new Float64Array(42).fill(Number.NaN) }).status).toBe(
      "nonFinite",
    );
  });

  it("shorten the step where only long ones meet them", () => {
    // a cost that is NaN at any speed above 0.6: the first full step would go to about 1.5
    const base = pointMass({ uLower: Float64Array.of(-50), uUpper: Float64Array.of(50) }, 4);
    const wall = (v: number): number => (v > 0.6 ? Number.NaN : -0.05 * Math.log(0.6 - v));
    const ocp: Ocp = {
      ...base,
      stageCost: (x, u) => base.stageCost(x, u, 0) + wall(x[1]),
      stageGradient(x, u, k, q, r) {
        base.stageGradient(x, u, k, q, r);
        q[1] += 0.05 / (0.6 - x[1]);
      },
      stageHessian(x, u, k, Q, R, M) {
        base.stageHessian(x, u, k, Q, R, M);
        Q[3] += 0.05 / (0.6 - x[1]) ** 2;
      },
    };
    const result = solveSqp(ocp, rest, undefined, { tol: 1e-6 });
    expect(result.status).toBe("converged");
    expect(result.history.some((row) => row.alpha < 1)).toBe(true);
    expect(result.X.filter((_, i) => i % 2 === 1).every((v) => v < 0.6)).toBe(true);
  });
});

describe("limits", () => {
  it("stop after maxIterations, with that many QPs and the best iterate", () => {
    for (const maxIterations of [0, 1, 5]) {
      const { ocp, x0 } = cartPole();
      const result = solveSqp(ocp, x0, undefined, { maxIterations });
      expect(result.status).toBe("maxIterations");
      expect(result.iterations).toBe(maxIterations);
      expect(result.history.length).toBe(maxIterations + 1);
      expect(result.cost).toBe(result.history.at(-1)!.cost);
    }
  });

  it("stop at the deadline of the clock they are given, with the best iterate so far", () => {
    const { ocp, x0 } = cartPole();
    let now = 0;
    const result = solveSqp(ocp, x0, undefined, { deadline: 50, clock: () => now++ });
    expect(result.status).toBe("deadline");
    expect(result.iterations).toBeGreaterThan(0);
    expect(result.iterations).toBeLessThan(20);
    const costs = result.history.map((row) => row.merit);
    expect(result.merit).toBe(Math.min(...costs));
    expect(result.ms.total).toBeGreaterThanOrEqual(50);
    expect(result.ms.linearize + result.ms.qp + result.ms.lineSearch).toBeLessThanOrEqual(result.ms.total);
  });

  it("return the guess at a deadline of zero, and ignore a deadline without a clock", () => {
    const { ocp, x0 } = pendulum();
    const at = solveSqp(ocp, x0, undefined, { deadline: 0, clock: () => 0 });
    expect(at.status).toBe("deadline");
    expect(at.iterations).toBe(0);
    expect(solveSqp(ocp, x0, undefined, { deadline: 0 }).status).toBe("converged");
  });

  it("say stalled where the gradient lies and no step helps", () => {
    const base = pointMass();
    const ocp: Ocp = {
      ...base,
      terminalGradient(x, q) {
        base.terminalGradient(x, q);
        q[0] = -q[0];
      },
    };
    const result = solveSqp(ocp, rest);
    expect(result.status).toBe("stalled");
    expect(result.message).toContain("checkDerivatives");
    expect([...result.U].every((u) => u === 0)).toBe(true);
  });

  it("have a sentence for every status", () => {
    for (const status of SQP_STATUSES) expect(describeSqpStatus(status).length).toBeGreaterThan(20);
  });
});

describe("a caller's mistake", () => {
  const { ocp } = linearProblem(createRng(3));
  const x0 = Float64Array.of(1, 0, 0);
  const wrong: [string, Partial<SqpOptions>, RegExp][] = [
    ["tol", { tol: 0 }, /tol is 0, expected a number > 0/],
    ["tol", { tol: Number.NaN }, /tol is NaN/],
    ["maxIterations", { maxIterations: 1.5 }, /maxIterations is 1.5, expected an integer >= 0/],
    ["maxTrials", { maxTrials: 0 }, /maxTrials is 0, expected an integer >= 1/],
    ["armijo", { armijo: 0.7 }, /armijo is 0.7, expected a number in \(0, 0.5\)/],
    ["deadline", { deadline: -1 }, /deadline is -1/],
    [
      "gains",
      { gains: "closed" as never },
      /gains is "closed", expected one of open, stable, approx-sens, sens/,
    ],
    ["hessian", { hessian: "bfgs" as never }, /hessian is "bfgs", expected one of gaussNewton, full/],
    ["an unknown option", { tolerance: 1 } as never, /unknown SQP option "tolerance", expected one of tol/],
  ];
  for (const [name, options, message] of wrong) {
    it(`in ${name} is refused with the legal values`, () => {
      expect(() => solveSqp(ocp, x0, undefined, options)).toThrow(message);
    });
  }

  it("in a length is refused with what was expected", () => {
    expect(() => solveSqp(ocp, rest)).toThrow(/x0 has length 2, expected nx = 3/);
    expect(() => solveSqp(ocp, x0, new Float64Array(39))).toThrow(/U has length 39, expected N\*nu = 40/);
    expect(() => solveSqp(ocp, x0, { X: new Float64Array(60) })).toThrow(
      /X has length 60, expected \(N\+1\)\*nx = 63/,
    );
    expect(() => solveSqp(ocp, x0, { multipliers: new Float64Array(1) })).toThrow(/multipliers has length 1/);
    expect(() => solveSqp(ocp, x0, { X: new Float64Array(63), K: new Float64Array(2) })).toThrow(
      /K has length 2/,
    );
    expect(() => solveSqp({ ...ocp, uLower: new Float64Array(3) }, x0)).toThrow(
      /uLower has length 3, expected nu = 2 or N\*nu = 40/,
    );
    expect(() => solveSqp(ocp, x0, undefined, {}, createSqpWorkspace(carProblem()))).toThrow(
      /workspace is for N=40/,
    );
  });

  it("in tracking weights is refused", () => {
    const X = new Float64Array(63);
    const tracking = { state: new Float64Array(2).fill(1), control: new Float64Array(2).fill(1) };
    expect(() => solveSqp(ocp, x0, { X, tracking })).toThrow(/tracking.state has length 2, expected nx = 3/);
  });

  it("leaves an option that is undefined at its default", () => {
    const given = solveSqp(ocp, x0, undefined, { tol: undefined, maxIterations: undefined });
    expect(given.residuals.kkt).toBeLessThanOrEqual(DEFAULT_SQP_OPTIONS.tol);
  });
});
