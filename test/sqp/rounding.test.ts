import { describe, expect, it } from "vitest";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";
import { pointMass } from "./linear-problem.ts";
import { UNICYCLE } from "./problems.ts";

const rest = Float64Array.of(0, 0);
const free = { uLower: Float64Array.of(-Infinity), uUpper: Float64Array.of(Infinity) };

/** A cost of controls alone, l(u) with its derivatives, times `cost` and of controls in units of `unit`. */
type Scalar = {
  readonly l: (u: number) => number;
  readonly d: (u: number) => number;
  readonly dd: (u: number) => number;
};
function ofControls({ l, d, dd }: Scalar, cost = 1, unit = 1): Ocp {
  return {
    ...pointMass(free),
    stageCost: (_x, u) => cost * l(unit * u[0]),
    stageGradient: (_x, u, _k, q, r) => void [q.fill(0), r.fill(cost * unit * d(unit * u[0]))],
    stageHessian: (_x, u, _k, Q, R, M) =>
      void [Q.fill(0), R.fill(cost * unit * unit * dd(unit * u[0])), M.fill(0)],
    terminalCost: () => 0,
    terminalGradient: (_x, q) => void q.fill(0),
    terminalHessian: (_x, Q) => void Q.fill(0),
  };
}
const guess = (u: number): Float64Array => new Float64Array(20).fill(u);
const SOLVERS = [solveSqp, solveIlqr, solveAlIlqr];

describe("an optimum at exactly zero, where controls, gradients and their terms vanish together", () => {
  const quartic: Scalar = { l: (u) => u ** 4, d: (u) => 4 * u ** 3, dd: (u) => 12 * u ** 2 };
  const exponential: Scalar = { l: (u) => Math.exp(u) - u, d: (u) => Math.expm1(u), dd: Math.exp };
  const wave: Scalar = { l: (u) => -Math.cos(u), d: Math.sin, dd: Math.cos };

  it.each([
    ["exp(u) - u", exponential, 10],
    ["-cos(u)", wave, 10],
    ["u^4", quartic, 60],
  ])("of %s has converged for every solver, in any units of cost and controls", (_, scalar, most) => {
    for (const [cost, unit] of [
      [1, 1],
      [1e-8, 1],
      [1e8, 1],
      [1, 1e-6],
      [1, 1e6],
    ]) {
      for (const solve of SOLVERS) {
        const result = solve(ofControls(scalar, cost, unit), rest, guess(1 / unit));
        expect(result.status).toBe("converged");
        expect(result.iterations).toBeLessThanOrEqual(most);
        expect(Math.abs(unit * result.U[0])).toBeLessThan(1e-8);
      }
    }
  });

  it("is found by finite differences too, whose rounding is all that is left of the gradient", () => {
    for (const solve of SOLVERS) {
      const { N, dynamics } = pointMass();
      const ocp = withFiniteDifferences({
        ...{ N, dynamics, terminalCost: () => 0 },
        stageCost: (_x, u) => 1e3 * (Math.exp(u[0]) - u[0]),
      });
      expect(solve(ocp, rest, guess(3)).status).toBe("converged");
    }
  });
});

describe("a cost with minima everywhere", () => {
  const cosine: Scalar = { l: Math.cos, d: (u) => -Math.sin(u), dd: (u) => -Math.cos(u) };

  it("is brought down to one near its guess, not hundreds of periods away", () => {
    for (const solve of SOLVERS) {
      for (const u0 of [0, 0.1, 0.5]) {
        const { status, U } = solve(ofControls(cosine), rest, guess(u0));
        expect(status).toBe("converged");
        expect(Math.cos(U[0])).toBeCloseTo(-1, 9);
        expect(Math.abs(U[0])).toBeLessThan(50 * Math.PI);
      }
    }
  });
});

describe("limits", () => {
  const saddle = (): Ocp =>
    ofControls({ l: (u) => u ** 4 - u ** 2, d: (u) => 4 * u ** 3 - 2 * u, dd: (u) => 12 * u ** 2 - 2 });

  it("hold for leaving a saddle: no iteration is no step, and the clock is asked", () => {
    for (const solve of SOLVERS) {
      const none = solve(saddle(), rest, undefined, { maxIterations: 0 });
      expect([none.status, none.iterations]).toEqual(["maxIterations", 0]);
      expect([...none.U]).toEqual([...guess(0)]);
      const late = solve(saddle(), rest, undefined, { deadline: 0, clock: () => 0 });
      expect([late.status, late.iterations]).toEqual(["deadline", 0]);
      const result = solve(saddle(), rest);
      expect(result.status).toBe("converged");
      expect(Math.abs(result.U[0])).toBeCloseTo(Math.SQRT1_2, 6);
    }
  });
});

describe("a constraint that is met but for rounding, far from the map's origin", () => {
  it.each([Math.PI, Math.PI / 2, -Math.PI / 2])(
    "is met: a unicycle at yaw %d already stands where it should",
    (yaw) => {
      const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
      const at = [3 + 2 * c, -7 + 2 * s];
      const ocp = withFiniteDifferences({
        N: 20,
        dynamics: UNICYCLE,
        stageCost: (_x, u) => 0.1 * (u[0] ** 2 + u[1] ** 2),
        terminalCost: () => 0,
        rows: {
          ...{ count: 2, stages: "terminal" },
          value: (x: Vec, _k: number, out: Vec): void => {
            const [p, q] = [x[0] - at[0], x[1] - at[1]];
            out.set([c * p + s * q + 3, c * q - s * p]);
          },
        },
      });
      const { status, iterations, cost } = solve(ocp, Float64Array.of(3, -7, yaw));
      expect([status, iterations, cost]).toEqual(["converged", 0, 0]);
    },
  );
});
