import { describe, expect, it } from "vitest";
import { type Ocp, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";
import { UNICYCLE } from "./problems.ts";

/** A unicycle that drives `length` straight ahead in 2.5 s, with a disc of 0.22 m half way, `aside` of the line. */
const roundDisc = (length: number, aside: number, bounded = true): Ocp =>
  withFiniteDifferences({
    N: 25,
    dynamics: UNICYCLE,
    stageCost: (_x, u) => 0.1 * (u[0] ** 2 + u[1] ** 2),
    terminalCost: () => 0,
    uLower: bounded ? Float64Array.of(-1, -1.2) : undefined,
    uUpper: bounded ? Float64Array.of(1, 1.2) : undefined,
    rows: [
      {
        count: 1,
        value: ([p, q], _k, c) => void c.fill(Math.hypot(p - length / 2, q - aside) - 0.22),
      },
      {
        ...{ count: 3, kind: "equality", stages: "terminal" },
        value: ([p, q, yaw], _k, c) => void c.set([p - length, q, yaw]),
      },
    ],
  });
const rest = new Float64Array(3);
const constant = (v: number): Float64Array => new Float64Array(50).fill(v);

describe("a guess before a disc that no small change leads round", () => {
  it.each([
    [1.13, 0.01, 0.2, true],
    [1.24, -0.02, 0.2, true],
    [1.28, 0.01, 0, true],
    [1.03, 0, 0, true],
    [1.13, 0.01, 0.2, false],
  ])("ends round it: %d m, %d m aside, controls of %d, bounds: %s", (length, aside, guess, bounded) => {
    for (const run of [solveSqp, solve]) {
      const r = run(roundDisc(length, aside, bounded), rest, constant(guess));
      expect(r.status, run.name).toBe("converged");
      expect(r.violation).toBeLessThan(1e-6);
      // The straight way would cost 0.1 * 25 * (length / 2.5)^2.
      expect(r.cost).toBeGreaterThan(0.4 * length ** 2);
      if (run === solveSqp) expect(r.iterations).toBeLessThan(60);
    }
  });

  it("begins anew for that, as often as it may", () => {
    const stuck = solveSqp(roundDisc(1.24, -0.02), rest, constant(0.2), { restarts: 0 });
    expect(stuck.status).toBe("infeasible");
    expect(() => solveSqp(roundDisc(1.24, 0), rest, undefined, { restarts: -1 })).toThrow(/restarts is -1/);
  });

  it("returns the end that came nearest where none is round it, with its residuals and history", () => {
    // 3.5 m in 2.5 s at 1 m/s
    const { status, X, cost, residuals, history, violation } = solveSqp(roundDisc(3.5, 0.5), rest);
    expect(status).toBe("infeasible");
    expect(history.at(-1)).toMatchObject({ cost, violation, kkt: residuals.kkt });
    expect(residuals.primal).toBeCloseTo(violation, 9);
    expect(X[75]).toBeGreaterThan(2.4);
  });
});
