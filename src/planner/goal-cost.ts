import { wrapAngle } from "../base/index.ts";
import type { Ocp, Vec } from "../ocp/index.ts";
import {
  type Goal,
  type Robot,
  reversePolicy,
  robotBounds,
  robotKinematics,
  robotSizes,
  topSpeed,
} from "../sim/index.ts";
import type { NavigationOptions } from "./navigation-options.ts";

/** Where the cost draws the robot: the local goal, and whether it is the end of the path. */
export type Aim = {
  goal: Goal;
  stop: boolean;
  /** How far the robot is there already, in [0, 1]: every stage counts as much more as the last one. */
  there: number;
  /** (N + 1, nx) a trajectory along a route with headings, to stay near in the place of being drawn to the goal. */
  reference?: Vec;
};

/** The terms of an {@link Ocp} that say what a trajectory costs, with their derivatives. */
export type CostTerms = Pick<
  Ocp,
  "stageCost" | "stageGradient" | "stageHessian" | "terminalCost" | "terminalGradient" | "terminalHessian"
>;

/**
 * Quadratic cost of distance to the local goal, of speeds, speeds backwards once more, and of controls, and
 * {@link yawCost} of the yaw error at the end, and where the robot is at its goal at every stage; or, where there is a
 * reference, of the distance of every state to it, and of the yaw error at every stage.
 *
 * @param aim read at every evaluation, so that it may change between solves; its yaw within (-pi, pi]
 */
export function goalCost(robot: Robot, options: NavigationOptions, aim: Aim): CostTerms {
  const { nx, nu } = robotSizes(robot);
  const weights = costDiagonals(robot, options, nx, nu);

  const target = new Float64Array(nx);
  /** Writes where stage k is drawn to; its yaw counts with the weight returned. */
  const aimAt = (k: number): number => {
    const { reference, goal } = aim;
    if (reference !== undefined) {
      for (let i = 0; i < nx; i++) target[i] = reference[k * nx + i];
      return k < options.N ? options.weights.trackYaw : options.weights.terminalYaw;
    }
    target.fill(0);
    target[0] = goal.x;
    target[1] = goal.y;
    target[2] = goal.yaw ?? 0;
    if (goal.yaw === undefined) return 0;
    return (k < options.N ? aim.there : 1) * options.weights.terminalYaw;
  };
  /** A route with headings says itself what is driven backwards. */
  const reverse = (): number => (aim.reference === undefined ? weights.reverse : 0);
  const diagonalOf = (k: number): Vec => {
    if (k < options.N) {
      if (aim.reference !== undefined) return weights.track;
      const { stage, terminal, position } = weights;
      stage[0] = stage[1] = position + aim.there * terminal[0];
      return stage;
    }
    return aim.stop && aim.reference === undefined ? weights.stopping : weights.terminal;
  };
  const stateCost = (x: Vec, k: number): number => {
    const yaw = aimAt(k);
    const diagonal = diagonalOf(k);
    const dx = x[0] - target[0];
    const dy = x[1] - target[1];
    let sum = diagonal[0] * (dx * dx + dy * dy);
    for (let i = 3; i < nx; i++) sum += diagonal[i] * (x[i] - target[i]) * (x[i] - target[i]);
    sum += reverse() * Math.min(0, x[FORWARD]) ** 2;
    return 0.5 * sum + (yaw === 0 ? 0 : yaw * yawCost(wrapAngle(x[2] - target[2])));
  };
  const stateGradient = (x: Vec, k: number, q: Vec): void => {
    const yaw = aimAt(k);
    const diagonal = diagonalOf(k);
    for (let i = 0; i < nx; i++) q[i] = diagonal[i] * (x[i] - target[i]);
    q[FORWARD] += reverse() * Math.min(0, x[FORWARD]);
    q[2] = yaw === 0 ? 0 : yaw * yawSlope(wrapAngle(x[2] - target[2]));
  };
  const stateHessian = (x: Vec, k: number, Q: Vec): void => {
    const yaw = aimAt(k);
    fillDiagonal(diagonalOf(k), Q);
    if (x[FORWARD] < 0) Q[FORWARD * nx + FORWARD] += reverse();
    if (yaw !== 0) Q[2 * nx + 2] = yaw * yawCurvature(wrapAngle(x[2] - target[2]));
  };

  return {
    stageCost(x, u, k) {
      let sum = 0;
      for (let i = 0; i < nu; i++) sum += weights.control[i] * u[i] * u[i];
      return stateCost(x, k) + 0.5 * sum;
    },
    stageGradient(x, u, k, q, r) {
      stateGradient(x, k, q);
      for (let i = 0; i < nu; i++) r[i] = weights.control[i] * u[i];
    },
    stageHessian(x, _u, k, Q, R, M) {
      stateHessian(x, k, Q);
      fillDiagonal(weights.control, R);
      M.fill(0);
    },
    terminalCost: (x) => stateCost(x, options.N),
    terminalGradient: (x, q) => stateGradient(x, options.N, q),
    terminalHessian: (x, Q) => stateHessian(x, options.N, Q),
  };
}

/** The state that is the speed forwards. */
const FORWARD = 3;

/** `4 (1 - cos(e / 2))` of a yaw error e in [-pi, pi]: e^2 / 2 near zero, and unlike 1 - cos steepest at pi. */
const yawCost = (e: number): number => 4 * (1 - Math.cos(e / 2));
const yawSlope = (e: number): number => 2 * Math.sin(e / 2);
const yawCurvature = (e: number): number => Math.cos(e / 2);

function fillDiagonal(diagonal: Vec, H: Vec): void {
  const n = diagonal.length;
  H.fill(0);
  for (let i = 0; i < n; i++) H[i * n + i] = diagonal[i];
}

/**
 * A yaw error counts in radians, so a robot that turns slowly does not turn dearly: turning is weighed as a share of the
 * limits, but of no less than this many radians per horizon, and of the rate that reaches that in a third of it. [rad]
 */
const TURN_PER_HORIZON = 6;

/**
 * A car turns its steering from straight to its end once per bend, in as many stages as its steering is slow: where a stage
 * turns less than this share of it, each counts as much less, or the car would rather be beside its route than steer.
 */
const TURNED_PER_STAGE = 0.75;

/** Diagonals of the cost's Hessian: weights on shares of the limits become weights on the states. */
function costDiagonals(robot: Robot, options: NavigationOptions, nx: number, nu: number) {
  const { weights, lookahead, effort } = options;
  const bounds = robotBounds(robot);
  const horizon = options.N * options.dt;
  const { turnsOnSpot } = robotKinematics(robot);
  const leastRate = turnsOnSpot ? TURN_PER_HORIZON / horizon : 0;
  const leastAcceleration = (3 * leastRate) / horizon;
  const stage = new Float64Array(nx);
  const terminal = new Float64Array(nx);
  stage[0] = stage[1] = weights.position / (lookahead * lookahead);
  terminal[0] = terminal[1] = weights.terminalPosition / (lookahead * lookahead);
  for (let j = 0; j < bounds.boxIndex.length; j++) {
    const i = bounds.boxIndex[j];
    const turning = i === nx - 1;
    const most = Math.max(Math.abs(bounds.xLower[j]), Math.abs(bounds.xUpper[j]));
    const limit = turning ? Math.max(most, leastRate) : most;
    stage[i] = (effort * (turning ? weights.turn : weights.speed)) / (limit * limit);
    terminal[i] = (effort * (turning ? weights.terminalTurn : weights.terminalSpeed)) / (limit * limit);
  }
  const track = stage.slice();
  track[0] = track[1] = weights.trackPosition / (lookahead * lookahead);
  const stopping = terminal.slice();
  for (let i = 3; i < nx; i++) stopping[i] *= 10;
  const control = new Float64Array(nu);
  for (let i = 0; i < nu; i++) {
    const turning = i === nu - 1;
    const most = Math.max(Math.abs(bounds.uLower[i]), Math.abs(bounds.uUpper[i]));
    const limit = turning ? Math.max(most, leastAcceleration) : most;
    const perStage = turnsOnSpot ? 1 : (options.dt * limit) / bounds.xUpper[bounds.boxIndex.length - 1];
    const turn = Math.min(1, perStage / TURNED_PER_STAGE) * weights.angularAcceleration;
    control[i] = (effort * (turning ? turn : weights.acceleration)) / (limit * limit);
  }
  const reverse = reversePolicy(robot) === "discouraged" ? weights.reverse / topSpeed(robot) ** 2 : 0;
  return { stage, position: stage[0], track, terminal, stopping, control, reverse };
}
