import { describe, expect, it } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import { createIlqrWorkspace, solveIlqr } from "../../src/ilqr/index.ts";
import { createLqrScratch, lqrGains } from "../../src/linalg/index.ts";
import { type Ocp, withFiniteDifferences } from "../../src/ocp/index.ts";
import { cartPole, pendulum } from "../sqp/problems.ts";
import { gaussian, maxDifference } from "./dense.ts";
import { condensedSolution, doubleIntegrator } from "./double-integrator.ts";
import { differencedGradient, projectedResidual } from "./independent-gradient.ts";
import { denseKkt, lqOcp, randomLq } from "./lq-problem.ts";

const HESSIANS = ["gaussNewton", "full"] as const;
const withoutBox = (ocp: Ocp): Ocp => ({ ...ocp, stateBox: undefined });

describe("solveIlqr on linear quadratic problems", () => {
  it.each(HESSIANS)("takes one step to the solution of the dense KKT system (%s)", (hessian) => {
    for (const [seed, N, nx, nu] of [
      [1, 6, 3, 2],
      [2, 10, 2, 1],
      [3, 4, 2, 3],
    ]) {
      const data = randomLq(seed, N, nx, nu);
      const x0 = gaussian(createRng(seed), nx, 1);
      const result = solveIlqr(lqOcp(data), x0, undefined, { hessian });
      const expected = denseKkt(data, x0);
      expect(result.status).toBe("converged");
      expect(result.iterations).toBe(1);
      expect(maxDifference(result.U, expected.U)).toBeLessThan(1e-8);
      expect(maxDifference(result.X, expected.X)).toBeLessThan(1e-8);
    }
  });

  it("returns the gains of the LQR", () => {
    const data = randomLq(4, 8, 3, 2);
    const result = solveIlqr(lqOcp(data), Float64Array.of(1, 2, 3));
    const K = new Float64Array(8 * 2 * 3);
    lqrGains(data, K, createLqrScratch(3, 2));
    expect(maxDifference(result.K, K)).toBeLessThan(1e-9);
  });

  it("takes no step from the solution", () => {
    const data = randomLq(5, 6, 3, 2);
    const x0 = Float64Array.of(1, -1, 0.5);
    const { U } = denseKkt(data, x0);
    const result = solveIlqr(lqOcp(data), x0, { U }, { tol: 1e-7 });
    expect(result.status).toBe("converged");
    expect(result.iterations).toBe(0);
    expect(result.history).toHaveLength(1);
    expect(result.K.some((v) => v !== 0)).toBe(true);
  });

  it("is stationary on random problems with active bounds", () => {
    for (let seed = 10; seed < 20; seed++) {
      const data = randomLq(seed, 12, 3, 2);
      const ocp = lqOcp(data, 0.3);
      const x0 = gaussian(createRng(seed), 3, 1);
      const result = solveIlqr(ocp, x0);
      expect(result.status).toBe("converged");
      expect(result.U.some((u) => Math.abs(u) === 0.3)).toBe(true);
      const g = differencedGradient(ocp, x0, result.U);
      expect(projectedResidual(ocp, result.U, g)).toBeLessThan(1e-5);
    }
  });
});

describe("solveIlqr on the double integrator with bounded force", () => {
  const problem = { N: 30, dt: 0.1, effort: 0.1, terminal: 100, target: [1, 0], uMax: 1 } as const;

  it.each([0.55, 1, 5])("equals the condensed problem solved by quadprog, |u| <= %d", (uMax) => {
    const p = { ...problem, uMax };
    const result = solveIlqr(doubleIntegrator(p), new Float64Array(2));
    const expected = condensedSolution(p, new Float64Array(2));
    expect(result.status).toBe("converged");
    expect(maxDifference(result.U, expected.U)).toBeLessThan(1e-5);
  });

  it("is bang-bang where the target can just be reached", () => {
    // Full force for half the time, full brake for the other half: the only control that gets from
    // rest to rest over (N dt)^2 / 4 metres.
    const p = { ...problem, N: 20, effort: 1e-7, target: [1, 0] as const };
    const result = solveIlqr(doubleIntegrator(p), new Float64Array(2));
    const bangBang = Array.from({ length: 20 }, (_, k) => (k < 10 ? 1 : -1));
    expect(result.status).toBe("converged");
    expect(maxDifference(result.U, bangBang)).toBeLessThan(1e-2);
    expect(result.X[40]).toBeCloseTo(1, 4);
    expect(result.X[41]).toBeCloseTo(0, 4);
  });

  it("keeps controls whose bounds are equal, and gives them no gain", () => {
    const ocp = doubleIntegrator(problem);
    const pinned = { ...ocp, uLower: Float64Array.of(0.25), uUpper: Float64Array.of(0.25) };
    const result = solveIlqr(pinned, new Float64Array(2));
    expect(result.status).toBe("converged");
    expect(result.U.every((u) => u === 0.25)).toBe(true);
    expect(result.K.every((v) => v === 0)).toBe(true);
  });
});

describe("solveIlqr on nonlinear problems", () => {
  it.each(HESSIANS)("swings up a pendulum with bounded torque (%s)", (hessian) => {
    const { ocp, x0 } = pendulum();
    const result = solveIlqr(ocp, x0, undefined, { hessian });
    expect(result.status).toBe("converged");
    expect(result.X.at(-2)).toBeCloseTo(Math.PI, 1);
    expect(result.X.at(-1)).toBeCloseTo(0, 1);
    expect(result.U.every((u) => Math.abs(u) <= 5)).toBe(true);
    const g = differencedGradient(ocp, x0, result.U);
    expect(projectedResidual(ocp, result.U, g)).toBeLessThan(1e-4);
  });

  it.each(HESSIANS)("swings up a cart-pole with bounded force (%s)", (hessian) => {
    const { ocp, x0 } = cartPole();
    const result = solveIlqr(withoutBox(ocp), x0, undefined, { hessian });
    expect(result.status).toBe("converged");
    const [position, angle, speed, rate] = result.X.slice(-4);
    expect(Math.abs(angle - Math.PI)).toBeLessThan(0.1);
    expect(Math.max(Math.abs(position), Math.abs(speed), Math.abs(rate))).toBeLessThan(0.3);
    // The objective is so curved that a difference of 1e-5 would be off by 3e-3.
    const g = differencedGradient(withoutBox(ocp), x0, result.U, undefined, 1e-7);
    expect(projectedResidual(ocp, result.U, g)).toBeLessThan(1e-4);
  });

  it("never raises the cost from one iterate to the next", () => {
    const { ocp, x0 } = pendulum();
    const { history } = solveIlqr(ocp, x0);
    for (let i = 1; i < history.length; i++) {
      expect(history[i].cost).toBeLessThanOrEqual(history[i - 1].cost + 1e-9);
      expect(history[i].alpha).toBeGreaterThan(0);
    }
  });

  it("converges quadratically with the full Hessian and only linearly with Gauss-Newton's", () => {
    const { ocp, x0 } = pendulum();
    const [linear, quadratic] = HESSIANS.map((hessian) => {
      const { status, history } = solveIlqr(ocp, x0, undefined, { hessian, tol: 1e-9 });
      expect(status).toBe("converged");
      // Steps it takes to get from 1e-3 to 1e-9.
      return history.filter((h) => h.stationarity < 1e-3).length;
    });
    expect(quadratic).toBeLessThanOrEqual(4);
    expect(linear).toBeGreaterThan(50);
  });

  it("does the same with second derivatives given as with differenced ones", () => {
    const { ocp, x0 } = analyticPendulum();
    const { hessian: _, ...dynamics } = ocp.dynamics;
    const given = solveIlqr(ocp, x0, undefined, { hessian: "full" });
    const differenced = solveIlqr({ ...ocp, dynamics }, x0, undefined, { hessian: "full" });
    expect(given.status).toBe("converged");
    expect(differenced.iterations).toBe(given.iterations);
    expect(maxDifference(differenced.U, given.U)).toBeLessThan(1e-5);
  });

  it("feeds back the short way round where an angle is wrapped", () => {
    const { ocp, x0 } = analyticPendulum();
    const wrapped: Ocp = {
      ...ocp,
      angles: [0],
      dynamics: {
        ...ocp.dynamics,
        step(x, u, k, out) {
          ocp.dynamics.step(x, u, k, out);
          out[0] = wrapAngle(out[0]);
        },
      },
    };
    const plain = solveIlqr(ocp, x0);
    const result = solveIlqr(wrapped, x0);
    expect(plain.X.some((v, i) => i % 2 === 0 && Math.abs(v) > Math.PI)).toBe(true);
    expect(result.status).toBe("converged");
    expect(result.iterations).toBe(plain.iterations);
    expect(maxDifference(result.U, plain.U)).toBeLessThan(1e-8);
  });

  it("gives the same bytes again, in a used workspace too, and hands out copies", () => {
    const { ocp, x0 } = pendulum();
    const workspace = createIlqrWorkspace(ocp);
    const first = solveIlqr(ocp, x0, undefined, {}, workspace);
    const U = first.U.slice();
    solveIlqr(ocp, Float64Array.of(1, 0), undefined, {}, workspace);
    expect(first.U).toEqual(U);
    const again = solveIlqr(ocp, x0, undefined, {}, workspace);
    expect(again).toEqual(first);
    expect(solveIlqr(ocp, x0)).toEqual(first);
  });
});

/** Pendulum x = (angle, rate) by semi-implicit Euler, every derivative exact; swings past upright. */
function analyticPendulum(): { ocp: Ocp; x0: Float64Array } {
  const dt = 0.05;
  const g = 9.81;
  const ocp = withFiniteDifferences({
    N: 40,
    dynamics: {
      nx: 2,
      nu: 1,
      step(x, u, _k, out) {
        const rate = x[1] + dt * (u[0] - g * Math.sin(x[0]));
        out[0] = x[0] + dt * rate;
        out[1] = rate;
      },
      jacobian(x, _u, _k, A, B) {
        const slope = -dt * g * Math.cos(x[0]);
        A.set([1 + dt * slope, dt, slope, 1]);
        B.set([dt * dt, dt]);
      },
      hessian(x, _u, _k, p, H) {
        H[0] += (dt * p[0] + p[1]) * dt * g * Math.sin(x[0]);
      },
    },
    stageCost: (_x, u) => 0.005 * u[0] * u[0],
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      r[0] = 0.01 * u[0];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      Q.fill(0);
      R[0] = 0.01;
      M.fill(0);
    },
    // Wants to be past the top, at 200 degrees; the same for wrapped and unwrapped angles.
    terminalCost: (x) => 50 * (1 - Math.cos(x[0] - 3.5)) + x[1] * x[1],
    terminalGradient(x, q) {
      q[0] = 50 * Math.sin(x[0] - 3.5);
      q[1] = 2 * x[1];
    },
    terminalHessian(x, Q) {
      Q.set([50 * Math.cos(x[0] - 3.5), 0, 0, 2]);
    },
    uLower: Float64Array.of(-8),
    uUpper: Float64Array.of(8),
  });
  return { ocp, x0: Float64Array.of(1.5, 0) };
}
