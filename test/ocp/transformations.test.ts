import { describe, expect, it } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  checkDerivatives,
  discretize,
  leastSquaresCost,
  type Ocp,
  type StateRows,
  withFiniteDifferences,
  withFreeFinalTime,
  withFreeInitialState,
  withSlewLimits,
} from "../../src/ocp/index.ts";
import { createSqpWorkspace, solveSqp } from "../../src/sqp/index.ts";
import { randomOcp } from "../sqp/random-ocp.ts";

const vec = (...v: number[]): Float64Array => Float64Array.from(v);
const doubleIntegrator = {
  nx: 2,
  nu: 1,
  derivative(x: Float64Array, u: Float64Array, out: Float64Array): void {
    out[0] = x[1];
    out[1] = u[0];
  },
  jacobian(_x: Float64Array, _u: Float64Array, Fx: Float64Array, Fu: Float64Array): void {
    Fx.set([0, 1, 0, 0]);
    Fu.set([0, 1]);
  },
};
/** x_N = goal. */
const reaches = (goal: readonly number[]): Omit<StateRows, "jacobian"> => ({
  count: goal.length,
  kind: "equality",
  stages: "terminal",
  value: (x, _k, out) => out.set(goal.map((g, i) => x[i] - g)),
});
const tight = { tol: 1e-8 };

describe("transformed problems", () => {
  const base = randomOcp(createRng(3), {
    N: 5,
    nx: 3,
    nu: 2,
    rows: 2,
    box: 1,
    controlRows: 1,
    terminal: 1,
    softRows: { linear: 1, quadratic: 1 },
  });

  it("have the derivatives they claim, with curved rows of states and controls", () => {
    const transformed: [string, Ocp][] = [
      ["slew limits", withSlewLimits(base, { rate: vec(0.1, Infinity) })],
      [
        "more free components than controls",
        withFreeInitialState(base, { index: [2, 0, 1], weight: vec(1, 2, 0) }),
      ],
      ["one free component", withFreeInitialState(base, { index: [1] })],
      ["both", withFreeInitialState(withSlewLimits(base, { rate: vec(0.1, 0.2) }), { index: [0, 3, 4] })],
    ];
    for (const [name, ocp] of transformed) {
      const { worst } = checkDerivatives(ocp, undefined, createRng(5), { samples: 20 });
      expect(worst, name).toEqual([]);
    }
  });

  it("refuse what does not fit", () => {
    expect(() => withSlewLimits(base, { rate: vec(1) })).toThrow(
      new ShapeError("rate has length 1, expected nu = 2"),
    );
    expect(() => withFreeInitialState(base, { index: [3] })).toThrow(
      new ConfigError("index holds 3, expected distinct state indices in 0..2"),
    );
    expect(() => withFreeInitialState(base, { index: [1], lower: vec(0, 0) })).toThrow(ShapeError);
    expect(() =>
      leastSquaresCost({ N: 1, nx: 1, nu: 1 }, { count: 2, weight: vec(1), value: () => {} }),
    ).toThrow(new ShapeError("weight has length 1, expected count = 2"));
    expect(() => discretize(doubleIntegrator, vec(0.1, 0))).toThrow(
      new ConfigError("dt is 0, expected a positive number of seconds"),
    );
  });
});

describe("limits on how fast controls change", () => {
  /** Each control should be 1; the states only integrate. */
  const follow = withFiniteDifferences({
    N: 6,
    dynamics: { nx: 1, nu: 1, step: (x, u, _k, out) => out.set([x[0] + u[0]]) },
    stageCost: (_x, u) => (u[0] - 1) ** 2,
    terminalCost: () => 0,
  });

  it("make a ramp of a jump, from the control that is applied just now", () => {
    const ocp = withSlewLimits(follow, { rate: vec(0.3) });
    const { U, status } = solveSqp(ocp, vec(0, 0.05), undefined, tight);
    expect(status).toBe("converged");
    [0.35, 0.65, 0.95, 1, 1, 1].forEach((u, k) => void expect(U[k]).toBeCloseTo(u, 6));
  });

  it("leave the first control alone where that is asked for", () => {
    const ocp = withSlewLimits(follow, { rate: vec(0.3), from: 1 });
    const { U } = solveSqp(ocp, vec(0, -5), undefined, tight);
    U.forEach((u) => void expect(u).toBeCloseTo(1, 6));
  });

  it("are paid for where they are soft", () => {
    // min (u_0 - 1)^2 + z (u_0 - 0.3): u_0 = 1 - z / 2 while that is above 0.3
    const ocp = withSlewLimits({ ...follow, N: 1 }, { rate: vec(0.3), soft: { linear: 0.5, quadratic: 0 } });
    expect(solveSqp(ocp, vec(0, 0), undefined, tight).U[0]).toBeCloseTo(0.75, 6);
  });
});

describe("a free initial state", () => {
  it("is where a linear-quadratic problem costs least, by its Riccati recursion", () => {
    // x' = 0.9 x + u, cost 1/2 (x^2 + u^2) and 5 x_N^2 / 2, the start 2 + d at a price of 3 d^2 / 2
    const ocp = withFreeInitialState(
      withFiniteDifferences({
        N: 8,
        dynamics: { nx: 1, nu: 1, step: (x, u, _k, out) => out.set([0.9 * x[0] + u[0]]) },
        stageCost: (x, u) => 0.5 * (x[0] ** 2 + u[0] ** 2),
        terminalCost: (x) => 2.5 * x[0] ** 2,
      }),
      { index: [0], weight: vec(3) },
    );
    let P = 5;
    for (let k = 0; k < 8; k++) P = 1 + 0.81 * P - (0.9 * P) ** 2 / (1 + P);
    const { X, U, cost, status } = solveSqp(ocp, vec(2), undefined, tight);
    expect(status).toBe("converged");
    expect(U[1]).toBeCloseTo((-2 * P) / (P + 3), 6);
    expect(X[1]).toBeCloseTo(2 + U[1], 12);
    expect(cost).toBeCloseTo((0.5 * 4 * 3 * P) / (P + 3), 6);
  });

  it("keeps to its bounds, and the problem's rows and bounds come a stage later", () => {
    const ocp = withFreeInitialState(
      withFiniteDifferences({
        N: 2,
        dynamics: { nx: 1, nu: 1, step: (x, u, _k, out) => out.set([x[0] + u[0]]) },
        stageCost: (_x, u) => u[0] ** 2,
        terminalCost: () => 0,
        uLower: vec(-0.1, -1),
        uUpper: vec(0.1, 1),
        rows: [reaches([1])],
      }),
      { index: [0], lower: vec(-0.5), upper: vec(0.5) },
    );
    // 0 + 0.5 from the start, 0.1 at most by the first control, the rest by the second
    const { U } = solveSqp(ocp, vec(0), undefined, tight);
    [0, 0.5, 0.1, 0, 0.4, 0].forEach((u, k) => void expect(U[k]).toBeCloseTo(u, 6));
  });

  it("of a state that stays the same is a parameter: the slope of a line through noisy points, by least squares", () => {
    const rng = createRng(2);
    const points = Array.from({ length: 13 }, (_, k) => 0.7 * k + 0.3 * rng.gauss());
    const sizes = { N: 12, nx: 1, nu: 1 };
    const residual = (x: Float64Array, k: number): number => x[0] * k - points[k];
    const ocp = withFreeInitialState(
      withFiniteDifferences({
        N: 12,
        dynamics: { nx: 1, nu: 1, step: (x, _u, _k, out) => out.set([x[0]]) },
        ...leastSquaresCost(
          sizes,
          { count: 1, value: (x, _u, k, out) => out.set([residual(x, k)]) },
          { count: 1, value: (x, _u, k, out) => out.set([residual(x, k)]) },
        ),
        uLower: vec(0),
        uUpper: vec(0),
      }),
      { index: [0] },
    );
    const slope = points.reduce((s, y, k) => s + k * y, 0) / points.reduce((s, _y, k) => s + k * k, 0);
    const { X } = solveSqp(ocp, vec(0), undefined, tight);
    expect(X[5]).toBeCloseTo(slope, 6);
  });
});

describe("a free final time", () => {
  const rest = withFiniteDifferences({
    N: 20,
    dynamics: { nx: 2, nu: 1, step: () => {} },
    stageCost: () => 0,
    terminalCost: () => 0,
    rows: [reaches([3, 0])],
    uLower: vec(-1),
    uUpper: vec(1),
  });

  it("is the shortest one of a double integrator from rest to rest, 2 sqrt(d), with full thrust both ways", () => {
    const ocp = withFreeFinalTime(rest, doubleIntegrator, { lower: 0.5, upper: 20 });
    // controls [u; T] of the stage that sets T, then u of the others
    const guess = vec(0, 5, ...Array.from({ length: 20 }, (_, k) => [k < 10 ? 0.5 : -0.5, 0]).flat());
    const { X, U, status } = solveSqp(ocp, vec(0, 0, 0), guess, { tol: 1e-6 });
    expect(status).toBe("converged");
    expect(U[1]).toBeCloseTo(2 * Math.sqrt(3), 4);
    expect(X[3 * 21 + 2]).toBeCloseTo(U[1], 12);
    for (let k = 1; k <= 20; k++) expect(U[2 * k]).toBeCloseTo(k <= 10 ? 1 : -1, 3);
  });

  it("has a size of its own: a rocket lands in as long as it takes, with thrusts of 4e5 N", () => {
    const thrust = { lower: 300e3, upper: 845e3 };
    const f = {
      nx: 3,
      nu: 1,
      derivative: (x: Float64Array, u: Float64Array, out: Float64Array) =>
        out.set([x[1], u[0] / x[2] - 9.81, -u[0] / 2765]),
    };
    const land = withFiniteDifferences({
      N: 30,
      dynamics: { nx: 3, nu: 1, step: () => {} },
      stageCost: () => 0,
      terminalCost: (x) => -x[2],
      rows: [{ ...reaches([0, 0]), count: 2 }],
      uLower: vec(thrust.lower),
      uUpper: vec(thrust.upper),
    });
    const ocp = withFreeFinalTime(land, f, { lower: 8, upper: 40, weight: 0 });
    const guess = vec(0, 16, ...Array.from({ length: 30 }, () => [400e3, 0]).flat());
    const { status, iterations, U, X } = solveSqp(ocp, vec(1000, -80, 27e3, 0), guess);
    expect(status).toBe("converged");
    expect(iterations).toBeLessThan(30);
    // the least fuel: as little thrust as can be, then as much
    const thrusts = U.filter((_, i) => i > 1 && i % 2 === 0);
    expect(
      thrusts.filter((u) => u > thrust.lower * (1 + 1e-6) && u < thrust.upper * (1 - 1e-6)).length,
    ).toBeLessThan(2);
    expect(Math.abs(X.at(-4)!) + Math.abs(X.at(-3)!)).toBeLessThan(1e-3);
  });

  it("has the derivatives it claims, with a Jacobian of the dynamics and without", () => {
    const { jacobian: _, ...plain } = doubleIntegrator;
    for (const f of [doubleIntegrator, plain]) {
      const ocp = withFreeFinalTime(rest, f, { lower: 1, upper: 3, weight: 2, method: "midpoint" });
      expect(checkDerivatives(ocp, undefined, createRng(1), { samples: 20 }).worst).toEqual([]);
    }
  });
});

describe("steps of different lengths", () => {
  it("are those of the stage, in values and derivatives, and may change afterwards", () => {
    const dt = vec(0.1, 0.5, 1.4);
    const dynamics = discretize(doubleIntegrator, dt, "rk4");
    const ocp = withFiniteDifferences({ N: 3, dynamics, stageCost: () => 0, terminalCost: () => 0 });
    expect(checkDerivatives(ocp, undefined, createRng(1), { samples: 20 }).worst).toEqual([]);
    const end = (): number => {
      const x = vec(0, 0);
      for (let k = 0; k < 3; k++) dynamics.step(x.slice(), vec(1), k, x);
      return x[0];
    };
    expect(end()).toBeCloseTo(2, 12); // 1/2 T^2 for T = 2
    dt[2] = 2.4;
    expect(end()).toBeCloseTo(4.5, 12);
  });
});

describe("a least-squares cost", () => {
  it("has the exact gradient, and of linear residuals the exact Hessian", () => {
    const rng = createRng(4);
    const J = Float64Array.from({ length: 4 * 5 }, () => rng.gauss());
    const weight = vec(1, 0.5, 2, 3);
    const row = (i: number, x: Float64Array, u: Float64Array): number =>
      [...x, ...u].reduce((s, v, j) => s + J[i * 5 + j] * v, 0.3 * i);
    for (const bend of [0, 0.2]) {
      const cost = leastSquaresCost(
        { N: 3, nx: 3, nu: 2 },
        {
          count: 4,
          weight,
          value: (x, u, _k, out) =>
            out.set(weight.map((_, i) => row(i, x, u) + bend * Math.sin(x[0] * u[0]))),
        },
        { count: 1, value: (x, _u, _k, out) => out.set([Math.cos(x[0]) + x[2]]) },
      );
      const ocp = withFiniteDifferences({
        N: 3,
        dynamics: { nx: 3, nu: 2, step: (x, _u, _k, out) => void out.set(x) },
        ...cost,
      });
      const wrong = checkDerivatives(ocp, undefined, createRng(1), { samples: 10 }).worst.map(
        ({ name }) => name,
      );
      // Gauss-Newton leaves out the residuals' curvature.
      if (bend === 0) expect(wrong).toEqual(["terminalHessian Q"]);
      else expect(wrong.every((name) => name.includes("Hessian"))).toBe(true);
    }
  });
});

describe("what a problem reads from outside", () => {
  it("may change between solves in one workspace, with the result of a problem made anew", () => {
    const goal = vec(1, 0);
    const bound = vec(-1);
    const make = (target: Float64Array, lower: Float64Array): Ocp =>
      withFiniteDifferences({
        N: 10,
        dynamics: discretize(doubleIntegrator, 0.3),
        stageCost: (_x, u) => 0.05 * u[0] ** 2,
        terminalCost: () => 0,
        rows: [
          {
            ...reaches([0, 0]),
            value: (x, _k, out) => out.set(target.map((g, i) => x[i] - g)),
          },
        ],
        uLower: lower,
        uUpper: vec(1),
      });
    const ocp = make(goal, bound);
    const workspace = createSqpWorkspace(ocp);
    const first = solveSqp(ocp, vec(0, 0), undefined, tight, workspace);
    expect(first.X[20]).toBeCloseTo(1, 7);
    goal[0] = -0.8;
    bound[0] = -0.5;
    const second = solveSqp(ocp, vec(0, 0), undefined, tight, workspace);
    const anew = solveSqp(make(vec(-0.8, 0), vec(-0.5)), vec(0, 0), undefined, tight);
    expect(second.U).toEqual(anew.U);
    expect(second.X[20]).toBeCloseTo(-0.8, 7);
    expect(Math.min(...second.U)).toBeGreaterThanOrEqual(-0.5);
  });
});
