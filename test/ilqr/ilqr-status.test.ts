import { describe, expect, it } from "vitest";
import { ConfigError, ShapeError } from "../../src/base/index.ts";
import {
  createIlqrWorkspace,
  DEFAULT_ILQR_OPTIONS,
  type IlqrOptions,
  solveIlqr,
} from "../../src/ilqr/index.ts";
import type { Ocp } from "../../src/ocp/index.ts";
import { pendulum } from "../sqp/problems.ts";

const nan = Number.NaN;

/** The pendulum with its step replaced. */
function withStep(step: (real: Ocp["dynamics"]["step"]) => Ocp["dynamics"]["step"]): {
  ocp: Ocp;
  x0: Float64Array;
} {
  const { ocp, x0 } = pendulum();
  return { ocp: { ...ocp, dynamics: { ...ocp.dynamics, step: step(ocp.dynamics.step) } }, x0 };
}

describe("statuses of solveIlqr", () => {
  it("nonFinite: dynamics that return NaN", () => {
    const { ocp, x0 } = withStep(() => (_x, _u, _k, out) => out.fill(nan));
    const result = solveIlqr(ocp, x0);
    expect(result.status).toBe("nonFinite");
    expect(result.iterations).toBe(0);
    expect(result.message).toMatch(/NaN or infinite/);
  });

  it.each([
    ["x0", (ocp: Ocp) => solveIlqr(ocp, Float64Array.of(nan, 0))],
    ["the guess", (ocp: Ocp) => solveIlqr(ocp, new Float64Array(2), new Float64Array(60).fill(nan))],
    ["the stage cost", (ocp: Ocp) => solveIlqr({ ...ocp, stageCost: () => nan }, new Float64Array(2))],
    [
      "the terminal cost",
      (ocp: Ocp) => solveIlqr({ ...ocp, terminalCost: () => Infinity }, new Float64Array(2)),
    ],
    [
      "a Jacobian",
      (ocp: Ocp) => {
        const jacobian: Ocp["dynamics"]["jacobian"] = (_x, _u, _k, A, B) => {
          A.fill(nan);
          B.fill(nan);
        };
        return solveIlqr({ ...ocp, dynamics: { ...ocp.dynamics, jacobian } }, new Float64Array(2));
      },
    ],
    [
      "a Hessian",
      (ocp: Ocp) => solveIlqr({ ...ocp, terminalHessian: (_x, Q) => void Q.fill(nan) }, new Float64Array(2)),
    ],
  ])("nonFinite: NaN or infinity in %s", (_name, solve) => {
    const result = solve(pendulum().ocp);
    expect(result.status).toBe("nonFinite");
    expect(result.iterations).toBe(0);
  });

  it("shortens a step that leads to NaN instead of giving up", () => {
    // Outside this speed the model is not defined; the first full Newton steps go beyond it, the solution does not.
    const limit = 5;
    let refused = 0;
    const { ocp, x0 } = withStep((real) => (x, u, k, out) => {
      real(x, u, k, out);
      if (Math.abs(out[1]) <= limit) return;
      refused++;
      out.fill(nan);
    });
    const result = solveIlqr(ocp, x0);
    expect(refused).toBeGreaterThan(0);
    expect(result.status).toBe("converged");
    expect(result.X.every(Number.isFinite)).toBe(true);
  });

  it("maxIterations: the best iterate so far, with its history", () => {
    const { ocp, x0 } = pendulum();
    const start = solveIlqr(ocp, x0, undefined, { maxIterations: 0 });
    const result = solveIlqr(ocp, x0, undefined, { maxIterations: 3 });
    expect(start.status).toBe("maxIterations");
    expect(start.U.every((u) => u === 0)).toBe(true);
    expect(result.status).toBe("maxIterations");
    expect(result.iterations).toBe(3);
    expect(result.history.map((h) => h.iteration)).toEqual([0, 1, 2, 3]);
    expect(result.cost).toBeLessThan(start.cost);
    expect(result.history[3].cost).toBe(result.cost);
  });

  it("deadline: by the clock handed in", () => {
    const { ocp, x0 } = pendulum();
    let time = 1000;
    const clock = (): number => {
      time += 1;
      return time;
    };
    const result = solveIlqr(ocp, x0, undefined, { deadline: 5, clock });
    expect(result.status).toBe("deadline");
    expect(result.iterations).toBeGreaterThan(0);
    expect(result.iterations).toBeLessThan(6);
    expect(result.cost).toBeLessThan(result.history[0].cost);
    expect(solveIlqr(ocp, x0, undefined, { deadline: 0, clock }).iterations).toBe(0);
  });

  it("stalled: a gradient with the wrong sign allows no step", () => {
    const { ocp, x0 } = pendulum();
    const wrong: Ocp = {
      ...ocp,
      terminalGradient(x, q) {
        ocp.terminalGradient(x, q);
        for (let i = 0; i < q.length; i++) q[i] = -q[i];
      },
    };
    const result = solveIlqr(wrong, x0);
    expect(result.status).toBe("stalled");
    expect(result.message).toMatch(/checkDerivatives/);
  });
});

describe("arguments of solveIlqr", () => {
  const { ocp, x0 } = pendulum();

  it.each<[keyof IlqrOptions, unknown, string]>([
    ["tol", 0, "tol is 0, expected a number > 0"],
    ["costTol", -1, "costTol is -1, expected a number >= 0"],
    ["maxIterations", 1.5, "maxIterations is 1.5, expected an integer >= 0"],
    ["hessian", "newton", 'hessian is "newton", expected one of gaussNewton, full'],
    ["armijo", 0.5, "armijo is 0.5, expected a number in (0, 0.5)"],
    ["maxTrials", 0, "maxTrials is 0, expected an integer >= 1"],
    ["muInitial", nan, "muInitial is NaN, expected a number in [0, muMax]"],
    ["muMin", 0, "muMin is 0, expected a finite number > 0"],
    ["muMax", 1e-9, "muMax is 1e-9, expected a finite number > muMin"],
    ["muFactor", 1, "muFactor is 1, expected a finite number > 1"],
    ["deadline", -1, "deadline is -1, expected milliseconds >= 0"],
    ["deadline", 10, "deadline is 10, expected Infinity, or an option clock: () => milliseconds beside it"],
  ])("option %s = %s is refused", (name, value, message) => {
    expect(() => solveIlqr(ocp, x0, undefined, { [name]: value })).toThrow(new ConfigError(message));
  });

  it("an unknown option is refused with a suggestion", () => {
    const options = { maxIteration: 3 } as Partial<IlqrOptions>;
    expect(() => solveIlqr(ocp, x0, undefined, options)).toThrow(
      /unknown option "maxIteration" \(did you mean "maxIterations"\?\), expected one of tol, /,
    );
  });

  it("an option that is undefined has its default", () => {
    const result = solveIlqr(ocp, x0, undefined, { maxIterations: 1, tol: undefined });
    expect(result.status).toBe("maxIterations");
    expect(DEFAULT_ILQR_OPTIONS.tol).toBeGreaterThan(0);
  });

  it("wrong lengths are refused", () => {
    expect(() => solveIlqr(ocp, new Float64Array(3))).toThrow(
      new ShapeError("x0 has length 3, expected nx = 2"),
    );
    expect(() => solveIlqr(ocp, x0, { U: new Float64Array(59) })).toThrow(
      new ShapeError("U has length 59, expected N*nu = 60"),
    );
    expect(() => solveIlqr(ocp, x0, undefined, {}, createIlqrWorkspace(pendulum(30).ocp))).toThrow(
      new ShapeError("workspace is for N=30, nx=2, nu=1; the problem has N=60, nx=2, nu=1"),
    );
  });

  it("rows are refused, with the solvers that take them", () => {
    const rows = { count: 1, value: () => {}, jacobian: () => {} };
    expect(() => solveIlqr({ ...ocp, rows: [rows] }, x0)).toThrow(/use solveAlIlqr or solveSqp/);
    expect(solveIlqr({ ...ocp, rows: [{ ...rows, count: 0 }] }, x0).status).toBe("converged");
  });
});
