import { afterEach, describe, expect, test, vi } from "vitest";
import { rowGroups } from "../../src/ocp/index.ts";
import {
  add,
  div,
  exp,
  mul,
  sin,
  square,
  sub,
  symbolicOcp,
  weightedSquares,
} from "../../src/symbolic/index.ts";
import { car, everything } from "./symbolic-problems.ts";

afterEach(() => {
  vi.unstubAllGlobals();
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
