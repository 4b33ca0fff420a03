import { discretize, type Ocp, type Vec, withFiniteDifferences } from "../../ocp/index.ts";
import { QUADROTOR } from "../../zoo/index.ts";

const { DT, MASS, GRAVITY, ARM, DRAG, JX, JY, JZ, HOVER, GOAL, WEIGHTS, LAST_WEIGHTS } = QUADROTOR;

function derivative(x: Vec, u: Vec, out: Vec): void {
  const [, , , phi, theta, psi, vx, vy, vz, p, q, r] = x;
  const thrust = (u[0] + u[1] + u[2] + u[3]) / MASS;
  const [cf, sf] = [Math.cos(phi), Math.sin(phi)];
  const [ct, st] = [Math.cos(theta), Math.sin(theta)];
  const [cp, sp] = [Math.cos(psi), Math.sin(psi)];
  const turn = q * sf + r * cf;
  out[0] = vx;
  out[1] = vy;
  out[2] = vz;
  out[3] = p + (turn * st) / ct;
  out[4] = q * cf - r * sf;
  out[5] = turn / ct;
  out[6] = thrust * (cf * st * cp + sf * sp);
  out[7] = thrust * (cf * st * sp - sf * cp);
  out[8] = thrust * cf * ct - GRAVITY;
  out[9] = (ARM * (u[1] - u[3]) + (JY - JZ) * q * r) / JX;
  out[10] = (ARM * (u[2] - u[0]) + (JZ - JX) * p * r) / JY;
  out[11] = (DRAG * (u[0] - u[1] + u[2] - u[3]) + (JX - JY) * p * q) / JZ;
}

function squares(weights: readonly number[], x: Vec): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * (x[i] - GOAL[i]) ** 2;
  return sum;
}

/** The zoo's quadrotor without its pillars (12 states, 4 rotors) as plain functions, its derivatives differenced. */
export function differencedQuadrotor(N: number): Ocp {
  return withFiniteDifferences({
    N,
    dynamics: discretize({ nx: 12, nu: 4, derivative }, DT),
    stageCost(x, u) {
      let effort = 0;
      for (let i = 0; i < 4; i++) effort += 0.1 * (u[i] - HOVER) ** 2;
      return DT * (squares(WEIGHTS, x) + effort);
    },
    terminalCost: (x) => squares(LAST_WEIGHTS, x),
    uLower: new Float64Array(4),
    uUpper: new Float64Array(4).fill(4),
  });
}
