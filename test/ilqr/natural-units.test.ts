import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { type Ocp, type OcpFunctions, type Rows, withFiniteDifferences } from "../../src/ocp/index.ts";
import { ZOO } from "../../src/zoo/index.ts";
import { maxDifference, solveDense } from "./dense.ts";
import { doubleIntegrator } from "./double-integrator.ts";
import { lqOcp, randomLq } from "./lq-problem.ts";

type Vec = Float64Array;

/** The problem with cost and controls in other units: `u' = u / unit`, J' = scale J. Powers of two and four leave no rounding. */
function inUnits(ocp: Ocp, scale: number, unit: number): Ocp {
  const u = new Float64Array(ocp.dynamics.nu);
  const real = (given: Vec): Vec => {
    for (let i = 0; i < u.length; i++) u[i] = unit * given[i];
    return u;
  };
  const times = (factor: number, ...parts: readonly Vec[]): void => {
    for (const part of parts) for (let i = 0; i < part.length; i++) part[i] *= factor;
  };
  return {
    ...ocp,
    dynamics: {
      nx: ocp.dynamics.nx,
      nu: ocp.dynamics.nu,
      step: (x, v, k, out) => ocp.dynamics.step(x, real(v), k, out),
      jacobian(x, v, k, A, B) {
        ocp.dynamics.jacobian(x, real(v), k, A, B);
        times(unit, B);
      },
    },
    stageCost: (x, v, k) => scale * ocp.stageCost(x, real(v), k),
    stageGradient(x, v, k, q, r) {
      ocp.stageGradient(x, real(v), k, q, r);
      times(scale, q, r);
      times(unit, r);
    },
    stageHessian(x, v, k, Q, R, M) {
      ocp.stageHessian(x, real(v), k, Q, R, M);
      times(scale, Q, R, M);
      times(unit, R, M);
      times(unit, R);
    },
    terminalCost: (x) => scale * ocp.terminalCost(x),
    terminalGradient(x, q) {
      ocp.terminalGradient(x, q);
      times(scale, q);
    },
    terminalHessian(x, Q) {
      ocp.terminalHessian(x, Q);
      times(scale, Q);
    },
    uLower: ocp.uLower.map((v) => v / unit),
    uUpper: ocp.uUpper.map((v) => v / unit),
  };
}

const powers = (count: number, seed: number): readonly (readonly [number, number])[] => {
  const rng = createRng(seed);
  const power = (base: number): number => base ** Math.round(30 * rng.uniform() - 15);
  return Array.from({ length: count }, () => [power(4), power(2)]);
};

describe("units of cost and controls", () => {
  const problems: [string, Ocp, Vec][] = [
    ["a random LQ problem with bounds", lqOcp(randomLq(7, 12, 3, 2), 0.5), Float64Array.of(1, -1, 0.5)],
    [
      "a double integrator with a speed limit",
      doubleIntegrator({
        N: 20,
        dt: 0.1,
        effort: 0.1,
        terminal: 100,
        target: [1, 0],
        uMax: 4,
        stateBox: { index: [1], lower: Float64Array.of(-0.7), upper: Float64Array.of(0.7) },
      }),
      new Float64Array(2),
    ],
  ];
  const effort = lqOcp({
    ...randomLq(5, 8, 2, 1),
    q: new Float64Array(18),
    r: new Float64Array(8),
    b: new Float64Array(16),
  });
  const rows: Rows = {
    count: 2,
    kind: "equality",
    stages: "terminal",
    value: (x: Vec, _k: number, out: Vec) => void out.set([x[0] - 1, x[1]]),
    jacobian: (_x: Vec, _k: number, C: Vec) => void C.set([1, 0, 0, 1]),
  };
  problems.push(["a target to be met from where no cost pulls", { ...effort, rows }, new Float64Array(2)]);
  for (const [name, ocp, x0] of problems) {
    it(`change no step and no digit of the solution: ${name}`, () => {
      for (const solve of ocp.stateBox === undefined && ocp.rows === undefined
        ? [solveIlqr, solveAlIlqr]
        : [solveAlIlqr]) {
        const base = solve(ocp, x0);
        expect(base.status).toBe("converged");
        for (const [scale, unit] of powers(6, 3)) {
          const other = solve(inUnits(ocp, scale, unit), x0);
          expect([other.status, other.iterations]).toEqual(["converged", base.iterations]);
          expect(maxDifference(other.X, base.X)).toBe(0);
          expect(other.cost).toBe(scale * base.cost);
        }
      }
    });
  }
});

const chain: OcpFunctions["dynamics"] = {
  nx: 2,
  nu: 1,
  step: ([p, v], [a], _k, out) => void out.set([p + 0.1 * v, v + 0.1 * a]),
};

describe("costs that fall for ever", () => {
  const problems: Readonly<Record<string, Partial<OcpFunctions>>> = {
    "a linear cost": { stageCost: (_x, u) => -u[0] },
    "a linear cost of the last state": { terminalCost: (x) => -x[0] },
    "a concave cost that its effort does not hold": {
      stageCost: (_x, u) => 1e-3 * u[0] ** 2,
      terminalCost: (x) => -10 * x[0] ** 2 - x[0],
    },
  };
  const origin = new Float64Array(2);
  it.each(Object.entries(problems))("are told: %s, and bounded siblings converge", (_name, own) => {
    const given = { N: 20, dynamics: chain, stageCost: () => 0, terminalCost: () => 0, ...own };
    const ocp = withFiniteDifferences(given);
    const bounded = { ...ocp, uLower: Float64Array.of(-3), uUpper: Float64Array.of(3) };
    for (const solve of [solveIlqr, solveAlIlqr]) {
      const result = solve(ocp, origin);
      expect(result.status).toBe("unbounded");
      expect(result.message).toMatch(/falls for ever/);
      expect(solve(bounded, origin).status).toBe("converged");
    }
  });

  it("are not told where a hard row holds them, though the first penalties do not", () => {
    const wall: Rows = {
      count: 1,
      value: (x: Vec, _k: number, out: Vec) => void out.fill(1 - x[0]),
      jacobian: (_x: Vec, _k: number, C: Vec) => void C.set([-1, 0]),
    };
    const ocp = withFiniteDifferences({
      N: 10,
      dynamics: chain,
      stageCost: (_x, u) => 1e-3 * u[0] ** 2,
      terminalCost: (x) => -10 * Math.max(0, x[0]) ** 2 - x[0],
      rows: wall,
    });
    const result = solveAlIlqr(ocp, origin);
    expect(result.status).toBe("converged");
    expect(result.X[20]).toBeCloseTo(1, 5);
  });
});

describe("equalities in solveAlIlqr", () => {
  it("end an LQ problem where the dense KKT system does, multipliers too", () => {
    const d = randomLq(11, 6, 3, 2);
    const x0 = Float64Array.of(1, -0.5, 0.25);
    const target = [0.3, -0.2];
    const goal: Rows = {
      count: 2,
      kind: "equality",
      stages: "terminal",
      value: (x: Vec, _k: number, out: Vec) => void out.set([x[0] - target[0], x[1] + x[2] - target[1]]),
      jacobian: (_x: Vec, _k: number, C: Vec) => void C.set([1, 0, 0, 0, 1, 1]),
    };
    const ocp = lqOcp(d);
    const result = solveAlIlqr({ ...ocp, rows: [goal] }, x0);
    const expected = condensedEqualities(ocp, x0, goal);
    expect(result.status).toBe("converged");
    expect(maxDifference(result.U, expected.U)).toBeLessThan(1e-5);
    expect(maxDifference(result.multipliers, expected.y)).toBeLessThan(1e-4);
    expect(result.multipliers.some((y) => y < 0)).toBe(true);
  });

  it("turn the car by a right angle at the published cost .0387019", () => {
    const { ocp, x0, guess } = ZOO.turn90();
    const result = solveAlIlqr(ocp, x0, guess);
    expect(result.status).toBe("converged");
    expect(Math.abs(result.cost - 0.0387019)).toBeLessThan(1e-7);
  });
});

/** min J(U) s.t. c(x_N(U)) = 0, both exactly quadratic and linear in U: their KKT system from values alone. */
function condensedEqualities(ocp: Ocp, x0: Vec, goal: Rows): { U: Vec; y: Vec } {
  const { nx, nu } = ocp.dynamics;
  const n = ocp.N * nu;
  const m = goal.count;
  const c = new Float64Array(m);
  const evaluate = (U: Vec): number => {
    let x = x0;
    let cost = 0;
    for (let k = 0; k < ocp.N; k++) {
      const u = U.subarray(k * nu, (k + 1) * nu);
      const next = new Float64Array(nx);
      cost += ocp.stageCost(x, u, k);
      ocp.dynamics.step(x, u, k, next);
      x = next;
    }
    (goal.value as (x: Vec, k: number, out: Vec) => void)(x, ocp.N, c);
    return cost + ocp.terminalCost(x);
  };
  const unit = (...at: readonly number[]): Vec => {
    const U = new Float64Array(n);
    for (const i of at) U[i] += 1;
    return U;
  };
  const J0 = evaluate(unit());
  const c0 = c.slice();
  const single = Array.from({ length: n }, (_, i) => ({ J: evaluate(unit(i)), c: c.slice() }));
  const K = new Float64Array((n + m) ** 2);
  const rhs = new Float64Array(n + m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) K[i * (n + m) + j] = evaluate(unit(i, j)) - single[i].J - single[j].J + J0;
    rhs[i] = -(single[i].J - J0 - 0.5 * K[i * (n + m) + i]);
    for (let l = 0; l < m; l++) {
      K[i * (n + m) + n + l] = -(single[i].c[l] - c0[l]);
      K[(n + l) * (n + m) + i] = single[i].c[l] - c0[l];
    }
  }
  for (let l = 0; l < m; l++) rhs[n + l] = -c0[l];
  const z = solveDense(K, rhs);
  return { U: z.slice(0, n), y: z.slice(n) };
}
