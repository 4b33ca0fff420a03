import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { discretize, type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { type SqpResult, solve, solveSqp } from "../../src/sqp/index.ts";
import { ZOO } from "../../src/zoo/index.ts";
import { independentKkt } from "./independent-kkt.ts";
import { lowerRows, pointMass } from "./linear-problem.ts";
import { parking } from "./problems.ts";
import { inUnits } from "./units.ts";

/** States on the straight line between two, which no dynamics give. */
function straight(from: Vec, to: readonly number[], N: number): Vec {
  const nx = from.length;
  return Float64Array.from({ length: (N + 1) * nx }, (_, at) => {
    const [k, i] = [Math.floor(at / nx), at % nx];
    return from[i] + ((to[i] - from[i]) * k) / N;
  });
}

/** `x' = x^3 + u` from 2 to 0 with |u| <= 10: beyond 10^(1/3) = 2.15 nothing stops it from going to infinity in no time. */
function explosive(): { ocp: Ocp; x0: Vec } {
  const f = (x: Vec, u: Vec, out: Vec): void => void out.fill(x[0] ** 3 + u[0]);
  return {
    x0: Float64Array.of(2),
    ocp: withFiniteDifferences({
      N: 100,
      dynamics: discretize({ nx: 1, nu: 1, derivative: f }, 0.05, "rk4"),
      stageCost: (x, u) => 0.05 * (x[0] ** 2 + 0.1 * u[0] ** 2),
      terminalCost: (x) => 10 * x[0] ** 2,
      uLower: Float64Array.of(-10),
      uUpper: Float64Array.of(10),
    }),
  };
}

const entry = "defects";
/** Goals of problems of the zoo, whose last states they are. */
const GOALS = {
  turn90: [1.5, 1.5, Math.PI / 2],
  "parallel-park": [0, 1.5, 0],
  "constrained-car": [1, 0, 0],
  "car-among-discs": [3, 3, Math.PI / 2, 0],
} as const;

function fromStraight(name: keyof typeof GOALS, how: "project" | "defects"): SqpResult {
  const { ocp, x0, guess } = ZOO[name]();
  return solveSqp(ocp, x0, { X: straight(x0, GOALS[name], ocp.N), U: guess }, { entry: how });
}

describe("the entry with gaps", () => {
  it("costs a linear problem one QP from any states and controls, with the solution of any other guess", () => {
    const rng = createRng(5);
    for (let trial = 0; trial < 5; trial++) {
      const box = { index: [1], lower: Float64Array.of(-1), upper: Float64Array.of(0.6) };
      const ocp = pointMass({ rows: lowerRows(0, -0.05), stateBox: box }, 2);
      const x0 = Float64Array.of(0, -0.2);
      const X = Float64Array.from({ length: 42 }, () => rng.gauss());
      const U = Float64Array.from({ length: 20 }, () => rng.gauss());
      const result = solveSqp(ocp, x0, { X, U }, { entry });
      expect([result.status, result.iterations, result.defect]).toEqual(["converged", 1, 0]);
      expect(result.cost).toBeCloseTo(solveSqp(ocp, x0).cost, 8);
    }
  });

  it.each(Object.keys(GOALS) as (keyof typeof GOALS)[])(
    "leads %s from states on a straight line to the known optimum, as rollouts and differences confirm",
    (name) => {
      const { ocp, x0, best } = ZOO[name]();
      const result = fromStraight(name, entry);
      expect([result.status, result.defect]).toEqual(["converged", 0]);
      expect(Math.abs(result.cost / best.cost - 1)).toBeLessThan(1e-6);
      const kkt = independentKkt(ocp, x0, result);
      expect(kkt.dynamics).toBe(0);
      expect(kkt.primal).toBeLessThan(1e-6);
      expect(kkt.stationarity).toBeLessThan(1e-4);
    },
  );

  it("solves at once what the projected one has to begin anew for: the constrained car straight through its disc", () => {
    const { iterations } = fromStraight("constrained-car", entry);
    expect(iterations).toBeLessThanOrEqual(15);
    expect(fromStraight("constrained-car", "project").iterations).toBeGreaterThan(1.5 * iterations);
  });

  it("takes no more QPs to turn a car round than the projected one", () => {
    const [gaps, projected] = [fromStraight("turn90", entry), fromStraight("turn90", "project")];
    expect(projected.status).toBe("converged");
    expect(gaps.iterations).toBeLessThanOrEqual(projected.iterations);
  });

  it("solves a system that explodes where it is tracked or rolled out", () => {
    const { ocp, x0 } = explosive();
    const guess = { X: straight(x0, [0], ocp.N) };
    expect(solveSqp(ocp, x0).status).toBe("nonFinite");
    expect(solveSqp(ocp, x0, guess).status).toBe("nonFinite");
    const result = solveSqp(ocp, x0, guess, { entry });
    expect([result.status, result.defect]).toEqual(["converged", 0]);
    const kkt = independentKkt(ocp, x0, result);
    expect(kkt.dynamics).toBe(0);
    expect(Math.max(kkt.primal, kkt.stationarity)).toBeLessThan(1e-4);
    const both = solve(ocp, x0, guess);
    expect(both.solvers.map(({ status }) => status)).toEqual(["nonFinite", "converged"]);
    expect(both.cost).toBe(result.cost);
  });

  it("takes the short way round where angles are", () => {
    const { ocp, x0 } = parking();
    const optimum = solveSqp(ocp, x0);
    const X = optimum.X.map((v, i) => (i % 5 === 2 && i > 5 ? v + 2 * Math.PI : v));
    const entered = solveSqp(ocp, x0, { X, U: optimum.U }, { entry, maxIterations: 0 });
    expect(entered.defect).toBeLessThan(1e-12);
  });
});

describe("an iterate with gaps", () => {
  const { ocp, x0, guess } = ZOO.turn90();
  const X = straight(x0, GOALS.turn90, ocp.N);

  it("never counts as converged, and its result says by how much its states part from the dynamics", () => {
    const { ocp, x0, guess } = ZOO["parallel-park"]();
    const given = { X: straight(x0, GOALS["parallel-park"], ocp.N), U: guess };
    for (const maxIterations of [0, 1]) {
      const result = solveSqp(ocp, x0, given, { entry, maxIterations });
      expect(result.status).toBe("maxIterations");
      const gaps = Array.from({ length: ocp.N }, (_, k) => {
        const next = new Float64Array(3);
        ocp.dynamics.step(result.X.slice(3 * k, 3 * k + 3), result.U.slice(2 * k, 2 * k + 2), k, next);
        return Math.max(...next.map((v, i) => Math.abs(v - result.X[3 * (k + 1) + i])));
      });
      expect(result.defect).toBeCloseTo(Math.max(...gaps), 12);
      expect(result.defect).toBeGreaterThan(1e-3);
      expect(result.residuals.primal).toBeGreaterThanOrEqual(result.defect);
      expect(result.message).toContain("part by up to");
    }
  });

  it("takes the same steps in units of cost, states, controls and rows that are powers of two", () => {
    const plain = solveSqp(ocp, x0, { X, U: guess }, { entry });
    for (const [cost, row, u, x] of [
      [2 ** -20, 1, 1, 1],
      [1, 2 ** 10, 2 ** 12, 1],
      [2 ** 20, 1, 2 ** -12, 2 ** 8],
    ]) {
      const by = { cost, row, x: Float64Array.of(x, x, 1), u: Float64Array.of(u, u) };
      const given = { X: X.map((v, i) => v * by.x[i % 3]), U: guess.map((v) => v * u) };
      const scaled = solveSqp(
        inUnits(ocp, by),
        x0.map((v, i) => v * by.x[i]),
        given,
        { entry },
      );
      expect([scaled.status, scaled.iterations]).toEqual([plain.status, plain.iterations]);
      expect(scaled.history.map((r) => r.alpha)).toEqual(plain.history.map((r) => r.alpha));
      expect(Math.abs(scaled.cost / cost / plain.cost - 1)).toBeLessThan(1e-9);
    }
  });

  it("is none where the states are those of the controls: a perfect guess costs no QP", () => {
    const optimum = solveSqp(ocp, x0, guess);
    const again = solveSqp(ocp, x0, optimum, { entry });
    expect([again.status, again.iterations, again.defect]).toEqual(["converged", 0, 0]);
  });

  it("is asked for by name", () => {
    expect(() => solveSqp(ocp, x0, { X }, { entry: "shooting" as never })).toThrow(
      /entry is "shooting", expected one of project, defects/,
    );
  });
});
