import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  checkDerivatives,
  discretize,
  INTEGRATION_METHODS,
  rowGroups,
  validateOcp,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import {
  add,
  mul,
  type Scalar,
  sin,
  square,
  sub,
  symbolicOcp,
  weightedSquares,
} from "../../src/symbolic/index.ts";
import { handWritten } from "../ocp/fixtures.ts";
import { car, everything, inExpressions, SPEED } from "./symbolic-problems.ts";

describe("a problem in expressions", () => {
  test("equals one whose derivatives are written by hand, in every function", () => {
    const [symbolic, hand] = [inExpressions(), handWritten()];
    const rng = createRng(1);
    for (let k = 0; k < 6; k++) {
      const [x, u] = [Float64Array.of(rng.gauss(), rng.gauss()), Float64Array.of(rng.gauss(), rng.gauss())];
      const [got, expected] = [everything(symbolic, x, u, k), everything(hand, x, u, k)];
      for (const [name, values] of Object.entries(expected)) {
        values.forEach((value, i) => {
          expect(got[name][i], `${name} ${i}`).toBeCloseTo(value, 11);
        });
      }
    }
    expect([...symbolic.uLower, ...symbolic.uUpper]).toEqual([-1, -Infinity, 2, Infinity]);
  });

  test.each(INTEGRATION_METHODS)("integrates as discretize does, by %s", (method) => {
    const ocp = car({ method });
    const plain = discretize(
      {
        nx: 4,
        nu: 2,
        derivative(x, u, out) {
          out.set([x[3] * Math.cos(x[2]), x[3] * Math.sin(x[2]), (x[3] * Math.tan(u[1])) / 0.4, u[0]]);
        },
      },
      0.1,
      method,
    );
    const [x, u] = [Float64Array.of(1, 2, 0.3, 1.4), Float64Array.of(-0.6, 0.3)];
    const [got, expected] = [new Float64Array(4), new Float64Array(4)];
    ocp.dynamics.step(x, u, 0, got);
    plain.step(x, u, 0, expected);
    for (let i = 0; i < 4; i++) expect(got[i]).toBeCloseTo(expected[i], 14);
    expect(checkDerivatives(ocp, x, createRng(2)).worst).toEqual([]);
  });

  test("has a time step that may be a parameter or data", () => {
    const steps = Float64Array.of(0.1, 0.2, 0.4);
    const ocp = symbolicOcp({
      N: 2,
      states: ["x"],
      controls: ["u"],
      parameters: { slower: 2 },
      data: { step: steps },
      dynamics: ({ u }) => [u.u],
      dt: ({ p, d }) => mul(p.slower, d.step),
      stageCost: ({ u }) => square(u.u),
    });
    const out = new Float64Array(1);
    for (const k of [0, 1]) {
      ocp.dynamics.step(Float64Array.of(1), Float64Array.of(3), k, out);
      expect(out[0]).toBeCloseTo(1 + 2 * steps[k] * 3, 14);
    }
  });

  test("declares what is always zero or one of A and B", () => {
    expect(car().dynamics.sparsity).toEqual({
      A: ["10**", "01**", "001*", "0001"],
      B: ["**", "**", "**", "*0"],
    });
  });

  test("has the optimum of the same functions with finite differences", () => {
    const ocp = car();
    const { stateBox, uLower, uUpper, angles } = ocp;
    const { nx, nu } = ocp.dynamics;
    const differenced = withFiniteDifferences({
      N: ocp.N,
      dynamics: { nx, nu, step: (x, u, k, out) => ocp.dynamics.step(x, u, k, out) },
      stageCost: ocp.stageCost,
      terminalCost: ocp.terminalCost,
      stateBox,
      uLower,
      uUpper,
      angles,
    });
    const [exact, other] = [ocp, differenced].map((problem) =>
      solveSqp(problem, new Float64Array(4), undefined, { tol: 1e-6 }),
    );
    expect([exact.status, other.status]).toEqual(["converged", "converged"]);
    expect(exact.cost).toBeCloseTo(other.cost, 5);
    expect(exact.iterations).toBeLessThanOrEqual(other.iterations);
  });

  test("has bounds by name, those of states in a box, and angles", () => {
    const ocp = car();
    validateOcp(ocp);
    expect(ocp.names).toEqual({ states: ["px", "py", "yaw", "v"], controls: ["force", "steer"] });
    expect([...ocp.uLower, ...ocp.uUpper]).toEqual([-2, -0.6, 2, 0.6]);
    expect(ocp.stateBox).toEqual({
      index: [3],
      lower: Float64Array.of(-1),
      upper: Float64Array.of(SPEED),
      soft: { linear: 100, quadratic: 10 },
    });
    expect(ocp.angles).toEqual([2]);
    expect(inExpressions().stateBox).toBeUndefined();
  });

  test("may call its states what an array calls its methods", () => {
    const ocp = symbolicOcp({
      N: 2,
      states: ["at", "map"],
      controls: ["push"],
      dt: 1,
      method: "euler",
      dynamics: ({ x, u }) => [add(x.at, x.map), add(x.map, u.push)],
      stageCost: ({ x, u }) => add(weightedSquares(1, x), square(u.push)),
    });
    const out = new Float64Array(2);
    ocp.dynamics.step(Float64Array.of(1, 2), Float64Array.of(3), 0, out);
    expect([...out]).toEqual([4, 7]);
    expect(ocp.stageCost(Float64Array.of(1, 2), Float64Array.of(3), 0)).toBe(14);
  });

  test("may be given sizes for names, and write a step over its state", () => {
    const ocp = symbolicOcp({
      N: 2,
      states: 3,
      controls: 1,
      dynamics: ({ x, u }) => [x[1], x[2], add(x[0], u[0])],
      stageCost: ({ u }) => square(u[0]),
      bounds: { x1: [0, 1] },
    });
    const x = Float64Array.of(1, 2, 3);
    ocp.dynamics.step(x, Float64Array.of(10), 0, x);
    expect([...x]).toEqual([2, 3, 11]);
    expect(ocp.stateBox?.index).toEqual([1]);
    expect(ocp.terminalCost(x)).toBe(0);
  });
});

describe("rows", () => {
  const [x, u] = [Float64Array.of(0.4, -0.7), Float64Array.of(0.3, 1.2)];
  const withRows = () =>
    symbolicOcp({
      N: 4,
      states: ["a", "b"],
      controls: ["c", "d"],
      parameters: { room: 0.5 },
      dynamics: ({ x }) => [x.b, x.a],
      stageCost: ({ u }) => weightedSquares(1, u),
      rows: [
        { values: ({ x, p }) => [sub(mul(x.a, x.b), p.room)], soft: { linear: 2, quadratic: 1 } },
        { values: ({ x, u, k }) => [mul(x.a, u.d, k), sin(mul(u.c, u.d))], kind: "equality", stages: [1, 2] },
        { values: ({ x }) => [x.a], kind: "equality", stages: "terminal" },
      ],
      bounds: { d: [[-1, -2, -3, -4], 5], a: [0, [9, 1, 2, 3, 4]] },
    });

  test("have the kind, stages and penalty they were given, and read the control where they name it", () => {
    const { rows, ...ocp } = withRows();
    validateOcp({ ...ocp, rows });
    expect(
      rowGroups({ rows }).map(({ count, kind, stages, controls, soft }) => ({
        count,
        kind,
        stages,
        controls,
        soft,
      })),
    ).toEqual([
      { count: 1, kind: undefined, stages: undefined, controls: false, soft: { linear: 2, quadratic: 1 } },
      { count: 2, kind: "equality", stages: [1, 2], controls: true, soft: undefined },
      { count: 1, kind: "equality", stages: "terminal", controls: false, soft: undefined },
    ]);
    const c = new Float64Array(2);
    rowGroups({ rows })[1].value(x, u, 3, c);
    expect([...c]).toEqual([0.4 * 1.2 * 3, Math.sin(0.3 * 1.2)]);
    expect(inExpressions().rows).toHaveLength(1);
    expect(car().rows).toBeUndefined();
  });

  test("have exact derivatives, in the states and in the controls", () => {
    const { ok, worst } = checkDerivatives(withRows(), x, createRng(4));
    expect(worst).toEqual([]);
    expect(ok).toBe(true);
  });

  test("bounds by stage are one for each", () => {
    const { uLower, uUpper, stateBox } = withRows();
    expect([...uLower]).toEqual([-Infinity, -1, -Infinity, -2, -Infinity, -3, -Infinity, -4]);
    expect([...uUpper]).toEqual([Infinity, 5, Infinity, 5, Infinity, 5, Infinity, 5]);
    expect([...stateBox!.lower, ...stateBox!.upper]).toEqual([0, 0, 0, 0, 0, 9, 1, 2, 3, 4]);
  });
});

describe("a mistake in a problem is refused by name", () => {
  const one = { N: 3, states: ["a"], controls: ["b"] } as const;
  const nothing = { dynamics: () => [0], stageCost: () => 0 };
  const loose = (problem: object): (() => unknown) => {
    return () => symbolicOcp(problem as Parameters<typeof symbolicOcp>[0]);
  };
  type Any = { x: Record<string, Scalar>; u: Record<string, Scalar> };
  const mistakes: readonly [string, () => unknown, string][] = [
    [
      "too few derivatives",
      loose({ ...one, ...nothing, dynamics: () => [] }),
      "dynamics returns 0 values, expected nx = 1",
    ],
    ["none", loose({ ...one, ...nothing, dynamics: () => 3 }), "dynamics returns 3, expected an array"],
    [
      "a NaN",
      loose({ ...one, ...nothing, dynamics: () => [Number.NaN] }),
      "dynamics[0] is NaN, expected a number",
    ],
    [
      "no cost",
      loose({ ...one, ...nothing, stageCost: () => undefined }),
      "stageCost is undefined, expected a number",
    ],
    [
      "an unknown state",
      loose({ ...one, ...nothing, dynamics: ({ x }: Any) => [x.aa] }),
      'x has no "aa", expected one of a (did you mean "a"?)',
    ],
    [
      "an unknown control",
      loose({ ...one, ...nothing, stageCost: ({ u }: Any) => u[1] }),
      'u has no "1", expected one of b',
    ],
    [
      "an unknown parameter",
      loose({ ...one, ...nothing, stageCost: ({ p }: { p: Record<string, Scalar> }) => p.mass }),
      'p has no "mass", expected nothing, there are none',
    ],
    [
      "an unknown bound",
      loose({ ...one, ...nothing, bounds: { c: [0, 1] } }),
      'bounds has "c", expected one of a, b',
    ],
    ["an unknown angle", loose({ ...one, ...nothing, angles: ["b"] }), 'angles has "b", expected one of a'],
    ["no stages", loose({ ...one, ...nothing, N: 0 }), "N is 0, expected an integer >= 1"],
    [
      "no states",
      loose({ ...one, ...nothing, states: [] }),
      "states is [], expected a positive integer or names",
    ],
    ["one name twice", loose({ ...one, ...nothing, states: ["a", "a"] }), 'states has "a" twice'],
    [
      "one name for two",
      loose({ ...one, ...nothing, states: ["b"] }),
      'states and controls share the name "b"',
    ],
    [
      "an array's name",
      loose({ ...one, ...nothing, states: ["length"] }),
      'states has "length", expected a name that is no number',
    ],
    [
      "a step of no length",
      loose({ ...one, ...nothing, dt: 0 }),
      "dt is 0, expected a finite number > 0 [s]",
    ],
    ["an unknown method", loose({ ...one, ...nothing, dt: 1, method: "rk5" }), 'integration method is "rk5"'],
    [
      "data of too few stages",
      loose({ ...one, ...nothing, data: { way: [1, 2] } }),
      "way has length 2, expected N + 1 = 4",
    ],
  ];
  test.each(mistakes)("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
