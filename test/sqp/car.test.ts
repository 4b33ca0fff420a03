import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { checkDerivatives } from "../../src/ocp/index.ts";
import { type GainKind, type SqpOptions, type SqpResult, solveSqp } from "../../src/sqp/index.ts";
import { CAR_OPTIMUM, CAR_START } from "../../src/zoo/index.ts";
import { carProblem } from "./car.ts";
import { costOf, independentKkt, states } from "./independent-kkt.ts";

const start = Float64Array.from(CAR_START);
const solve = (options: Partial<SqpOptions>, x0 = start, U?: Float64Array): SqpResult =>
  solveSqp(carProblem(), x0, U, { tol: 1e-4, maxIterations: 100, ...options });

/** Controls that drive through way points at a steady speed, by pursuit of the next one. */
function throughWayPoints(x0: Float64Array, points: readonly (readonly [number, number])[]): Float64Array {
  const ocp = carProblem();
  const U = new Float64Array(ocp.N * 2);
  let x = Float64Array.from(x0);
  let at = 0;
  for (let k = 0; k < ocp.N; k++) {
    while (at < points.length - 1 && Math.hypot(points[at][0] - x[0], points[at][1] - x[1]) < 0.4) at++;
    const heading = Math.atan2(points[at][0] - x[0], points[at][1] - x[1]);
    const turn = Math.atan2(Math.sin(heading - x[2]), Math.cos(heading - x[2]));
    const u = Float64Array.of(Math.max(-1, Math.min(1, 3 * turn)), 6 * (2.2 - x[3]));
    U.set([u[0], Math.max(-6, Math.min(6, u[1]))], 2 * k);
    const next = new Float64Array(4);
    ocp.dynamics.step(x, U.subarray(2 * k, 2 * k + 2), k, next);
    x = next;
  }
  return U;
}

describe("the 4-state car of the paper", () => {
  it("has the derivatives it claims", () => {
    expect(checkDerivatives(carProblem(), start, createRng(1))).toEqual({ ok: true, worst: [] });
  });

  it("reaches the published optimum in at most 15 iterations with the defaults", () => {
    const result = solveSqp(carProblem(), start);
    expect(result.status).toBe("converged");
    expect(result.iterations).toBeLessThanOrEqual(15);
    expect(Math.abs(result.cost - 2.0612)).toBeLessThan(1e-3);
  });

  for (const gains of ["stable", "approx-sens", "sens"] as GainKind[]) {
    for (const hessian of ["full", "gaussNewton"] as const) {
      it(`reaches the published optimum with ${gains} gains and the ${hessian} Hessian`, () => {
        const result = solve({ gains, hessian });
        expect(result.status).toBe("converged");
        expect(result.cost).toBeCloseTo(CAR_OPTIMUM, 4); // IPOPT and fatrop print five digits
        const kkt = independentKkt(carProblem(), start, result);
        expect(kkt.dynamics).toBe(0);
        expect(kkt.primal).toBeLessThan(1e-6);
        expect(kkt.stationarity).toBeLessThan(1e-4 * (1 + kkt.largestMultiplier) + 1e-6);
        expect(kkt.complementarity).toBeLessThan(1e-4 * (1 + kkt.largestMultiplier));
        expect(kkt.dualSign).toBe(0);
      });
    }
  }

  it("finds the optimum with feedback in the rollout; in open loop the full Hessian ends in a poor one", () => {
    const [closed, open] = (["stable", "open"] as const).map((gains) => solve({ gains, hessian: "full" }));
    expect([closed.status, open.status]).toEqual(["converged", "converged"]);
    expect(closed.cost).toBeCloseTo(2.06116, 4);
    expect(open.cost).toBeGreaterThan(3 * closed.cost);
  });

  it("reports the cost and the states of the controls it returns", () => {
    const result = solve({});
    const x = states(carProblem(), start, result.U);
    expect(result.cost).toBeCloseTo(costOf(carProblem(), x, result.U), 12);
    expect([...result.X.slice(-4)]).toEqual([...x[40]]);
  });

  it("finds the basin its guess lies in", () => {
    const x0 = Float64Array.of(1.75, 1, 0, 0);
    const cold = solve({ hessian: "full" }, x0);
    const guided = solve(
      {},
      x0,
      throughWayPoints(x0, [
        [1.75, 1.7],
        [1.75, 2.8],
        [3, 3.1],
      ]),
    );
    expect(cold.status).toBe("converged");
    expect(guided.status).toBe("converged");
    expect(cold.cost).toBeGreaterThan(10); // 21.58 by the authors' code: docs/solver.md#the-papers-car
    expect(guided.cost).toBeLessThan(2); // and 1.432 for a way-point guess
    for (const result of [cold, guided]) {
      const kkt = independentKkt(carProblem(), x0, result);
      expect(kkt.primal).toBeLessThan(1e-5);
      expect(kkt.stationarity).toBeLessThan(1e-4 * (1 + kkt.largestMultiplier) + 1e-6);
    }
  });
});
