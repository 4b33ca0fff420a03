import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { discretize, type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { UNICYCLE } from "./problems.ts";

type Units = { cost: number; u: number; x: number; row: number };
const PLAIN: Units = { cost: 1, u: 1, x: 1, row: 1 };

/** A sled (position, speed) pushed to a goal with drag, bounded force and a wall, in units; exact derivatives. */
function sled(seed: number, { cost: s, u: ku, x: kx, row: kc }: Units): { ocp: Ocp; x0: Float64Array } {
  const rng = createRng(seed);
  const [drag, goal, weight, wall] = [0.1 + rng.uniform(), 1 + rng.uniform(), 10 + 90 * rng.uniform(), 0.3];
  const dt = 0.125;
  return {
    x0: Float64Array.of(-0.5 * kx, 0),
    ocp: {
      N: 20,
      uLower: Float64Array.of(-4 / ku),
      uUpper: Float64Array.of(4 / ku),
      dynamics: {
        nx: 2,
        nu: 1,
        step(x, u, _k, out) {
          const v = x[1] / kx;
          out[0] = x[0] + dt * x[1];
          out[1] = x[1] + dt * kx * (ku * u[0] - drag * v * Math.abs(v));
        },
        jacobian(x, _u, _k, A, B) {
          A.set([1, dt, 0, 1 - 2 * dt * drag * Math.abs(x[1] / kx)]);
          B.set([0, dt * kx * ku]);
        },
        hessian(x, _u, _k, p, H) {
          H[4] -= (2 * dt * drag * Math.sign(x[1]) * p[1]) / kx;
        },
      },
      stageCost: (_x, u) => 0.05 * s * (ku * u[0]) ** 2,
      stageGradient(_x, u, _k, q, r) {
        q.fill(0);
        r[0] = 0.1 * s * ku * ku * u[0];
      },
      stageHessian(_x, _u, _k, Q, R, M) {
        Q.fill(0);
        M.fill(0);
        R[0] = 0.1 * s * ku * ku;
      },
      terminalCost: (x) => 0.5 * s * weight * ((x[0] / kx - goal) ** 2 + (x[1] / kx) ** 2),
      terminalGradient(x, q) {
        q[0] = (s * weight * (x[0] / kx - goal)) / kx;
        q[1] = (s * weight * (x[1] / kx)) / kx;
      },
      terminalHessian: (_x, Q) => void Q.set([(s * weight) / kx / kx, 0, 0, (s * weight) / kx / kx]),
      rows: [
        {
          count: 1,
          value: (x: Vec, _k: number, out: Vec) => void out.fill(kc * (goal - wall - x[0] / kx)),
          jacobian: (_x: Vec, _k: number, C: Vec) => void C.set([-kc / kx, 0]),
        },
      ],
    },
  };
}

describe("units", () => {
  it("a goal 10 cm off is reached alike from the origin and in a map's coordinates", () => {
    const [N, goal, weight] = [20, [0.1, 0.05, 0.3], 100];
    const solved = [0, 5e6].map((map) => {
      const off = (x: Vec, i: number): number => x[i] - goal[i] - (i < 2 ? map : 0);
      const ocp = withFiniteDifferences({
        N,
        dynamics: UNICYCLE,
        stageCost: (_x, u) => 0.05 * (u[0] ** 2 + u[1] ** 2),
        terminalCost: (x) => 0.5 * weight * (off(x, 0) ** 2 + off(x, 1) ** 2 + off(x, 2) ** 2),
      });
      // exact, as a map's coordinates have no digits to spare for differences
      ocp.terminalGradient = (x, q) => void q.set([0, 1, 2].map((i) => weight * off(x, i)));
      ocp.terminalHessian = (_x, Q) => void Q.set([weight, 0, 0, 0, weight, 0, 0, 0, weight]);
      return solveSqp(ocp, Float64Array.of(map, map, 0), new Float64Array(2 * N).fill(0.1), {
        tol: 1e-6,
        maxIterations: 15,
      });
    });
    const [plain, far] = solved;
    expect(plain.status).toBe("converged");
    // 6e-3 where a slope of some millimetres was taken for rounding of 5000 km
    const gap = far.U.reduce((worst, u, i) => Math.max(worst, Math.abs(u - plain.U[i])), 0);
    expect(gap).toBeLessThan(1e-3);
  });

  it("a power of two in the cost, a control, a state or the rows changes neither steps nor solution", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const base = sled(seed, PLAIN);
      const plain = solveSqp(base.ocp, base.x0);
      expect(plain.status).toBe("converged");
      expect(plain.multipliers.some((y) => y > 0)).toBe(true);
      for (const name of ["cost", "u", "x", "row"] as const) {
        for (const k of [2 ** -26, 2 ** -10, 2 ** 10, 2 ** 26]) {
          const { ocp, x0 } = sled(seed, { ...PLAIN, [name]: k });
          const other = solveSqp(ocp, x0);
          expect([other.status, other.iterations], `${name} ${k}`).toEqual(["converged", plain.iterations]);
          const U = other.U.map((u) => (name === "u" ? u * k : u));
          const gap = U.reduce((worst, u, i) => Math.max(worst, Math.abs(u - plain.U[i])), 0);
          expect(gap, `${name} ${k}`).toBeLessThan(1e-6);
        }
      }
    }
  });
});

/** A unicycle that costs nothing at rest and must be at a pose in the end: the cost alone says nothing of sizes. */
function parking({ cost: s, u: ku, x: kx, row: kc }: Units): Ocp {
  return withFiniteDifferences({
    N: 20,
    dynamics: discretize(
      {
        nx: 3,
        nu: 2,
        derivative: (x, u, out) =>
          out.set([kx * ku * u[0] * Math.cos(x[2]), kx * ku * u[0] * Math.sin(x[2]), u[1]]),
      },
      0.125,
      "rk4",
    ),
    stageCost: (_x, u) => s * ((ku * u[0]) ** 2 + u[1] ** 2),
    terminalCost: () => 0,
    rows: {
      count: 3,
      kind: "equality",
      stages: "terminal",
      value: (x: Vec, _k: number, c: Vec) => c.set([kc * (x[0] / kx - 2), kc * (x[1] / kx - 1), kc * x[2]]),
    },
  });
}

describe("units, where the cost alone says nothing of sizes", () => {
  it("change nothing of where a unicycle parks with the least effort, by SQP and by AL-iLQR", () => {
    const rest = new Float64Array(3);
    for (const solve of [solveSqp, solveAlIlqr]) {
      const plain = solve(parking(PLAIN), rest);
      expect(plain.status).toBe("converged");
      for (const name of ["cost", "u", "x", "row"] as const) {
        for (const k of [2 ** -20, 2 ** -10, 2 ** 10, 2 ** 20]) {
          const { status, cost, iterations } = solve(parking({ ...PLAIN, [name]: k }), rest);
          const label = `${solve.name} ${name} ${k}`;
          expect(status, label).toBe("converged");
          expect(Math.abs((name === "cost" ? cost / k : cost) / plain.cost - 1), label).toBeLessThan(1e-6);
          expect(iterations, label).toBeLessThanOrEqual(2 * plain.iterations);
        }
      }
    }
  });
});

describe("a cost that falls for ever", () => {
  const glider = {
    nx: 2,
    nu: 1,
    step: ([p, v]: Float64Array, [a]: Float64Array, _k: number, out: Float64Array) =>
      out.set([p + 0.1 * v, v + 0.1 * a]),
  };
  it("a cost that falls for ever is unbounded for every solver", () => {
    for (const s of [1e-8, 1, 1e8]) {
      const costs = [
        { stageCost: (_x: Float64Array, u: Float64Array) => -s * u[0], terminalCost: () => 0 },
        { stageCost: () => 0, terminalCost: (x: Float64Array) => -s * x[0] },
        {
          stageCost: (_x: Float64Array, u: Float64Array) => 1e-3 * s * u[0] ** 2,
          terminalCost: (x: Float64Array) => -s * (10 * x[0] ** 2 + x[0]),
        },
      ];
      for (const cost of costs) {
        const ocp = withFiniteDifferences({ N: 20, dynamics: glider, ...cost });
        for (const solve of [solveSqp, solveIlqr, solveAlIlqr])
          expect(solve(ocp, new Float64Array(2)).status, `${solve.name} ${s}`).toBe("unbounded");
      }
    }
  });

  it("is none where a bound stops it", () => {
    const ocp = withFiniteDifferences({
      N: 20,
      dynamics: glider,
      stageCost: (_x, u) => u[0],
      terminalCost: () => 0,
      uLower: Float64Array.of(-2),
    });
    for (const solve of [solveSqp, solveIlqr, solveAlIlqr]) {
      const { status, U } = solve(ocp, new Float64Array(2));
      expect([status, ...U]).toEqual(["converged", ...U.map(() => -2)]);
    }
  });
});
