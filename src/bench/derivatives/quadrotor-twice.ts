import { discretize, type Ocp, type Vec, withFiniteDifferences } from "../../ocp/index.ts";
import {
  add,
  cos,
  div,
  type Evaluation,
  mul,
  neg,
  type SymbolicOcp,
  sin,
  sub,
  symbolicOcp,
  weightedSquares,
} from "../../symbolic/index.ts";

const DT = 0.05;
const [MASS, GRAVITY, ARM, DRAG] = [0.5, 9.81, 0.17, 0.016];
const [JX, JY, JZ] = [2.3e-3, 2.3e-3, 4e-3];
const GOAL = [4.5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const HOVER = (MASS * GRAVITY) / 4;

const WEIGHTS = [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01];
const LAST_WEIGHTS = [50, 50, 50, 10, 10, 10, 5, 5, 5, 1, 1, 1];

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

/** A quadrotor (12 states, 4 rotors) as plain functions, its derivatives differenced. */
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

/** The same quadrotor in expressions. */
export function symbolicQuadrotor(N: number, evaluation: Evaluation): SymbolicOcp {
  return symbolicOcp({
    N,
    evaluation,
    dt: DT,
    states: ["x", "y", "z", "roll", "pitch", "yaw", "vx", "vy", "vz", "p", "q", "r"],
    controls: ["front", "left", "rear", "right"],
    dynamics({ x, u }) {
      const thrust = div(add(...u), MASS);
      const [cf, sf] = [cos(x.roll), sin(x.roll)];
      const [ct, st] = [cos(x.pitch), sin(x.pitch)];
      const [cp, sp] = [cos(x.yaw), sin(x.yaw)];
      const turn = add(mul(x.q, sf), mul(x.r, cf));
      return [
        ...[x.vx, x.vy, x.vz],
        add(x.p, div(mul(turn, st), ct)),
        sub(mul(x.q, cf), mul(x.r, sf)),
        div(turn, ct),
        mul(thrust, add(mul(cf, st, cp), mul(sf, sp))),
        mul(thrust, sub(mul(cf, st, sp), mul(sf, cp))),
        sub(mul(thrust, cf, ct), GRAVITY),
        div(add(mul(ARM, sub(u.left, u.right)), mul(JY - JZ, x.q, x.r)), JX),
        div(add(mul(ARM, sub(u.rear, u.front)), mul(JZ - JX, x.p, x.r)), JY),
        div(add(mul(DRAG, add(u.front, neg(u.left), u.rear, neg(u.right))), mul(JX - JY, x.p, x.q)), JZ),
      ];
    },
    stageCost({ x, u }) {
      const away = x.map((value, i) => sub(value, GOAL[i]));
      const effort = u.map((value) => sub(value, HOVER));
      return mul(DT, add(weightedSquares(WEIGHTS, away), weightedSquares(0.1, effort)));
    },
    terminalCost: ({ x }) =>
      weightedSquares(
        LAST_WEIGHTS,
        x.map((value, i) => sub(value, GOAL[i])),
      ),
    bounds: { front: [0, 4], left: [0, 4], rear: [0, 4], right: [0, 4] },
  });
}
