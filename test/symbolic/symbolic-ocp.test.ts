import { afterEach, describe, expect, test, vi } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  checkDerivatives,
  discretize,
  INTEGRATION_METHODS,
  type Ocp,
  rowGroups,
  validateOcp,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import {
  add,
  angleCost,
  cos,
  div,
  type Evaluation,
  exp,
  mul,
  neg,
  pow,
  type Scalar,
  sin,
  square,
  sub,
  symbolicOcp,
  tan,
  weightedSquares,
} from "../../src/symbolic/index.ts";
import { handWritten } from "../ocp/fixtures.ts";

type Vec = Float64Array;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The problem of the fixtures, in expressions. */
const inExpressions = () =>
  symbolicOcp({
    N: 6,
    states: ["a", "b"],
    controls: ["c", "d"],
    dynamics: ({ x: { a, b }, u: { c, d }, k }) => [
      add(mul(sin(a), c), square(b), mul(0.1, k)),
      add(mul(a, b, d), mul(c, d)),
    ],
    stageCost: ({ x: { a, b }, u: { c, d }, k }) =>
      add(mul(add(k, 1), exp(mul(0.3, a)), c), mul(pow(b, 3), d), mul(square(c), square(d))),
    terminalCost: ({ x: { a, b } }) => add(mul(square(a), b), cos(b)),
    rows: [{ values: ({ x: { a, b }, k }) => [add(square(a), b, neg(k)), sin(mul(a, b))] }],
    bounds: { c: [-1, 2] },
  });

const SPEED = 3;
/** A car whose goal and wheel base may be set, with a way to follow. */
const car = (options: { evaluation?: Evaluation; method?: "euler" | "midpoint" | "rk4" } = {}) =>
  symbolicOcp({
    N: 20,
    states: ["px", "py", "yaw", "v"],
    controls: ["force", "steer"],
    parameters: { base: 0.4, goal: [2, 1] },
    data: { way: Array.from({ length: 21 }, (_, k) => [0.1 * k, 0]), trust: new Float64Array(21).fill(0.3) },
    dt: 0.1,
    ...options,
    dynamics: ({ x, u, p }) => [
      mul(x.v, cos(x.yaw)),
      mul(x.v, sin(x.yaw)),
      div(mul(x.v, tan(u.steer)), p.base),
      u.force,
    ],
    stageCost: ({ x, u, d }) =>
      add(
        weightedSquares([0.1, 0.2], u),
        mul(d.trust, weightedSquares(1, [sub(x.px, d.way[0]), sub(x.py, d.way[1])])),
      ),
    terminalCost: ({ x, p }) =>
      mul(
        20,
        add(
          weightedSquares(1, [sub(x.px, p.goal[0]), sub(x.py, p.goal[1])]),
          angleCost(x.yaw, 0),
          square(x.v),
        ),
      ),
    bounds: { force: [-2, 2], steer: [-0.6, 0.6], v: [-1, SPEED] },
    softStates: { linear: 100, quadratic: 10 },
    angles: ["yaw"],
  });

/** Everything that the functions of a problem write at a point. */
function everything(ocp: Ocp, x: Vec, u: Vec, k: number): Record<string, Vec> {
  const { nx, nu } = ocp.dynamics;
  const vec = (length: number): Vec => new Float64Array(length).fill(7);
  const out = {
    next: vec(nx),
    A: vec(nx * nx),
    B: vec(nx * nu),
    H: vec((nx + nu) ** 2),
    q: vec(nx),
    r: vec(nu),
    Q: vec(nx * nx),
    R: vec(nu * nu),
    M: vec(nu * nx),
    lastQ: vec(nx * nx),
    lastq: vec(nx),
    costs: Float64Array.of(ocp.stageCost(x, u, k), ocp.terminalCost(x)),
    c: vec(2),
    C: vec(2 * nx),
    D: vec(2 * nu),
    HofRows: vec(nx * nx),
  };
  const rows = rowGroups(ocp).at(0);
  rows?.value(x, u, k, out.c);
  rows?.jacobian(x, u, k, out.C, rows.controls ? out.D : new Float64Array(0));
  rows?.hessian?.(x, u, k, Float64Array.of(0.3, -2), out.HofRows);
  ocp.dynamics.step(x, u, k, out.next);
  ocp.dynamics.jacobian(x, u, k, out.A, out.B);
  ocp.dynamics.hessian!(
    x,
    u,
    k,
    x.map((_, i) => 1 - 0.7 * i),
    out.H,
  );
  ocp.stageGradient(x, u, k, out.q, out.r);
  ocp.stageHessian(x, u, k, out.Q, out.R, out.M);
  ocp.terminalGradient(x, out.lastq);
  ocp.terminalHessian(x, out.lastQ);
  return out;
}

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

describe("derivatives with respect to parameters", () => {
  test("equal differences of the problem's own functions between two values", () => {
    const ocp = symbolicOcp({
      N: 3,
      states: ["a", "b"],
      controls: ["c"],
      parameters: { mass: 1.3, goal: [0.4, -0.2] },
      dt: 0.3,
      dynamics: ({ x, u, p }) => [sin(mul(x.b, p.mass)), div(u.c, p.mass)],
      stageCost: ({ x, u, p }) => add(mul(p.mass, square(u.c), x.a), exp(sub(x.a, p.goal[0]))),
      terminalCost: ({ x, p }) => mul(p.mass, weightedSquares(1, [sub(x.a, p.goal[0]), sub(x.b, p.goal[1])])),
      rows: [{ values: ({ x, u, p }) => [mul(p.mass, x.a, u.c), sub(p.goal[1], square(x.b))] }],
    });
    expect(ocp.parameterNames).toEqual(["mass", "goal[0]", "goal[1]"]);
    const [x, u, k] = [Float64Array.of(0.3, 0.8), Float64Array.of(-0.6), 1];
    const [lambda, y] = [Float64Array.of(0.7, -1.1), Float64Array.of(2, 0.5)];
    /** next, gradient of l + lambda'f, of lN, rows, gradient of y'c: all at these parameters. */
    const at = (mass: number, g0: number, g1: number): number[][] => {
      ocp.set({ mass, goal: [g0, g1] });
      const [next, A, B] = [new Float64Array(2), new Float64Array(4), new Float64Array(2)];
      const [q, r, last] = [new Float64Array(2), new Float64Array(1), new Float64Array(2)];
      const [c, C, D] = [new Float64Array(2), new Float64Array(4), new Float64Array(2)];
      ocp.dynamics.step(x, u, k, next);
      ocp.dynamics.jacobian(x, u, k, A, B);
      ocp.stageGradient(x, u, k, q, r);
      ocp.terminalGradient(x, last);
      rowGroups(ocp)[0].value(x, u, k, c);
      rowGroups(ocp)[0].jacobian(x, u, k, C, D);
      const G = [
        q[0] + A[0] * lambda[0] + A[2] * lambda[1],
        q[1] + A[1] * lambda[0] + A[3] * lambda[1],
        r[0] + B[0] * lambda[0] + B[1] * lambda[1],
      ];
      const Gc = [C[0] * y[0] + C[2] * y[1], C[1] * y[0] + C[3] * y[1], D[0] * y[0] + D[1] * y[1]];
      return [[...next], G, [...last], [...c], Gc];
    };
    const F = new Float64Array(6);
    const G = new Float64Array(9);
    const last = new Float64Array(6);
    const E = new Float64Array(6);
    const Gc = new Float64Array(9);
    const { parameterDerivatives: d } = ocp;
    expect(d.count).toBe(3);
    ocp.set({ mass: 1.3, goal: [0.4, -0.2] });
    d.stage(x, u, k, lambda, F, G);
    d.terminal(x, last);
    d.rows![0](x, u, k, y, E, Gc);
    const h = 1e-5;
    [0, 1, 2].forEach((column) => {
      const point = (by: number): [number, number, number] => {
        const p: [number, number, number] = [1.3, 0.4, -0.2];
        p[column] += by;
        return p;
      };
      const [high, low] = [at(...point(h)), at(...point(-h))];
      [F, G, last, E, Gc].forEach((got, part) => {
        high[part].forEach((value, i) => {
          // Central differences: h^2 = 1e-10 of third derivatives, and rounding of 1e-16 / h.
          expect(got[3 * i + column]).toBeCloseTo((value - low[part][i]) / (2 * h), 8);
        });
      });
    });
  });
});

describe("values that are set", () => {
  test("hold from the next call on, in every function", () => {
    const ocp = car();
    const [x, u] = [Float64Array.of(1, 0, 0.2, 2), Float64Array.of(0, 0.3)];
    const before = everything(ocp, x, u, 3);
    ocp.set({ base: 0.8, goal: Float64Array.of(1, 0), trust: new Array(21).fill(0) });
    const after = everything(ocp, x, u, 3);
    expect(after.next).not.toEqual(before.next);
    expect(after.H).not.toEqual(before.H);
    expect(after.costs[0]).toBeCloseTo(0.2 * 0.09, 14);
    expect(after.costs[1]).toBeCloseTo(20 * (1 - Math.cos(0.2) + 4), 12);
    ocp.set({ base: 0.4, goal: [2, 1], trust: new Array(21).fill(0.3) });
    expect(everything(ocp, x, u, 3)).toEqual(before);
  });

  test("are those of each stage where they are data", () => {
    const ocp = car();
    const [x, u] = [Float64Array.of(0.5, 0, 0, 0), new Float64Array(2)];
    for (const k of [0, 7, 19]) expect(ocp.stageCost(x, u, k)).toBeCloseTo(0.3 * (0.5 - 0.1 * k) ** 2, 14);
    expect(() => ocp.stageCost(x, u, 21)).toThrow("k is 21, expected a stage in 0..20");
  });

  const mistakes: readonly [string, Record<string, unknown>, string][] = [
    [
      "an unknown name",
      { gaol: [1, 2] },
      'unknown value "gaol", expected one of base, goal, way, trust (did you mean "goal"?)',
    ],
    ["a list for a number", { base: [1] }, "base is [1], expected a number"],
    ["a number for a list", { goal: 1 }, "goal is 1, expected a list of 2 numbers"],
    ["a list of another length", { goal: [1] }, "goal has length 1, expected its first length = 2"],
    ["NaN", { goal: [1, Number.NaN] }, "goal[1] is NaN, expected a number"],
    ["data of too few stages", { trust: [1, 2] }, "trust has length 2, expected N + 1 = 21"],
  ];
  test.each(mistakes)("are refused: %s", (_, values, message) => {
    expect(() => car().set(values)).toThrow(message);
  });
});

describe("without generated code", () => {
  test("every function gives the same, to the bit", () => {
    const [x, u] = [Float64Array.of(1, 0, 0.2, 2), Float64Array.of(0, 0.3)];
    const generated = everything(car(), x, u, 3);
    for (const evaluation of ["javascript", "webassembly", "interpreted"] as const)
      expect(everything(car({ evaluation }), x, u, 3)).toEqual(generated);
    vi.stubGlobal("Function", () => {
      throw new EvalError("Refused to evaluate a string as JavaScript");
    });
    expect(everything(car(), x, u, 3)).toEqual(generated);
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
    ["no stages", loose({ ...one, ...nothing, N: 0 }), "N is 0, expected a positive integer"],
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
      "dt is 0, expected a positive number of seconds",
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
