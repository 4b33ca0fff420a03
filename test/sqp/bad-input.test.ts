import { describe, expect, it } from "vitest";
import { ConfigError, ShapeError } from "../../src/base/index.ts";
import { type AlIlqrGuess, createAlIlqrWorkspace, solveAlIlqr } from "../../src/ilqr/index.ts";
import { checkDerivatives, type Ocp, type Rows, withFiniteDifferences } from "../../src/ocp/index.ts";
import { createSqpWorkspace, type SqpGuess, solve, solveSqp } from "../../src/sqp/index.ts";
import { pointMass } from "./linear-problem.ts";

type Vec = Float64Array;
const F = (...v: number[]): Vec => Float64Array.from(v);
const rest = F(0, 0);
const { nan, inf } = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY };
const { dynamics } = pointMass();

/** Rows `a'x + b` with their exact derivatives. */
const linear = (rows: readonly (readonly [number, number, number])[], kind: Rows["kind"]): Rows => ({
  ...{ count: rows.length, kind, stages: "terminal" },
  value(x, _k, c) {
    for (const [i, [a, b, d]] of rows.entries()) c[i] = a * x[0] + b * x[1] + d;
  },
  jacobian(_x, _k, C) {
    for (const [i, [a, b]] of rows.entries()) C.set([a, b], 2 * i);
  },
});
const equal = (...rows: [number, number, number][]): Partial<Ocp> => ({ rows: linear(rows, "equality") });
const above = (...rows: [number, number, number][]): Partial<Ocp> => ({ rows: linear(rows, "inequality") });
const row = (change: object): Partial<Ocp> => ({
  rows: { ...linear([[1, 0, 0]], "inequality"), ...change } as Rows,
});
const box = (change: object): Partial<Ocp> => ({
  stateBox: { index: [1], lower: F(-1), upper: F(1), ...change },
});

const SOLVERS = { solveSqp, solve, solveAlIlqr };

describe("what no problem can be", () => {
  it.each<[string, Partial<Ocp>, RegExp]>([
    ["N of 0", { N: 0 }, /N is 0, expected a positive integer/],
    ["half a stage", { N: 2.5 }, /N is 2.5/],
    ["no state", { dynamics: { ...dynamics, nx: 0 } }, /dynamics.nx is 0/],
    ["no control", { dynamics: { ...dynamics, nu: 0 } }, /dynamics.nu is 0/],
    ["bounds of another length", { uLower: F(-1, -1) }, /uLower has length 2, expected nu = 1 or N\*nu = 20/],
    ["crossed bounds", { uLower: F(2) }, /u bounds 0 are \[2, 1\], expected lower <= upper/],
    ["a bound that is NaN", { uUpper: F(nan) }, /u bounds 0 are \[-1, NaN\]/],
    ["bounds at infinity", { uLower: F(inf), uUpper: F(inf) }, /expected a finite number between them/],
    ["a box of a state that is not", box({ index: [2] }), /stateBox.index holds 2/],
    ["a crossed box", box({ lower: F(3) }), /stateBox bounds 0 are \[3, 1\]/],
    ["a box of another length", box({ lower: F(-1, 0) }), /stateBox.lower has length 2/],
    ["less than no rows", row({ count: -1 }), /rows.count is -1/],
    ["rows after the end", row({ stages: [21] }), /rows.stages holds 21, expected stages in 1..20/],
    ["rows of the given state", row({ stages: "initial" }), /rows.stages holds 0.*x_0 is given/],
    ["stages out of order", row({ stages: [4, 3] }), /expected ascending stages/],
    ["rows of no kind", row({ kind: "equal" }), /rows.kind is "equal"/],
    ["a penalty of nothing", row({ soft: { linear: 0, quadratic: 1 } }), /expected linear > 0/],
    ["an endless penalty", row({ soft: { linear: inf, quadratic: 0 } }), /both finite/],
    ["too many penalties", row({ soft: [undefined, undefined] }), /rows.soft has length 2/],
    ["an angle that is no state", { angles: [2] }, /angles holds 2/],
  ])("is refused by name: %s", (_, change, message) => {
    for (const run of Object.values(SOLVERS)) expect(() => run(pointMass(change), rest)).toThrow(message);
  });
});

describe("arguments that do not fit", () => {
  it.each<[string, Vec, SqpGuess & AlIlqrGuess, RegExp]>([
    ["x0", F(0), {}, /x0 has length 1, expected nx = 2/],
    ["U", rest, { U: F(0) }, /U has length 1, expected N\*nu = 20/],
    ["X", rest, { X: F(0) }, /X has length 1, expected \(N\+1\)\*nx = 42/],
    ["multipliers", rest, { multipliers: F(0) }, /multipliers has length 1, expected m = 0/],
    [
      "weights",
      rest,
      { X: new Float64Array(42), tracking: { state: F(1), control: F(1) } },
      /tracking.state has length 1/,
    ],
  ])("are refused by name: %s", (_, x0, guess, message) => {
    for (const run of Object.values(SOLVERS)) {
      expect(() => run(pointMass(), x0, guess)).toThrow(message);
      expect(() => run(pointMass(), x0, guess)).toThrow(ShapeError);
    }
  });

  it("are refused by name: options, and a workspace of another size", () => {
    for (const run of Object.values(SOLVERS)) {
      for (const options of [
        { tol: 0 },
        { tol: nan },
        { maxIterations: -1 },
        { armijo: 1 },
        { tolerance: 1 },
      ])
        expect(() => run(pointMass(), rest, undefined, options as object)).toThrow(ConfigError);
    }
    const other = pointMass({ N: 5 });
    expect(() => solveSqp(pointMass(), rest, undefined, {}, createSqpWorkspace(other))).toThrow(/N=5/);
    expect(() => solveAlIlqr(pointMass(), rest, undefined, {}, createAlIlqrWorkspace(other))).toThrow(/N=5/);
  });
});

describe("numbers that are none", () => {
  const writes = (name: keyof Ocp, at: number): Partial<Ocp> => ({
    [name]: (...args: unknown[]) => {
      const out = args.filter((v) => v instanceof Float64Array).slice(name.startsWith("terminal") ? 1 : 2);
      (pointMass()[name] as (...a: unknown[]) => void)(...args);
      (out[at] as Vec).fill(nan);
    },
  });
  const jacobian = (at: 0 | 1): Partial<Ocp> => ({
    dynamics: {
      ...dynamics,
      jacobian(x, u, k, A, B) {
        dynamics.jacobian(x, u, k, A, B);
        (at === 0 ? A : B).fill(nan);
      },
    },
  });

  it.each<[string, Partial<Ocp>]>([
    ["of the dynamics", { dynamics: { ...dynamics, step: (_x, _u, _k, out) => void out.fill(nan) } }],
    ["of a cost", { stageCost: () => nan }],
    ["of a cost without end", { terminalCost: () => inf }],
    ["of A", jacobian(0)],
    ["of B", jacobian(1)],
    ["of q", writes("stageGradient", 0)],
    ["of r", writes("stageGradient", 1)],
    ["of R", writes("stageHessian", 1)],
    ["of q at the end", writes("terminalGradient", 0)],
    ["of Q at the end", writes("terminalHessian", 0)],
    ["of a row", row({ value: (_x: Vec, _k: number, c: Vec) => void c.fill(nan) })],
  ])("%s end a solve as nonFinite", (_, change) => {
    for (const [name, run] of Object.entries(SOLVERS)) {
      const { status, message } = run(pointMass(change), rest);
      expect([name, status]).toEqual([name, "nonFinite"]);
      expect(message).toMatch(/NaN/);
    }
  });

  it("end it so in x0, and in a guess, in whose place `solve` takes zero controls", () => {
    for (const [name, run] of Object.entries(SOLVERS)) {
      for (const x0 of [F(nan, 0), F(inf, 0)])
        expect([name, run(pointMass(), x0).status]).toEqual([name, "nonFinite"]);
      for (const guess of [{ U: new Float64Array(20).fill(nan) }, { X: new Float64Array(42).fill(nan) }]) {
        const { status } = run(pointMass(), rest, guess);
        expect([name, status]).toEqual([name, name === "solve" ? "converged" : "nonFinite"]);
      }
    }
  });

  it("among multipliers of a guess are as if none had been given", () => {
    for (const run of Object.values(SOLVERS)) {
      const ocp = pointMass(above([1, 0, -0.5]));
      const { status, U } = run(ocp, rest, { multipliers: F(nan) });
      expect(status).toBe("converged");
      expect([...U]).toEqual([...run(ocp, rest).U]);
    }
  });
});

describe("rows that are hard to take", () => {
  it.each<[string, Partial<Ocp>, string]>([
    ["equalities that contradict each other", equal([1, 0, -1], [1, 0, -1.5]), "infeasible"],
    ["bounds of a state that rows contradict", { ...above([0, 1, -2]), ...box({}) }, "infeasible"],
    ["an equality twice", equal([1, 0, -1], [1, 0, -1]), "converged"],
    ["an equality twice, in other units", equal([1, 0, -1], [1e-6, 0, -1e-6]), "converged"],
    ["three equalities for two states", equal([1, 0, -1], [0, 1, 0], [1, 1, -1]), "converged"],
    ["an inequality and its opposite", above([1, 0, -1], [-1, 0, 1]), "converged"],
    ["an equality that says nothing", equal([0, 0, 0], [1, 0, -1]), "converged"],
    ["an inequality that is always zero", above([0, 0, 0]), "converged"],
    ["an equality that nothing can meet", equal([0, 0, 1]), "infeasible"],
    ["an inequality that nothing can meet", above([0, 0, -1]), "infeasible"],
    ["a goal beyond reach", equal([1, 0, -30]), "infeasible"],
    ["a state of no room", box({ lower: F(0), upper: F(0) }), "converged"],
    ["controls of no room", { uLower: F(0.5), uUpper: F(0.5) }, "converged"],
  ])("end as what they are: %s", (_, change, expected) => {
    for (const [name, run] of Object.entries(SOLVERS)) {
      const { status, violation, U } = run(pointMass(change), rest);
      expect([name, status]).toEqual([name, expected]);
      if (expected === "converged") expect(violation).toBeLessThan(1e-5);
      else expect(violation).toBeGreaterThan(1e-2);
      expect(U.every(Number.isFinite)).toBe(true);
    }
  });
});

describe("sizes at the ends", () => {
  it.each([1, 2, 2000])("are horizons like others: N = %d", (N) => {
    const unbounded = { uLower: F(-inf), uUpper: F(inf) };
    const ocp = pointMass({ N, ...unbounded, ...(N > 1 ? equal([1, 0, -1], [0, 1, 0]) : {}) });
    for (const run of [solveSqp, solve]) {
      const { status, X, U } = run(ocp, rest);
      expect(status).toBe("converged");
      expect([X.length, U.length]).toEqual([2 * (N + 1), N]);
      if (N > 1) expect(Math.abs(X[2 * N] - 1) + Math.abs(X[2 * N + 1])).toBeLessThan(1e-5);
    }
  });
});

describe("a derivative that does not match", () => {
  const wrong: Partial<Ocp> = {
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      r[0] = -2 * u[0] - 1;
    },
  };

  it("never ends as converged, and is named by checkDerivatives", () => {
    const ocp = pointMass({ ...wrong, uLower: F(-inf), uUpper: F(inf) });
    for (const [name, run] of Object.entries(SOLVERS)) {
      const { status, message } = run(ocp, rest, new Float64Array(20).fill(0.3), { maxIterations: 50 });
      expect([name, status]).not.toEqual([name, "converged"]);
      if (status === "stalled") expect(message).toContain("checkDerivatives");
    }
    expect(checkDerivatives(ocp).worst[0]).toMatchObject({ name: "stageGradient r", index: [0] });
  });

  it("that throws is the caller's: the error comes through as it is", () => {
    const own = new Error("out of range");
    const throwing = withFiniteDifferences({
      ...{ N: 5, dynamics: { nx: 1, nu: 1, step: ([x], [u], _k, out) => void out.fill(x + u) } },
      stageCost() {
        throw own;
      },
      terminalCost: () => 0,
    });
    for (const run of Object.values(SOLVERS)) expect(() => run(throwing, F(0))).toThrow(own);
  });
});
