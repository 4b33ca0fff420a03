import { type Ocp, withFiniteDifferences } from "../../src/ocp/index.ts";

/**
 * The 4-state car of MATH section 2 (after arXiv 2109.07081, authors' code): xdot = (v sin th, v cos th,
 * v u0, u1), Euler, three discs to go around, optimum 2.06116.
 */
export function carProblem(): Ocp {
  const dt = 0.05;
  const goal = [3, 3, Math.PI / 2, 0];
  const terminal = [50, 50, 50, 10];
  const discs = [
    [1, 1],
    [1, 2.5],
    [2.5, 2.5],
  ];
  return withFiniteDifferences({
    N: 40,
    dynamics: {
      nx: 4,
      nu: 2,
      step(x, u, _k, out) {
        const [px, py, th, v] = x;
        out[0] = px + dt * v * Math.sin(th);
        out[1] = py + dt * v * Math.cos(th);
        out[2] = th + dt * v * u[0];
        out[3] = v + dt * u[1];
      },
      jacobian(x, u, _k, A, B) {
        const [, , th, v] = x;
        A.set([
          1,
          0,
          dt * v * Math.cos(th),
          dt * Math.sin(th),
          0,
          1,
          -dt * v * Math.sin(th),
          dt * Math.cos(th),
          0,
          0,
          1,
          dt * u[0],
          0,
          0,
          0,
          1,
        ]);
        B.set([0, 0, 0, 0, dt * v, 0, 0, dt]);
      },
    },
    uLower: Float64Array.of(-Math.PI / 3, -6),
    uUpper: Float64Array.of(Math.PI / 3, 6),
    stageCost: (_x, u) => dt * (0.2 * u[0] * u[0] + 0.1 * u[1] * u[1]),
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      r[0] = 0.4 * dt * u[0];
      r[1] = 0.2 * dt * u[1];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      Q.fill(0);
      M.fill(0);
      R.set([0.4 * dt, 0, 0, 0.2 * dt]);
    },
    terminalCost(x) {
      let s = 0;
      for (let i = 0; i < 4; i++) s += terminal[i] * (x[i] - goal[i]) ** 2;
      return s;
    },
    terminalGradient(x, q) {
      for (let i = 0; i < 4; i++) q[i] = 2 * terminal[i] * (x[i] - goal[i]);
    },
    terminalHessian(_x, Q) {
      Q.fill(0);
      for (let i = 0; i < 4; i++) Q[5 * i] = 2 * terminal[i];
    },
    rows: {
      count: 3,
      value(x, _k, out) {
        for (let i = 0; i < 3; i++) out[i] = (x[0] - discs[i][0]) ** 2 + (x[1] - discs[i][1]) ** 2 - 0.25;
      },
      jacobian(x, _k, C) {
        C.fill(0);
        for (let i = 0; i < 3; i++) {
          C[4 * i] = 2 * (x[0] - discs[i][0]);
          C[4 * i + 1] = 2 * (x[1] - discs[i][1]);
        }
      },
    },
  });
}
