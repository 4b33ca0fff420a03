import { describe, expect, it } from "vitest";
import { createRng, hashSeed } from "../../src/base/index.ts";
import { discretize, type Ocp, rowList, withFiniteDifferences } from "../../src/ocp/index.ts";
import { type SolveResult, solve, solveSqp } from "../../src/sqp/index.ts";
import { ZOO, type ZooName } from "../../src/zoo/index.ts";
import { independentKkt } from "./independent-kkt.ts";
import { linearProblem, lowerRows, pointMass } from "./linear-problem.ts";

const rest = Float64Array.of(0, 0);
/** The start that `bench ocp` calls "noise 1", ... */
function noisy(name: ZooName, start: number): Float64Array {
  const { guess, noise } = ZOO[name]();
  const rng = createRng(hashSeed(0, start));
  return guess.map((u, i) => u + noise[i % noise.length] * rng.gauss());
}
const names = ({ solvers }: SolveResult): string => solvers.map(({ solver }) => solver).join(", ");
const total = ({ solvers }: SolveResult): number => solvers.reduce((sum, run) => sum + run.iterations, 0);
/** In 2 s with |u| <= 1 a point mass gets 2 m far at most, not 3. */
const tooFar = (): Ocp =>
  pointMass({ rows: rowList(lowerRows(0, 3)).map((row) => ({ ...row, stages: "terminal" })) });

describe("solve", () => {
  it("is SQP and nothing else where SQP converges", () => {
    const { ocp } = linearProblem(createRng(3));
    const x0 = Float64Array.of(1, -1, 0.5);
    const { solvers, ...result } = solve(ocp, x0);
    expect(solvers).toEqual([{ solver: "sqp", status: "converged", iterations: 1 }]);
    expect(result).toEqual(solveSqp(ocp, x0));
  });

  it.each([
    ["the plain guess", ZOO["constrained-car"]().guess],
    ["a guess from which SQP alone ends infeasible", noisy("constrained-car", 2)],
  ])("leads the constrained car round its disc from %s", (_, guess) => {
    const { ocp, x0, best } = ZOO["constrained-car"]();
    const result = solve(ocp, x0, guess);
    expect(result.status).toBe("converged");
    expect(Math.abs(result.cost / best.cost - 1)).toBeLessThan(1e-6);
    expect(result.violation).toBeLessThan(1e-7);
    expect(result.iterations).toBe(total(result));
  });

  it("hands over to AL-iLQR and back, and returns SQP's multipliers and gains", () => {
    const { ocp, x0, guess, best } = ZOO.turn90();
    const result = solve(ocp, x0, guess, { maxIterations: 3 });
    expect(names(result)).toBe("sqp, al-ilqr, sqp");
    expect(result.solvers[0]).toEqual({ solver: "sqp", status: "maxIterations", iterations: 3 });
    expect(result.status).toBe("converged");
    expect(Math.abs(result.cost / best.cost - 1)).toBeLessThan(1e-4);
    const { stationarity, primal } = independentKkt(ocp, x0, result);
    expect(Math.max(stationarity, primal)).toBeLessThan(1e-5);
    const { U, multipliers } = result;
    const again = solveSqp(ocp, x0, { U, multipliers }, { maxIterations: 0 });
    expect([again.status, again.K]).toEqual(["converged", result.K]);
  });

  it("says of what cannot be met that it is infeasible, and by what", () => {
    const result = solve(tooFar(), rest, new Float64Array(20).fill(0.1));
    expect(names(result)).toBe("sqp, al-ilqr, sqp, al-ilqr, sqp, sqp");
    expect(result.status).toBe("infeasible");
    expect(result.conflict[0]).toMatchObject({ of: "row", k: 20, index: 0 });
    expect(result.violation).toBeCloseTo(3 - result.X[40], 9);
    expect(result.X[40]).toBeGreaterThan(1.85); // 1.9 is what the controls allow
  });

  it("never says of rows that contradict each other that it has converged", () => {
    for (const unit of [1e-3, 1, 1e3]) {
      for (const N of [2, 10, 100]) {
        const value = ([x]: Float64Array, k: number, c: Float64Array): void =>
          k === N ? c.set([x - 0.01 * unit, 0.009 * unit - x]) : void c.fill(1);
        const ocp = withFiniteDifferences({
          N,
          dynamics: pointMass().dynamics,
          stageCost: (_x, u) => 0.5 * u[0] ** 2,
          terminalCost: () => 0,
          rows: { count: 2, value },
        });
        const { status, violation } = solve(ocp, rest);
        expect(status, `${unit} ${N}`).toBe("infeasible");
        expect(violation / unit, `${unit} ${N}`).toBeCloseTo(5e-4, 6);
      }
    }
  });

  it("says of a cost that falls for ever that it is unbounded", () => {
    const { dynamics } = pointMass();
    const ocp = withFiniteDifferences({
      N: 20,
      dynamics,
      stageCost: (_x, u) => -u[0],
      terminalCost: () => 0,
    });
    const result = solve(ocp, rest);
    expect([result.status, names(result)]).toEqual(["unbounded", "sqp"]);
  });

  it("begins with zero controls where the guess is not finite, and says so where that does not help", () => {
    const lost = new Float64Array(20).fill(Number.NaN);
    const result = solve(pointMass(), rest, lost);
    expect(result.solvers.map(({ status }) => status)).toEqual(["nonFinite", "converged"]);
    expect(result.U).toEqual(solveSqp(pointMass(), rest).U);
    const broken = solve(pointMass({ stageCost: () => Number.NaN }), rest, lost);
    expect(broken.solvers.map(({ status }) => status)).toEqual(["nonFinite", "nonFinite"]);
    expect(broken.status).toBe("nonFinite");
  });

  it("has converged at a goal that is not the origin, where all that is left is rounding", () => {
    const ocp = withFiniteDifferences({
      N: 10,
      dynamics: discretize(
        { nx: 2, nu: 1, derivative: (x, u, out) => out.set([x[1], u[0] - Math.sin(x[0] - 1)]) },
        0.2,
        "rk4",
      ),
      stageCost: (x, u) => (x[0] - 1) ** 2 + u[0] ** 2,
      terminalCost: (x) => 10 * (x[0] - 1) ** 2 + x[1] ** 2,
    });
    for (const [off, u] of [
      [0, 0.1],
      [1e-14, 0],
    ] as const) {
      const { status, solvers } = solve(ocp, Float64Array.of(1 + off, 0), new Float64Array(10).fill(u));
      expect([status, solvers.length]).toEqual(["converged", 1]);
    }
  });

  it("ends with its budget, with its deadline, and where the caller says stop", () => {
    for (const budget of [0, 5, 12, 30]) {
      const result = solve(tooFar(), rest, undefined, { budget });
      expect(result.iterations).toBeLessThanOrEqual(budget);
      expect(result.iterations).toBe(total(result));
    }
    const { ocp, x0, guess } = ZOO.turn90();
    let now = 0;
    const late = solve(ocp, x0, guess, { maxIterations: 3, clock: () => now++, deadline: 60 });
    expect(late.solvers.map(({ status }) => status)).toEqual(["maxIterations", "deadline", "deadline"]);
    expect(late.status).toBe("deadline");
    expect(late.ms.total).toBeGreaterThanOrEqual(60);
    const stopped = solve(tooFar(), rest, undefined, { onIteration: () => "stop" });
    expect(stopped.solvers).toEqual([{ solver: "sqp", status: "maxIterations", iterations: 0 }]);
  });

  it("refuses a budget and options that are none", () => {
    expect(() => solve(pointMass(), rest, undefined, { budget: 1.5 })).toThrow(
      /budget is 1.5, expected an integer >= 0/,
    );
    expect(() => solve(pointMass(), rest, undefined, { tolerance: 1 } as never)).toThrow(
      /unknown SQP option "tolerance"/,
    );
  });
});
