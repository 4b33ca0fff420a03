import type { Ocp, Vec } from "../ocp/index.ts";
import { type Goal, type Robot, robotBounds, robotSizes } from "../sim/index.ts";
import type { NavigationOptions } from "./navigation-options.ts";

/** Where the cost draws the robot: the local goal, and whether it is the end of the path. */
export type Aim = { goal: Goal; stop: boolean };

/** The terms of an {@link Ocp} that say what a trajectory costs, with their derivatives. */
export type CostTerms = Pick<
  Ocp,
  "stageCost" | "stageGradient" | "stageHessian" | "terminalCost" | "terminalGradient" | "terminalHessian"
>;

/**
 * Quadratic cost of distance to the local goal, of speeds and of controls, and 1 - cos of the yaw error at the end.
 *
 * @param aim read at every evaluation, so that it may change between solves; its yaw within (-pi, pi]
 */
export function goalCost(robot: Robot, options: NavigationOptions, aim: Aim): CostTerms {
  const { nx, nu } = robotSizes(robot);
  const weights = costDiagonals(robot, options, nx, nu);

  const quadratic = (x: Vec, diagonal: Vec): number => {
    const dx = x[0] - aim.goal.x;
    const dy = x[1] - aim.goal.y;
    let sum = diagonal[0] * (dx * dx + dy * dy);
    for (let i = 3; i < nx; i++) sum += diagonal[i] * x[i] * x[i];
    return 0.5 * sum;
  };
  const quadraticGradient = (x: Vec, diagonal: Vec, q: Vec): void => {
    q[0] = diagonal[0] * (x[0] - aim.goal.x);
    q[1] = diagonal[1] * (x[1] - aim.goal.y);
    q[2] = 0;
    for (let i = 3; i < nx; i++) q[i] = diagonal[i] * x[i];
  };
  const terminal = (): Vec => (aim.stop ? weights.stopping : weights.terminal);
  const yawWeight = (): number => (aim.goal.yaw === undefined ? 0 : options.weights.terminalYaw);

  return {
    stageCost(x, u) {
      let sum = 0;
      for (let i = 0; i < nu; i++) sum += weights.control[i] * u[i] * u[i];
      return quadratic(x, weights.stage) + 0.5 * sum;
    },
    stageGradient(x, u, _k, q, r) {
      quadraticGradient(x, weights.stage, q);
      for (let i = 0; i < nu; i++) r[i] = weights.control[i] * u[i];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      fillDiagonal(weights.stage, Q);
      fillDiagonal(weights.control, R);
      M.fill(0);
    },
    terminalCost(x) {
      return quadratic(x, terminal()) + yawWeight() * (1 - Math.cos(x[2] - (aim.goal.yaw ?? 0)));
    },
    terminalGradient(x, q) {
      quadraticGradient(x, terminal(), q);
      q[2] = yawWeight() * Math.sin(x[2] - (aim.goal.yaw ?? 0));
    },
    terminalHessian(x, Q) {
      fillDiagonal(terminal(), Q);
      Q[2 * nx + 2] = yawWeight() * Math.cos(x[2] - (aim.goal.yaw ?? 0));
    },
  };
}

function fillDiagonal(diagonal: Vec, H: Vec): void {
  const n = diagonal.length;
  H.fill(0);
  for (let i = 0; i < n; i++) H[i * n + i] = diagonal[i];
}

/** Diagonals of the cost's Hessian: weights on shares of the limits become weights on the states. */
function costDiagonals(robot: Robot, options: NavigationOptions, nx: number, nu: number) {
  const { weights, lookahead } = options;
  const bounds = robotBounds(robot);
  const stage = new Float64Array(nx);
  const terminal = new Float64Array(nx);
  stage[0] = stage[1] = weights.position / (lookahead * lookahead);
  terminal[0] = terminal[1] = weights.terminalPosition / (lookahead * lookahead);
  for (let j = 0; j < bounds.boxIndex.length; j++) {
    const i = bounds.boxIndex[j];
    const limit = Math.max(Math.abs(bounds.xLower[j]), Math.abs(bounds.xUpper[j]));
    const turning = i === nx - 1;
    stage[i] = (turning ? weights.turn : weights.speed) / (limit * limit);
    terminal[i] = (turning ? weights.terminalTurn : weights.terminalSpeed) / (limit * limit);
  }
  const stopping = terminal.slice();
  for (let i = 3; i < nx; i++) stopping[i] *= 10;
  const control = new Float64Array(nu);
  for (let i = 0; i < nu; i++) {
    const limit = Math.max(Math.abs(bounds.uLower[i]), Math.abs(bounds.uUpper[i]));
    control[i] = (i === nu - 1 ? weights.angularAcceleration : weights.acceleration) / (limit * limit);
  }
  return { stage, terminal, stopping, control };
}
