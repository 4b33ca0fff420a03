import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { solveIlqr } from "../../src/ilqr/index.ts";
import {
  createCurvature,
  discretize,
  type Ocp,
  type OcpFunctions,
  rowGroups,
  rowList,
  rowsOfGroup,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { handWritten, relativeError } from "./fixtures.ts";

type Vec = Float64Array;
const exact = handWritten();
const none = new Float64Array(0);

/** The problem with nothing but its functions. */
const functions: OcpFunctions = {
  N: exact.N,
  dynamics: { nx: 2, nu: 2, step: exact.dynamics.step },
  stageCost: exact.stageCost,
  terminalCost: exact.terminalCost,
  rows: { count: 2, value: (x: Vec, k: number, out: Vec) => rowGroups(exact)[0].value(x, none, k, out) },
};

/** Every derivative of a problem at a point, by name. Buffers start as NaN. */
function derivatives(ocp: Ocp, x: Vec, u: Vec, k: number): Record<string, Vec> {
  const nan = (size: number): Vec => new Float64Array(size).fill(Number.NaN);
  const d = {
    A: nan(4),
    B: nan(4),
    q: nan(2),
    r: nan(2),
    Q: nan(4),
    R: nan(4),
    M: nan(4),
    qN: nan(2),
    QN: nan(4),
    C: nan(4),
  };
  ocp.dynamics.jacobian(x, u, k, d.A, d.B);
  ocp.stageGradient(x, u, k, d.q, d.r);
  ocp.stageHessian(x, u, k, d.Q, d.R, d.M);
  ocp.terminalGradient(x, d.qN);
  ocp.terminalHessian(x, d.QN);
  rowGroups(ocp)[0].jacobian(x, none, k, d.C, none);
  return d;
}

function points(n: number): { x: Vec; u: Vec; k: number }[] {
  const rng = createRng(8);
  const vec = (): Vec => Float64Array.of(rng.gauss(), rng.gauss());
  return Array.from({ length: n }, () => ({ x: vec(), u: vec(), k: rng.int(6) }));
}

describe("withFiniteDifferences", () => {
  it("agrees with derivatives written by hand, cross terms included", () => {
    const differenced = withFiniteDifferences(functions);
    for (const { x, u, k } of points(50)) {
      const expected = derivatives(exact, x, u, k);
      for (const [name, got] of Object.entries(derivatives(differenced, x, u, k))) {
        const tolerance = ["Q", "R", "M", "QN"].includes(name) ? 1e-5 : 1e-8;
        expect(relativeError(got, expected[name]), name).toBeLessThan(tolerance);
      }
    }
  });

  it("gives symmetric Hessians, to the bit", () => {
    const { terminalGradient, stageGradient } = exact;
    for (const given of [{}, { terminalGradient, stageGradient }]) {
      const ocp = withFiniteDifferences({ ...functions, ...given });
      for (const { x, u, k } of points(10)) {
        const { Q, R, QN } = derivatives(ocp, x, u, k);
        for (const H of [Q, R, QN]) expect(H[1]).toBe(H[2]);
      }
    }
  });

  it("differences a given gradient for a missing Hessian, four digits closer", () => {
    const { terminalGradient, stageGradient } = exact;
    const ocp = withFiniteDifferences({ ...functions, terminalGradient, stageGradient });
    for (const { x, u, k } of points(20)) {
      const expected = derivatives(exact, x, u, k);
      const got = derivatives(ocp, x, u, k);
      for (const name of ["Q", "R", "M", "QN"]) {
        expect(relativeError(got[name], expected[name]), name).toBeLessThan(1e-9);
      }
    }
  });

  it("keeps given derivatives and leaves its arguments as they were", () => {
    const complete = withFiniteDifferences(exact);
    const bare = withFiniteDifferences(functions);
    for (const { x, u, k } of points(5)) {
      expect(derivatives(complete, x, u, k)).toEqual(derivatives(exact, x, u, k));
      const [x0, u0] = [x.slice(), u.slice()];
      derivatives(bare, x, u, k);
      expect(x).toEqual(x0);
      expect(u).toEqual(u0);
    }
    expect(complete.dynamics).toBe(exact.dynamics);
  });

  it("fills in infinite bounds and keeps the rest of the problem", () => {
    const stateBox = { index: [1], lower: Float64Array.of(-1), upper: Float64Array.of(1) };
    const soft = { linear: 1, quadratic: 2 };
    const ocp = withFiniteDifferences({
      ...functions,
      rows: [{ ...rowList(functions.rows)[0], soft, stages: "terminal", kind: "equality" }],
      stateBox,
      angles: [0],
    });
    expect([...ocp.uLower, ...ocp.uUpper]).toEqual([-Infinity, -Infinity, Infinity, Infinity]);
    expect(ocp).toMatchObject({ N: 6, stateBox, angles: [0] });
    expect(ocp.rows).toMatchObject([{ count: 2, soft, stages: "terminal", kind: "equality" }]);
  });

  it("takes a class instance: methods keep their this", () => {
    class Falling {
      readonly N = 3;
      readonly gravity = 9.81;
      readonly dynamics = new (class {
        readonly nx = 1;
        readonly nu = 1;
        readonly dt = 0.1;
        step(x: Vec, u: Vec, _k: number, out: Vec): void {
          out[0] = x[0] + this.dt * u[0];
        }
      })();
      stageCost(x: Vec, _u: Vec): number {
        return this.gravity * x[0] ** 2;
      }
      terminalCost(x: Vec): number {
        return this.gravity * x[0];
      }
    }
    const ocp = withFiniteDifferences(new Falling());
    const Q = new Float64Array(1);
    const B = new Float64Array(1);
    ocp.stageHessian(Float64Array.of(1), Float64Array.of(1), 0, Q, new Float64Array(1), new Float64Array(1));
    ocp.dynamics.jacobian(Float64Array.of(1), Float64Array.of(1), 0, new Float64Array(1), B);
    expect(Q[0]).toBeCloseTo(2 * 9.81, 5);
    expect(B[0]).toBeCloseTo(0.1, 9);
    expect(ocp.terminalCost(Float64Array.of(2))).toBeCloseTo(2 * 9.81, 12);
  });
});

describe("differences in any unit", () => {
  // A length in units of 1 / a, an angle in units of 1 / b: functions of sizes about 1 after both are taken out.
  const inUnits = (a: number, b: number): OcpFunctions => ({
    N: 40,
    dynamics: {
      nx: 2,
      nu: 1,
      step([p, q], [u], _k, out) {
        out[0] = p + 0.05 * a * Math.sin(q / b + 0.3);
        out[1] = q + 0.05 * b * (u - Math.cos(p / a));
      },
    },
    stageCost: ([p, q], [u]) => Math.exp(p / a) + Math.sin(q / b - 1) ** 2 + u * u,
    terminalCost: ([p, q]) => (p / a - 3) ** 2 + Math.cos(q / b + 1),
  });

  it.each([
    [1e-6, 1e-6],
    [1e-3, 1e-6],
    [1, 1e-3],
    [1, 1],
  ])("are right to 1e-6 along a trajectory with zeros, states of sizes %d and %d", (a, b) => {
    const ocp = withFiniteDifferences(inUnits(a, b));
    const [A, B, q, r, qN] = [4, 2, 2, 1, 2].map((size) => new Float64Array(size));
    const u = Float64Array.of(0.4);
    for (let k = 0; k < 40; k++) {
      const [p, o] = [k % 3 === 0 ? 0 : Math.sin(k), k % 4 === 0 ? 0 : Math.cos(k)];
      const x = Float64Array.of(p * a, o * b);
      ocp.dynamics.jacobian(x, u, k, A, B);
      ocp.stageGradient(x, u, k, q, r);
      ocp.terminalGradient(x, qN);
      const expected = {
        A: [1, 0.05 * Math.cos(o + 0.3), 0.05 * Math.sin(p), 1],
        B: [0, 0.05],
        q: [Math.exp(p), Math.sin(2 * (o - 1))],
        r: [0.8],
        qN: [2 * (p - 3), -Math.sin(o + 1)],
      };
      const got = {
        A: [A[0], (A[1] / a) * b, (A[2] / b) * a, A[3]],
        B: [B[0] / a, B[1] / b],
        q: [q[0] * a, q[1] * b],
        r: [r[0]],
        qN: [qN[0] * a, qN[1] * b],
      };
      // All about 1, some near 0.
      for (const name of ["A", "B", "q", "r", "qN"] as const)
        got[name].forEach((v, i) => {
          expect(Math.abs(v - expected[name][i]), `${name}[${i}] at ${k}`).toBeLessThan(1e-6);
        });
    }
  });

  it("are the same to the bit after the same calls", () => {
    const [one, two] = [withFiniteDifferences(functions), withFiniteDifferences(functions)];
    for (const { x, u, k } of points(40))
      expect(derivatives(one, x, u, k)).toEqual(derivatives(two, x, u, k));
  });

  it("lead a pendulum to the optimum that it has in radians", () => {
    const swing = (s: number): Ocp =>
      withFiniteDifferences({
        N: 40,
        dynamics: discretize(
          {
            nx: 2,
            nu: 1,
            derivative: (x, u, out) => out.set([x[1], s * (u[0] - 9.81 * Math.sin(x[0] / s))]),
          },
          0.05,
          "rk4",
        ),
        stageCost: (x, u) => 0.01 * u[0] ** 2 + 0.01 * (x[1] / s) ** 2,
        terminalCost: (x) => 50 * ((x[0] / s - Math.PI) ** 2 + (x[1] / s) ** 2),
        uLower: Float64Array.of(-12),
        uUpper: Float64Array.of(12),
      });
    for (const solve of [solveSqp, solveIlqr]) {
      for (const s of [1e-6, 1, 1e6]) {
        const { status, cost } = solve(swing(s), new Float64Array(2));
        expect([solve.name, s, status]).toEqual([solve.name, s, "converged"]);
        expect(cost).toBeCloseTo(14.834413, 5);
      }
    }
  });
});

describe("values that are differences of large numbers", () => {
  it("have slopes right to 1e-7: of circles of 1e3 to 1e7, by distance and by squares, on maps that begin far away", () => {
    for (const radius of [1e3, 1e5, 1e7]) {
      for (const origin of [0, 1e5]) {
        for (const squared of [false, true]) {
          const centres = [
            [origin + 1, -radius - 0.2],
            [origin + 1.5, radius + 0.5],
          ];
          const { rows } = withFiniteDifferences({
            ...functions,
            rows: {
              count: 2,
              value: ([x, y]: Vec, _k: number, out: Vec) =>
                centres.forEach(([cx, cy], i) => {
                  out[i] = squared
                    ? (x - cx) ** 2 + (y - cy) ** 2 - radius ** 2
                    : Math.hypot(x - cx, y - cy) - radius;
                }),
            },
          });
          const C = new Float64Array(4);
          for (let k = 0; k < 20; k++) {
            const [x, y] = [origin + 0.1 * k, -0.01 * k];
            rowGroups({ rows })[0].jacobian(Float64Array.of(x, y), none, k, C, none);
            const expected = centres.flatMap(([cx, cy]) => {
              const unit = squared ? 0.5 : Math.hypot(x - cx, y - cy);
              return [(x - cx) / unit, (y - cy) / unit];
            });
            const size = Math.max(...expected.map(Math.abs));
            const error = Math.max(...expected.map((slope, i) => Math.abs(C[i] - slope))) / size;
            expect(error, `${radius} at ${origin}, stage ${k}`).toBeLessThan(1e-7);
          }
        }
      }
    }
  });
});

describe("a constant beside a cost", () => {
  it("changes nothing of the solution, though its rounding is far larger than the last digits of the cost", () => {
    const glide = (offset: number, unit: number): Ocp =>
      withFiniteDifferences({
        N: 20,
        dynamics: {
          nx: 2,
          nu: 1,
          step: ([p, v], [a], _k, out) => out.set([p + 0.1 * v, v + 0.1 * unit * a]),
        },
        stageCost: ([p, v], [a]) => offset + (unit * a) ** 2 + (p - 1) ** 2 + v ** 2,
        terminalCost: ([p]) => offset + 10 * (p - 1) ** 2,
      });
    const rest = new Float64Array(2);
    const expected = solveSqp(glide(0, 1), rest).U;
    for (const unit of [1e-3, 1, 1e3]) {
      for (const offset of [-1e3, 1e3, 1e6, 1e9]) {
        for (const run of [solveSqp, solveIlqr]) {
          const { status, iterations, U } = run(glide(offset, unit), rest);
          const name = `${run.name} ${offset} ${unit}`;
          expect(status, name).toBe("converged");
          expect(iterations, name).toBeLessThan(20);
          // Four roundings of the offset are none in a square, and their root in what is squared.
          const rounding = Math.sqrt(4 * Number.EPSILON * Math.abs(offset));
          U.forEach((u, i) => {
            expect(Math.abs(unit * u - expected[i]), name).toBeLessThan(1e-6 + rounding);
          });
        }
      }
    }
  });

  it("leaves a slope that bends as it is but for the rounding of the sum", () => {
    const N = 40;
    for (const offset of [1e3, 1e6, 1e9, 1e12]) {
      const ocp = withFiniteDifferences({
        N,
        dynamics: { nx: 1, nu: 1, step: (x, _u, _k, out) => out.set(x) },
        stageCost: (_x, [u]) => offset + Math.sin(u),
        terminalCost: () => 0,
      });
      for (let k = 0; k < N; k++) {
        const [q, r] = [new Float64Array(1), new Float64Array(1)];
        const u = 0.3 + 0.1 * k;
        ocp.stageGradient(Float64Array.of(0), Float64Array.of(u), k, q, r);
        // The best step h of differences has errors of h^2 / 6 and eps |f| / h.
        const best = (Number.EPSILON * offset) ** (2 / 3);
        expect(Math.abs(r[0] - Math.cos(u)), `${offset}, stage ${k}`).toBeLessThan(1e-8 + 10 * best);
      }
    }
  });
});

describe("createCurvature", () => {
  const { hessian: _d, ...dynamics } = exact.dynamics;
  const { hessian: _r, ...rows } = rowGroups(exact)[0];

  it("differences Jacobians to the weighted second derivatives written by hand", () => {
    const differenced = createCurvature({ dynamics, rows: rowsOfGroup(rows) });
    const given = createCurvature(exact);
    for (const { x, u, k } of points(20)) {
      const p = Float64Array.of(0.7, -1.3);
      const [H, expected] = [new Float64Array(16).fill(5), new Float64Array(16).fill(5)];
      differenced.dynamics(x, u, k, p, H);
      given.dynamics(x, u, k, p, expected);
      expect(relativeError(H, expected)).toBeLessThan(1e-6);
      const [G, expectedG] = [new Float64Array(4).fill(5), new Float64Array(4).fill(5)];
      differenced.rows[0](x, none, k, p, G);
      given.rows[0](x, none, k, p, expectedG);
      expect(relativeError(G, expectedG)).toBeLessThan(1e-6);
    }
  });

  it("serves Jacobians that are differenced themselves", () => {
    const differenced = createCurvature(withFiniteDifferences(functions));
    const [x, u, p] = [Float64Array.of(0.4, -0.8), Float64Array.of(1.1, 0.3), Float64Array.of(0.7, -1.3)];
    const [H, expected] = [new Float64Array(16), new Float64Array(16)];
    differenced.dynamics(x, u, 1, p, H);
    createCurvature(exact).dynamics(x, u, 1, p, expected);
    expect(relativeError(H, expected)).toBeLessThan(1e-4);
  });

  it("differences rows that read the control in both", () => {
    // c = (x0 u0^2, x1 x0 u1)
    const rows = withFiniteDifferences({
      ...functions,
      rows: [
        {
          count: 2,
          controls: true,
          value(x, u, _k, out) {
            out[0] = x[0] * u[0] ** 2;
            out[1] = x[1] * x[0] * u[1];
          },
        },
      ],
    }).rows!;
    const [x, u, p] = [Float64Array.of(0.4, -0.8), Float64Array.of(1.1, 0.3), Float64Array.of(0.7, -1.3)];
    const [C, D, H] = [new Float64Array(4), new Float64Array(4), new Float64Array(16)];
    rowGroups({ rows })[0].jacobian(x, u, 0, C, D);
    expect(relativeError(C, [u[0] ** 2, 0, x[1] * u[1], x[0] * u[1]])).toBeLessThan(1e-9);
    expect(relativeError(D, [2 * x[0] * u[0], 0, 0, x[1] * x[0]])).toBeLessThan(1e-9);
    createCurvature({ dynamics, rows }).rows[0](x, u, 0, p, H);
    const [a, b] = p;
    const expected = [
      [0, b * u[1], 2 * a * u[0], b * x[1]],
      [b * u[1], 0, 0, b * x[0]],
      [2 * a * u[0], 0, 2 * a * x[0], 0],
      [b * x[1], b * x[0], 0, 0],
    ];
    expect(relativeError(H, expected.flat())).toBeLessThan(1e-5);
  });
});
