import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLqrScratch, lqrGains } from "../../src/linalg/index.ts";
import { GAIN_KINDS, solveSqp } from "../../src/sqp/index.ts";
import { independentKkt } from "./independent-kkt.ts";
import { linearProblem, lowerRows, pointMass } from "./linear-problem.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));

/** Controls of the optimal feedback u = K x, by the Riccati recursion of src/ilqr. */
function lqrControls({ ocp, A, B, Q, R }: ReturnType<typeof linearProblem>, x0: Float64Array): Float64Array {
  const { N, dynamics } = ocp;
  const { nx, nu } = dynamics;
  const repeat = (block: Float64Array, count: number): Float64Array =>
    Float64Array.from({ length: count * block.length }, (_, i) => block[i % block.length]);
  const stages = repeat(Q, N + 1);
  stages.set(
    Q.map((v) => 5 * v),
    N * nx * nx,
  );
  const K = new Float64Array(N * nu * nx);
  lqrGains(
    { N, nx, nu, A: repeat(A, N), B: repeat(B, N), Q: stages, R: repeat(R, N) },
    K,
    createLqrScratch(nx, nu),
  );
  const U = new Float64Array(N * nu);
  let x = x0;
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++)
      for (let j = 0; j < nx; j++) U[k * nu + i] += K[(k * nu + i) * nx + j] * x[j];
    const next = new Float64Array(nx);
    dynamics.step(x, U.subarray(k * nu, (k + 1) * nu), k, next);
    x = next;
  }
  return U;
}

describe("a linear problem with a quadratic cost", () => {
  for (const gains of GAIN_KINDS) {
    it(`takes exactly one QP and equals the LQR feedback, with ${gains} gains`, () => {
      const rng = createRng(11);
      for (let trial = 0; trial < 5; trial++) {
        const problem = linearProblem(rng);
        const x0 = Float64Array.from({ length: 3 }, () => rng.gauss());
        const guess = Float64Array.from({ length: 40 }, () => rng.gauss());
        const result = solveSqp(problem.ocp, x0, guess, { gains, tol: 1e-6 });
        expect(result.status).toBe("converged");
        expect(result.iterations).toBe(1);
        expect(result.history.length).toBe(2);
        expect(difference(result.U, lqrControls(problem, x0))).toBeLessThan(1e-6);
      }
    });
  }

  it("is solved where it is so unstable that no gradient can be rolled out: 20 s of a pole that falls in 0.2 s", () => {
    // a growth of e^100 over the horizon; the LQR's controls are the independent answer
    const N = 400;
    const [grow, push] = [Math.exp(0.25), 0.05];
    const [A, B] = [Float64Array.of(grow), Float64Array.of(push)];
    const one = Float64Array.of(1);
    const { ocp } = linearProblem(createRng(1), 1, 1, N);
    const dynamics: typeof ocp.dynamics = {
      ...ocp.dynamics,
      step: (x, u, _k, out) => void out.fill(grow * x[0] + push * u[0]),
      jacobian: (_x, _u, _k, outA, outB) => void [outA.set(A), outB.set(B)],
    };
    const quadratic = {
      stageCost: (x: Float64Array, u: Float64Array) => 0.5 * (x[0] ** 2 + u[0] ** 2),
      terminalCost: (x: Float64Array) => 2.5 * x[0] ** 2,
      stageGradient: (x: Float64Array, u: Float64Array, _k: number, q: Float64Array, r: Float64Array) =>
        void [q.set(x), r.set(u)],
      stageHessian: (
        _x: Float64Array,
        _u: Float64Array,
        _k: number,
        Q: Float64Array,
        R: Float64Array,
        M: Float64Array,
      ) => void [Q.fill(1), R.fill(1), M.fill(0)],
      terminalGradient: (x: Float64Array, q: Float64Array) => void q.fill(5 * x[0]),
      terminalHessian: (_x: Float64Array, Q: Float64Array) => void Q.fill(5),
    };
    const problem = { ocp: { ...ocp, dynamics, ...quadratic }, A, B, Q: one, R: one };
    const x0 = Float64Array.of(0.7);
    const result = solveSqp(problem.ocp, x0, { X: new Float64Array(N + 1) });
    expect(result.status).toBe("converged");
    expect(difference(result.U, lqrControls(problem, x0))).toBeLessThan(1e-6 * largest(result.U));
  });

  it("takes one QP with bounds, a state box and rows, too", () => {
    const ocp = pointMass(
      {
        rows: lowerRows(0, -0.05),
        stateBox: { index: [1], lower: Float64Array.of(-1), upper: Float64Array.of(0.6) },
      },
      2,
    );
    const x0 = Float64Array.of(0, -0.2);
    const result = solveSqp(ocp, x0, undefined, { tol: 1e-6 });
    expect(result.status).toBe("converged");
    expect(result.iterations).toBe(1);
    const kkt = independentKkt(ocp, x0, result);
    expect(kkt.primal).toBeLessThan(1e-6);
    expect(kkt.stationarity).toBeLessThan(1e-5);
    expect(kkt.largestMultiplier).toBeGreaterThan(0.01); // box and rows are active
  });
});

describe("a perfect guess", () => {
  const ocp = pointMass({ rows: lowerRows(0, -0.04) }, 0.3);
  const x0 = Float64Array.of(0, -0.2);
  const optimum = solveSqp(ocp, x0, undefined, { tol: 1e-8 });

  it("costs no QP with its multipliers", () => {
    const again = solveSqp(ocp, x0, optimum, { tol: 1e-6 });
    expect(again.status).toBe("converged");
    expect(again.iterations).toBe(0);
    expect(again.history.length).toBe(1);
    expect(Math.max(...optimum.multipliers)).toBeGreaterThan(1);
    expect(difference(again.U, optimum.U)).toBeLessThan(1e-12);
  });

  it("costs one QP without them", () => {
    const again = solveSqp(ocp, x0, optimum.U, { tol: 1e-6 });
    expect(again.status).toBe("converged");
    expect(again.iterations).toBe(1);
    expect(difference(again.U, optimum.U)).toBeLessThan(1e-6);
  });
});
