import { discretize, type Vec, withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, weightedSquares, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const [MASS, GRAVITY, ARM, DRAG] = [0.5, 9.81, 0.17, 0.016];
const [JX, JY, JZ] = [2.3e-3, 2.3e-3, 4e-3];
const GOAL = [4.5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** Two gates of two pillars each: the way leads left through the first and right through the second. */
const PILLARS = [
  [1.5, 0],
  [1.5, 1.4],
  [3, 0],
  [3, -1.4],
] as const;
/** Pillar and rotors together. [m] */
const RADIUS = 0.5;
const HOVER = (MASS * GRAVITY) / 4;

function derivative(x: Vec, u: Vec, out: Vec): void {
  const [, , , phi, theta, psi, vx, vy, vz, p, q, r] = x;
  const thrust = (u[0] + u[1] + u[2] + u[3]) / MASS;
  const [cf, sf] = [Math.cos(phi), Math.sin(phi)];
  const [ct, st] = [Math.cos(theta), Math.sin(theta)];
  const [cp, sp] = [Math.cos(psi), Math.sin(psi)];
  out[0] = vx;
  out[1] = vy;
  out[2] = vz;
  out[3] = p + ((q * sf + r * cf) * st) / ct;
  out[4] = q * cf - r * sf;
  out[5] = (q * sf + r * cf) / ct;
  out[6] = thrust * (cf * st * cp + sf * sp);
  out[7] = thrust * (cf * st * sp - sf * cp);
  out[8] = thrust * cf * ct - GRAVITY;
  out[9] = (ARM * (u[1] - u[3]) + (JY - JZ) * q * r) / JX;
  out[10] = (ARM * (u[2] - u[0]) + (JZ - JX) * p * r) / JY;
  out[11] = (DRAG * (u[0] - u[1] + u[2] - u[3]) + (JX - JY) * p * q) / JZ;
}

/** Half a kilogram on four rotors through two gates of pillars; x = (place, Euler angles, velocity, body rates). */
export function quadrotor(): ZooProblem {
  return {
    name: "quadrotor",
    about: "fly half a kilogram through two staggered gates of pillars",
    source: "model of D. Mellinger, V. Kumar, ICRA 2011; figures of this house",
    states: [
      ...["x [m]", "y [m]", "z [m]", "roll [rad]", "pitch [rad]", "yaw [rad]"],
      ...["vx [m/s]", "vy [m/s]", "vz [m/s]", "p [rad/s]", "q [rad/s]", "r [rad/s]"],
    ],
    controls: ["front rotor [N]", "left rotor [N]", "rear rotor [N]", "right rotor [N]"],
    ocp: withFiniteDifferences({
      N: 50,
      dynamics: discretize({ nx: 12, nu: 4, derivative }, DT),
      stageCost: (x, u) =>
        DT *
        (weightedSquares([1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01], x, GOAL) +
          weightedSquares([0.1, 0.1, 0.1, 0.1], u, [HOVER, HOVER, HOVER, HOVER])),
      terminalCost: (x) => weightedSquares([50, 50, 50, 10, 10, 10, 5, 5, 5, 1, 1, 1], x, GOAL),
      uLower: new Float64Array(4),
      uUpper: new Float64Array(4).fill(4),
      rows: {
        count: PILLARS.length,
        value(x, _k, out) {
          PILLARS.forEach(([px, py], i) => {
            out[i] = Math.hypot(x[0] - px, x[1] - py) - RADIUS;
          });
        },
      },
    }),
    x0: Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    guess: constantGuess(50, HOVER, HOVER, HOVER, HOVER),
    noise: [0.1, 0.1, 0.1, 0.1],
    best: { cost: 12.685782, by: "IPOPT" },
  };
}
