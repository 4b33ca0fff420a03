import { discretize, type Ocp, type OcpFunctions, withFiniteDifferences } from "../../src/ocp/index.ts";
import { ZOO } from "../../src/zoo/index.ts";

type Vec = Float64Array;

/** sum of w_i (a_i - b_i)^2 */
function squares(weights: readonly number[], a: Vec, b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * (a[i] - b[i]) ** 2;
  return sum;
}

/** Torque-limited pendulum swing-up: x = (angle from hanging, rate), |torque| <= 2, m = l = 1. */
export function pendulum(N = 60): { ocp: Ocp; x0: Vec } {
  const dt = 0.05;
  const dynamics = discretize(
    {
      nx: 2,
      nu: 1,
      derivative(x, u, out) {
        out[0] = x[1];
        out[1] = -9.81 * Math.sin(x[0]) + u[0] - 0.1 * x[1];
      },
    },
    dt,
    "rk4",
  );
  return {
    x0: Float64Array.of(0, 0),
    ocp: withFiniteDifferences({
      N,
      dynamics,
      stageCost: (_x, u) => dt * 0.1 * u[0] * u[0],
      terminalCost: (x) => squares([100, 10], x, [Math.PI, 0]),
      uLower: Float64Array.of(-5),
      uUpper: Float64Array.of(5),
    }),
  };
}

/** Cart-pole swing-up with bounded force and a hard track limit. */
export const cartPole: () => { ocp: Ocp; x0: Vec } = ZOO["cart-pole"];

/** Quadrotor (12 states: position, Euler angles, velocity, body rates; 4 rotor thrusts) past a pillar. */
export function quadrotor(pillar = true): { ocp: Ocp; x0: Vec } {
  const dt = 0.05;
  const m = 0.5;
  const g = 9.81;
  const J = [2.3e-3, 2.3e-3, 4e-3];
  const arm = 0.17;
  const kappa = 0.016;
  const dynamics = discretize(
    {
      nx: 12,
      nu: 4,
      derivative(x, u, out) {
        const [, , , phi, theta, psi, vx, vy, vz, p, q, r] = x;
        const F = u[0] + u[1] + u[2] + u[3];
        const cf = Math.cos(phi);
        const sf = Math.sin(phi);
        const ct = Math.cos(theta);
        const st = Math.sin(theta);
        const cp = Math.cos(psi);
        const sp = Math.sin(psi);
        out[0] = vx;
        out[1] = vy;
        out[2] = vz;
        out[3] = p + (q * sf + r * cf) * Math.tan(theta);
        out[4] = q * cf - r * sf;
        out[5] = (q * sf + r * cf) / ct;
        out[6] = (F / m) * (cf * st * cp + sf * sp);
        out[7] = (F / m) * (cf * st * sp - sf * cp);
        out[8] = (F / m) * cf * ct - g;
        out[9] = (arm * (u[1] - u[3]) + (J[1] - J[2]) * q * r) / J[0];
        out[10] = (arm * (u[2] - u[0]) + (J[2] - J[0]) * p * r) / J[1];
        out[11] = (kappa * (u[0] - u[1] + u[2] - u[3]) + (J[0] - J[1]) * p * q) / J[2];
      },
    },
    dt,
    "rk4",
  );
  const goal = [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const hover = (m * g) / 4;
  const problem: OcpFunctions = {
    N: 40,
    dynamics,
    stageCost: (x, u) =>
      dt *
      (squares([1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01], x, goal) +
        squares([0.1, 0.1, 0.1, 0.1], u, [hover, hover, hover, hover])),
    terminalCost: (x) => squares([50, 50, 50, 10, 10, 10, 5, 5, 5, 1, 1, 1], x, goal),
    uLower: new Float64Array(4),
    uUpper: new Float64Array(4).fill(4),
  };
  return {
    x0: Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ocp: withFiniteDifferences(
      pillar
        ? {
            ...problem,
            rows: [
              {
                count: 1,
                value(x, _k, out) {
                  out[0] = Math.hypot(x[0] - 1.5, x[1] - 0.1) - 0.5;
                },
              },
            ],
          }
        : problem,
    ),
  };
}

/** x = (px, py, yaw), u = (v, yaw rate), steps of 0.1 s. */
export const UNICYCLE = discretize(
  {
    nx: 3,
    nu: 2,
    derivative: (x, u, out) => out.set([u[0] * Math.cos(x[2]), u[0] * Math.sin(x[2]), u[1]]),
  },
  0.1,
  "rk4",
);

/** Reverse parking of a car between two others: x = (px, py, yaw, v, delta), rows by two discs per car. */
export function parking(): { ocp: Ocp; x0: Vec } {
  const dt = 0.2;
  const L = 2.5;
  const dynamics = discretize(
    {
      nx: 5,
      nu: 2,
      derivative(x, u, out) {
        out[0] = x[3] * Math.cos(x[2]);
        out[1] = x[3] * Math.sin(x[2]);
        out[2] = (x[3] / L) * Math.tan(x[4]);
        out[3] = u[0];
        out[4] = u[1];
      },
    },
    dt,
    "rk4",
  );
  const parked = [
    [-5.2, -2.5],
    [-2.6, -2.5],
    [6.2, -2.5],
    [8.8, -2.5],
  ];
  const own = [0.2, 2.4];
  return {
    x0: Float64Array.of(6, 1, 0, 0, 0),
    ocp: withFiniteDifferences({
      N: 50,
      dynamics,
      stageCost: (x, u) =>
        dt * (0.05 * squares([1, 1, 1], x, [0.5, -2.5, 0]) + 0.1 * u[0] * u[0] + 0.5 * u[1] * u[1]),
      terminalCost: (x) => squares([100, 100, 100, 10, 1], x, [0.5, -2.5, 0, 0, 0]),
      uLower: Float64Array.of(-2, -0.8),
      uUpper: Float64Array.of(2, 0.8),
      stateBox: { index: [3, 4], lower: Float64Array.of(-2, -0.6), upper: Float64Array.of(2, 0.6) },
      rows: [
        {
          count: parked.length * own.length,
          value(x, _k, out) {
            let i = 0;
            for (const o of own) {
              const px = x[0] + o * Math.cos(x[2]);
              const py = x[1] + o * Math.sin(x[2]);
              for (const [cx, cy] of parked) out[i++] = Math.hypot(px - cx, py - cy) - 2.2;
            }
          },
        },
      ],
      angles: [2],
    }),
  };
}
