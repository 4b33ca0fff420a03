import { describe, expect, it } from "vitest";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";

const F = (...values: number[]): Vec => Float64Array.of(...values);
const EVERY = { solveSqp, solveIlqr, solveAlIlqr, solve };
const glider = {
  nx: 2,
  nu: 1,
  step: ([p, v]: Vec, [a]: Vec, _k: number, out: Vec) => out.set([p + 0.1 * v, v + 0.1 * a]),
};
/** A cost of the control alone. */
const ofControl = (cost: (u: number) => number, bound = Infinity): Ocp =>
  withFiniteDifferences({
    N: 10,
    dynamics: glider,
    stageCost: (_x, u) => cost(u[0]),
    terminalCost: () => 0,
    uLower: F(-bound),
    uUpper: F(bound),
  });
/** A point that must pass a disc which stands right between it and its goal. */
const pastDisc = (units: number): Ocp =>
  withFiniteDifferences({
    N: 20,
    dynamics: { nx: 2, nu: 2, step: ([p, q], [a, b], _k, out) => out.set([p + 0.1 * a, q + 0.1 * b]) },
    stageCost: (_x, u) => 0.05 * (u[0] ** 2 + u[1] ** 2),
    terminalCost: (x) => 50 * ((x[0] / units - 2) ** 2 + (x[1] / units) ** 2),
    rows: {
      count: 1,
      value: (x: Vec, _k: number, c: Vec) => void c.fill((x[0] - units) ** 2 + x[1] ** 2 - 0.16 * units ** 2),
    },
  });
const rest = F(0, 0);

describe("a stationary point that is no minimum", () => {
  it("is left: a cost that has its maximum there is unbounded, or ends at the bounds, for every solver", () => {
    for (const s of [2 ** -26, 1, 2 ** 26]) {
      for (const [name, run] of Object.entries(EVERY)) {
        const free = run(
          ofControl((u) => -s * u * u),
          rest,
        );
        expect(free.status, `${name} ${s}`).toBe("unbounded");
        for (const bound of [1e-3, 1, 1e3]) {
          const { status, U } = run(
            ofControl((u) => -s * u * u, bound),
            rest,
          );
          expect([status, ...U.map(Math.abs)], `${name} ${s} ${bound}`).toEqual([
            "converged",
            ...U.map(() => bound),
          ]);
        }
      }
    }
  });

  it("is left for one of the two minima beside it", () => {
    for (const size of [1e-4, 1, 1e3]) {
      for (const [name, run] of Object.entries(EVERY)) {
        const { status, U } = run(
          ofControl((u) => ((u / size) ** 2 - 1) ** 2),
          rest,
        );
        expect(status, `${name} ${size}`).toBe("converged");
        for (const u of U) expect(Math.abs(u) / size, `${name} ${size}`).toBeCloseTo(1, 6);
      }
    }
  });

  it("is left where constraints hold it there: the symmetric way to a disc is none past it", () => {
    const { status, U, X, violation, cost } = solveSqp(pastDisc(1), rest);
    expect(status).toBe("converged");
    expect(violation).toBeLessThan(1e-6);
    // an arc from 0 to 2 past a disc of radius 0.4 in 2 s; the straight way ends before the disc, at 9
    expect(cost).toBeLessThan(1.2);
    expect(X[40]).toBeGreaterThan(1.9);
    expect(Math.max(...U.filter((_, i) => i % 2 === 1).map(Math.abs))).toBeGreaterThan(0.1);
  });

  it("stays where it is a minimum, flat or not", () => {
    for (const cost of [(u: number) => u ** 4, (u: number) => u * u, () => 0]) {
      for (const run of Object.values(EVERY)) {
        const { status, iterations, U } = run(ofControl(cost), rest);
        expect([status, iterations, ...U]).toEqual(["converged", 0, ...U.map(() => 0)]);
      }
    }
  });
});

describe("a cost that falls for ever, ever less", () => {
  it("has not converged where its slope is small for no other reason than that the controls ran away", () => {
    for (const size of [1e-3, 1, 1e3]) {
      for (const fall of [(v: number) => -Math.atan(v), (v: number) => -Math.log(1 + v * v)]) {
        for (const [name, run] of Object.entries(EVERY)) {
          const { status } = run(
            ofControl((u) => fall(u / size)),
            rest,
          );
          expect(status, `${name} ${size}`).toBe("unbounded");
        }
      }
    }
  });

  it("is not said of a minimum that is far from a guess next to nothing, where iterations end on the way", () => {
    // exp(-u) + 1e-4 u: from 0 Newton's steps are 1, 1, ..., to 9.2
    for (const first of [0, 1e-12, 1e-4]) {
      for (const [name, run] of Object.entries({ solveSqp, solveIlqr, solveAlIlqr })) {
        for (const maxIterations of [6, 7, 8]) {
          const { status } = run(
            ofControl((u) => Math.exp(-u) + 1e-4 * u),
            rest,
            new Float64Array(10).fill(first),
            { maxIterations },
          );
          expect(status, `${name} ${first} ${maxIterations}`).toBe("maxIterations");
        }
      }
    }
  });

  it("are not left where no iteration is left: the residuals are those of the point that is returned", () => {
    const { status, U, residuals } = solveSqp(
      ofControl((u) => u ** 4 - u ** 2),
      F(0, 0),
      {},
      { maxIterations: 0 },
    );
    expect(status).toBe("maxIterations");
    expect(residuals.kkt).toBe(0);
    expect([...U]).toEqual(Array(10).fill(0));
  });
});
