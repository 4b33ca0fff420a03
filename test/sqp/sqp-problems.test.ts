import { describe, expect, it } from "vitest";
import type { Ocp } from "../../src/ocp/index.ts";
import { type HessianKind, type SqpResult, solveSqp } from "../../src/sqp/index.ts";
import { independentKkt } from "./independent-kkt.ts";
import { cartPole, parking, pendulum, quadrotor } from "./problems.ts";

type Case = {
  readonly name: string;
  readonly problem: { ocp: Ocp; x0: Float64Array };
  readonly at: (x: Float64Array) => number;
};

/** The paper's projection of every block takes hundreds of iterations on the larger systems: not tested there. */
const KINDS: readonly HessianKind[] = ["gaussNewton", "full"];

const cases: Case[] = [
  { name: "pendulum swing-up", problem: pendulum(), at: (x) => Math.hypot(x[0] - Math.PI, x[1]) },
  {
    name: "cart-pole swing-up",
    problem: cartPole(),
    at: (x) => Math.hypot(x[0], x[1] - Math.PI, x[2], x[3]),
  },
  { name: "quadrotor past a pillar", problem: quadrotor(), at: (x) => Math.hypot(x[0] - 3, x[1], x[2] - 1) },
  {
    name: "quadrotor in the open",
    problem: quadrotor(false),
    at: (x) => Math.hypot(x[0] - 3, x[1], x[2] - 1),
  },
  { name: "reverse parking", problem: parking(), at: (x) => Math.hypot(x[0] - 0.5, x[1] + 2.5, x[2]) },
];

const results = new Map<string, SqpResult>();

/** The problem solved from zero controls to 1e-3, once. */
function solved(problem: Case["problem"], hessian: HessianKind): SqpResult {
  const key = `${cases.findIndex((c) => c.problem === problem)} ${hessian}`;
  const result = results.get(key) ?? solveSqp(problem.ocp, problem.x0, undefined, { hessian, tol: 1e-3 });
  results.set(key, result);
  return result;
}

describe("solveSqp on systems it knows nothing of", () => {
  for (const { name, problem, at } of cases) {
    for (const hessian of name === "pendulum swing-up" ? [...KINDS, "projected" as const] : KINDS) {
      it(`solves ${name} from zero controls (${hessian}), as rollouts and differences confirm`, () => {
        const { ocp, x0 } = problem;
        const result = solved(problem, hessian);
        expect(result.status).toBe("converged");
        const kkt = independentKkt(ocp, x0, result);
        const scale = 1 + kkt.largestMultiplier;
        const largestU = result.U.reduce((m, u) => Math.max(m, Math.abs(u)), 0);
        expect(kkt.dynamics).toBeLessThan(1e-12);
        expect(kkt.primal).toBeLessThan(1e-3 * (1 + largestU));
        // the solver's own tolerance, with room for differences of a cost of about 1e2
        expect(kkt.stationarity).toBeLessThan(1.01e-3 * scale + 1e-6);
        expect(kkt.complementarity).toBeLessThan(1.01e-3 * scale);
        expect(kkt.dualSign).toBe(0);
        expect(at(result.X.slice(-ocp.dynamics.nx))).toBeLessThan(0.3);
      });
    }
  }

  it("reports residuals that agree with rollouts and differences", () => {
    const { ocp: bounded, x0 } = quadrotor();
    const free = new Float64Array(bounded.dynamics.nu).fill(Infinity);
    const ocp = { ...bounded, uLower: free.map((v) => -v), uUpper: free };
    const result = solveSqp(ocp, x0, undefined, { maxIterations: 3 });
    const kkt = independentKkt(ocp, x0, result);
    expect(result.status).toBe("maxIterations");
    expect(Math.abs(result.residuals.stationarity - kkt.stationarity)).toBeLessThan(
      1e-4 * (1 + kkt.stationarity),
    );
    expect(Math.abs(result.residuals.complementarity - kkt.complementarity)).toBeLessThan(1e-9);
    expect(result.residuals.primal).toBeCloseTo(kkt.primal, 12);
  });
});

describe("the full Hessian", () => {
  it("ends faster than linearly, where Gauss-Newton creeps", () => {
    const { ocp, x0 } = pendulum();
    const optimum = solveSqp(ocp, x0, undefined, { tol: 1e-9 });
    const U = optimum.U.map((u, i) => u + 0.02 * Math.sin(1.7 * i));
    const full = solveSqp(ocp, x0, U, { tol: 1e-7 });
    const gaussNewton = solveSqp(ocp, x0, U, { tol: 1e-7, hessian: "gaussNewton" });
    expect(optimum.status).toBe("converged");
    expect(full.status).toBe("converged");
    expect(full.cost).toBeCloseTo(optimum.cost, 7);
    expect(full.iterations).toBeLessThanOrEqual(6);
    expect(gaussNewton.iterations).toBeGreaterThan(5 * full.iterations);
    // the last step shrinks the residual a hundredfold and more, as far as differenced second derivatives let it
    const [before, last] = full.history.map((row) => row.kkt).slice(-2);
    expect(last / before).toBeLessThan(0.01);
  });

  it("needs no more iterations than Gauss-Newton on each of the problems, damped on the cart-pole", () => {
    for (const { name, problem } of cases) {
      const curved = name === "cart-pole swing-up" ? "auto" : "full";
      const [gaussNewton, full] = [solved(problem, "gaussNewton"), solved(problem, curved)];
      expect(full.iterations).toBeLessThanOrEqual(gaussNewton.iterations);
    }
  });
});
