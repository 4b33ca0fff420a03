import type { Ocp } from "../ocp/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const GOAL = [3, 3, Math.PI / 2, 0] as const;
const TERMINAL = [50, 50, 50, 10] as const;
const EFFORT = [0.2, 0.1] as const;
const DISCS = [
  [1, 1],
  [1, 2.5],
  [2.5, 2.5],
] as const;
const RADIUS = 0.5;

/** Start of the published runs. */
export const CAR_START: readonly number[] = [0.25, 1.75, 0, 0];
/** The optimum from {@link CAR_START}, found by IPOPT and by fatrop. */
export const CAR_OPTIMUM = 2.06116;

/**
 * The 4-state car of docs/solver.md#the-papers-car: x = (px, py, th, v), u = (u0, u1), Euler steps of 0.05 s, N = 40,
 *
 *     xdot = (v sin th, v cos th, v u0, u1),  |u0| <= pi/3, |u1| <= 6
 *     J = sum dt (0.2 u0^2 + 0.1 u1^2) + (x_N - goal)' diag(50, 50, 50, 10) (x_N - goal)
 *     |p - c|^2 - 0.25 >= 0 for three discs, hard
 *
 * with all derivatives exact. Source: arXiv 2109.07081, section V, after the authors' code.
 */
export function carProblem(): Ocp {
  return {
    N: 40,
    dynamics: {
      nx: 4,
      nu: 2,
      step(x, u, _k, out) {
        const th = x[2];
        const v = x[3];
        out[0] = x[0] + DT * v * Math.sin(th);
        out[1] = x[1] + DT * v * Math.cos(th);
        out[2] = th + DT * v * u[0];
        out[3] = v + DT * u[1];
      },
      jacobian(x, u, _k, A, B) {
        const s = DT * Math.sin(x[2]);
        const c = DT * Math.cos(x[2]);
        const v = x[3];
        // biome-ignore format: a matrix
        A.set([
          1, 0,  v * c, s,
          0, 1, -v * s, c,
          0, 0, 1, DT * u[0],
          0, 0, 0, 1,
        ]);
        // biome-ignore format: a matrix
        B.set([
          0, 0,
          0, 0,
          DT * v, 0,
          0, DT,
        ]);
      },
      hessian(x, _u, _k, p, H) {
        const s = DT * Math.sin(x[2]);
        const c = DT * Math.cos(x[2]);
        const cross = p[0] * c - p[1] * s;
        H[2 * 6 + 2] -= x[3] * (p[0] * s + p[1] * c);
        H[2 * 6 + 3] += cross;
        H[3 * 6 + 2] += cross;
        H[3 * 6 + 4] += DT * p[2];
        H[4 * 6 + 3] += DT * p[2];
      },
    },
    uLower: Float64Array.of(-Math.PI / 3, -6),
    uUpper: Float64Array.of(Math.PI / 3, 6),
    stageCost: (_x, u) => DT * (EFFORT[0] * u[0] * u[0] + EFFORT[1] * u[1] * u[1]),
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      for (let i = 0; i < 2; i++) r[i] = 2 * DT * EFFORT[i] * u[i];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      Q.fill(0);
      M.fill(0);
      R.fill(0);
      for (let i = 0; i < 2; i++) R[3 * i] = 2 * DT * EFFORT[i];
    },
    terminalCost(x) {
      let sum = 0;
      for (let i = 0; i < 4; i++) sum += TERMINAL[i] * (x[i] - GOAL[i]) ** 2;
      return sum;
    },
    terminalGradient(x, q) {
      for (let i = 0; i < 4; i++) q[i] = 2 * TERMINAL[i] * (x[i] - GOAL[i]);
    },
    terminalHessian(_x, Q) {
      Q.fill(0);
      for (let i = 0; i < 4; i++) Q[5 * i] = 2 * TERMINAL[i];
    },
    rows: [
      {
        count: DISCS.length,
        value(x, _u, _k, out) {
          for (let i = 0; i < DISCS.length; i++)
            out[i] = (x[0] - DISCS[i][0]) ** 2 + (x[1] - DISCS[i][1]) ** 2 - RADIUS * RADIUS;
        },
        jacobian(x, _u, _k, C) {
          C.fill(0);
          for (let i = 0; i < DISCS.length; i++) {
            C[4 * i] = 2 * (x[0] - DISCS[i][0]);
            C[4 * i + 1] = 2 * (x[1] - DISCS[i][1]);
          }
        },
        hessian(_x, _u, _k, p, H) {
          for (let i = 0; i < DISCS.length; i++) {
            H[0] += 2 * p[i];
            H[5] += 2 * p[i];
          }
        },
      },
    ],
  };
}

/** {@link carProblem} from {@link CAR_START} and no control at all. */
export function carAmongDiscs(): ZooProblem {
  return {
    name: "car-among-discs",
    about: "steer a car with four states between three discs",
    source: "S. Singh, J.-J. Slotine, V. Sindhwani, arXiv 2109.07081, section V, after the authors' code",
    states: ["x [m]", "y [m]", "heading [rad]", "speed [m/s]"],
    controls: ["curvature [1/m]", "acceleration [m/s^2]"],
    ocp: carProblem(),
    x0: Float64Array.from(CAR_START),
    guess: constantGuess(40, 0, 0),
    noise: [0.2, 1],
    best: { cost: CAR_OPTIMUM, by: "IPOPT and fatrop" },
  };
}
