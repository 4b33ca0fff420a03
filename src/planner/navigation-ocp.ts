import { ConfigError, wrapAngle } from "../base/index.ts";
import type { Ocp, SoftPenalty, Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  distanceAt,
  footprintDiscs,
  type Goal,
  INTERPOLANTS,
  type Interpolation,
  type Robot,
  robotBounds,
  robotDynamics,
  robotSizes,
} from "../sim/index.ts";

/** Weights of the navigation problem; stage weights are per stage, not per second. */
export type NavigationWeights = {
  /** Squared distance to the local goal, as a share of the lookahead. */
  readonly position: number;
  readonly terminalPosition: number;
  /** Yaw error as 1 - cos. */
  readonly terminalYaw: number;
  /** Squared linear speed, as a share of the robot's largest. */
  readonly speed: number;
  readonly terminalSpeed: number;
  /** Squared turn rate (steering angle on a bicycle), as a share of the largest. */
  readonly turn: number;
  readonly terminalTurn: number;
  /** Squared linear accelerations, as a share of the largest. */
  readonly acceleration: number;
  /** Squared angular acceleration (steering rate), as a share of the largest. */
  readonly angularAcceleration: number;
};

export type NavigationOptions = {
  /** Stages. */
  readonly N: number;
  /** Duration of a stage. [s] */
  readonly dt: number;
  /** Distance of the local goal along the path; by default what half the largest speed covers, 0.5 to 3 m. [m] */
  readonly lookahead: number;
  /** Clearance the discs keep beyond their radius. [m] */
  readonly margin: number;
  /**
   * How the distance field is read between cell centres. Measured on 339 scenes of four families: no
   * interpolant needs noticeably fewer iterations (1.12 to 1.20 from a shifted plan, 2.8 from the path,
   * tolerance 1e-2), so the one that is cheapest and rounds nothing off is the default.
   */
  readonly interpolation: Interpolation;
  readonly weights: NavigationWeights;
  /** Exact penalty of the collision rows, for violations as a share of the lookahead. */
  readonly collision: SoftPenalty;
  /**
   * Exact penalty of the speed limits: multipliers of 7000 optima of a Jackal were at most 9. Much larger ones
   * shorten good steps for millimetres per second.
   */
  readonly speedLimit: SoftPenalty;
};

/** Defaults but for the lookahead, which depends on the robot. */
export const DEFAULT_NAVIGATION_OPTIONS: Omit<NavigationOptions, "lookahead"> = {
  N: 30,
  dt: 0.1,
  margin: 0.05,
  interpolation: "bilinear",
  weights: {
    position: 1.8,
    terminalPosition: 54,
    terminalYaw: 2,
    speed: 0.08,
    terminalSpeed: 0.2,
    turn: 0.4,
    terminalTurn: 2,
    acceleration: 0.8,
    angularAcceleration: 1.6,
  },
  collision: { linear: 300, quadratic: 900 },
  speedLimit: { linear: 400, quadratic: 4000 },
};

/** Fills in the defaults. @throws ConfigError naming the option and its legal range */
export function resolveNavigationOptions(
  robot: Robot,
  given: Partial<NavigationOptions> = {},
): NavigationOptions {
  const merged = { ...DEFAULT_NAVIGATION_OPTIONS, ...given };
  const reach = 0.5 * topSpeed(robot) * merged.N * merged.dt;
  const o = { ...merged, lookahead: given.lookahead ?? Math.min(3, Math.max(0.5, reach)) };
  if (!(Number.isInteger(o.N) && o.N >= 2)) throw new ConfigError(`N is ${o.N}, expected an integer >= 2`);
  for (const name of ["dt", "lookahead"] as const) {
    if (!(o[name] > 0 && Number.isFinite(o[name])))
      throw new ConfigError(`${name} is ${o[name]}, expected a number > 0`);
  }
  if (!Object.hasOwn(INTERPOLANTS, o.interpolation)) {
    const names = Object.keys(INTERPOLANTS).join(", ");
    throw new ConfigError(`interpolation is "${o.interpolation}", expected one of ${names}`);
  }
  if (!(o.margin >= 0)) throw new ConfigError(`margin is ${o.margin}, expected metres >= 0`);
  return o;
}

/** Largest forward speed. [m/s] */
export function topSpeed(robot: Robot): number {
  return robot.model === "omni" ? robot.limits.vxMax : robot.limits.vMax;
}

/** The navigation problem of one robot: an {@link Ocp} whose goal and distance field change every tick. */
export type NavigationProblem = {
  readonly ocp: Ocp;
  readonly robot: Robot;
  readonly options: NavigationOptions;
  /**
   * Sets what the next solve drives to and around. `stop`: the goal is the end of the path; `margin` [m]: instead
   * of the option.
   */
  set(goal: Goal, field: DistanceField, stop: boolean, margin?: number): void;
};

/** Smallest step over which the field's gradient is differenced for the rows' curvature. [m] */
const CURVATURE_STEP = 0.05;

/**
 * Builds the navigation problem of MATH section 1: quadratic distance to the local goal, 1 - cos of the
 * yaw error, speeds and controls as shares of their limits; one soft row per footprint disc and stage,
 * `d(p + R(yaw) o_i) - r_i - margin >= 0`; soft boxes on speeds, hard boxes on controls.
 */
export function createNavigationProblem(
  robot: Robot,
  options: Partial<NavigationOptions> = {},
): NavigationProblem {
  const o = resolveNavigationOptions(robot, options);
  const { nx, nu } = robotSizes(robot);
  const bounds = robotBounds(robot);
  const diagonals = costDiagonals(robot, o, nx, nu);
  const discs = footprintDiscs(robot);
  let goal: Goal = { x: 0, y: 0 };
  let field: DistanceField | undefined;
  let stop = false;
  let margin = o.margin;
  const read = INTERPOLANTS[o.interpolation];
  const distance = (x: number, y: number): number =>
    o.interpolation === "bilinear" ? distanceAt(field!, x, y) : read(field!, x, y, gradient);
  const gradient = new Float64Array(2);
  const high = new Float64Array(2);

  const quadratic = (x: Vec, weights: Vec): number => {
    const dx = x[0] - goal.x;
    const dy = x[1] - goal.y;
    let sum = weights[0] * (dx * dx + dy * dy);
    for (let i = 3; i < nx; i++) sum += weights[i] * x[i] * x[i];
    return 0.5 * sum;
  };
  const quadraticGradient = (x: Vec, weights: Vec, q: Vec): void => {
    q[0] = weights[0] * (x[0] - goal.x);
    q[1] = weights[1] * (x[1] - goal.y);
    q[2] = 0;
    for (let i = 3; i < nx; i++) q[i] = weights[i] * x[i];
  };
  const diagonal = (weights: Vec, n: number, H: Vec): void => {
    H.fill(0);
    for (let i = 0; i < n; i++) H[i * n + i] = weights[i];
  };
  const terminal = (): Vec => (stop ? diagonals.stopping : diagonals.terminal);
  const yawWeight = (): number => (goal.yaw === undefined ? 0 : o.weights.terminalYaw);

  const ocp: Ocp = {
    N: o.N,
    dynamics: robotDynamics(robot, o.dt),
    angles: [2],
    uLower: bounds.uLower,
    uUpper: bounds.uUpper,
    stateBox: { index: bounds.boxIndex, lower: bounds.xLower, upper: bounds.xUpper, soft: o.speedLimit },
    stageCost(x, u) {
      let sum = 0;
      for (let i = 0; i < nu; i++) sum += diagonals.control[i] * u[i] * u[i];
      return quadratic(x, diagonals.stage) + 0.5 * sum;
    },
    stageGradient(x, u, _k, q, r) {
      quadraticGradient(x, diagonals.stage, q);
      for (let i = 0; i < nu; i++) r[i] = diagonals.control[i] * u[i];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      diagonal(diagonals.stage, nx, Q);
      diagonal(diagonals.control, nu, R);
      M.fill(0);
    },
    terminalCost(x) {
      return quadratic(x, terminal()) + yawWeight() * (1 - Math.cos(x[2] - (goal.yaw ?? 0)));
    },
    terminalGradient(x, q) {
      quadraticGradient(x, terminal(), q);
      q[2] = yawWeight() * Math.sin(x[2] - (goal.yaw ?? 0));
    },
    terminalHessian(x, Q) {
      diagonal(terminal(), nx, Q);
      Q[2 * nx + 2] = yawWeight() * Math.cos(x[2] - (goal.yaw ?? 0));
    },
    rows: {
      count: discs.length,
      soft: {
        linear: o.collision.linear / o.lookahead,
        quadratic: o.collision.quadratic / (o.lookahead * o.lookahead),
      },
      value(x, _k, out) {
        const c = Math.cos(x[2]);
        const s = Math.sin(x[2]);
        for (let i = 0; i < discs.length; i++) {
          const disc = discs[i];
          const px = x[0] + c * disc.x - s * disc.y;
          const py = x[1] + s * disc.x + c * disc.y;
          out[i] = distance(px, py) - disc.r - margin;
        }
      },
      jacobian(x, _k, C) {
        C.fill(0);
        const c = Math.cos(x[2]);
        const s = Math.sin(x[2]);
        for (let i = 0; i < discs.length; i++) {
          const ox = c * discs[i].x - s * discs[i].y;
          const oy = s * discs[i].x + c * discs[i].y;
          read(field!, x[0] + ox, x[1] + oy, gradient);
          C[i * nx] = gradient[0];
          C[i * nx + 1] = gradient[1];
          C[i * nx + 2] = -gradient[0] * oy + gradient[1] * ox;
        }
      },
      hessian(x, _k, p, H) {
        const c = Math.cos(x[2]);
        const s = Math.sin(x[2]);
        for (let i = 0; i < discs.length; i++) {
          if (Math.abs(p[i]) <= 1e-6) continue;
          const ox = c * discs[i].x - s * discs[i].y;
          const oy = s * discs[i].x + c * discs[i].y;
          addDiscCurvature(x[0] + ox, x[1] + oy, ox, oy, p[i], H);
        }
      },
    },
  };

  /**
   * Curvature of one row: `J' D J` with D the field's Hessian (the bilinear interpolant has none inside
   * a cell, so its gradient is differenced over a cell) and J = d(disc centre)/d(x, y, yaw), plus the
   * turning of the offset, `-(gx ox + gy oy)` in yaw.
   */
  function addDiscCurvature(px: number, py: number, ox: number, oy: number, p: number, H: Vec): void {
    const h = CURVATURE_STEP;
    read(field!, px + h, py, high);
    read(field!, px - h, py, gradient);
    const dxx = (high[0] - gradient[0]) / (2 * h);
    let dxy = (high[1] - gradient[1]) / (2 * h);
    read(field!, px, py + h, high);
    read(field!, px, py - h, gradient);
    dxy = 0.5 * (dxy + (high[0] - gradient[0]) / (2 * h));
    const dyy = (high[1] - gradient[1]) / (2 * h);
    read(field!, px, py, gradient);
    const xYaw = -dxx * oy + dxy * ox;
    const yYaw = -dxy * oy + dyy * ox;
    const yawYaw = -xYaw * oy + yYaw * ox - (gradient[0] * ox + gradient[1] * oy);
    H[0] += p * dxx;
    H[1] += p * dxy;
    H[nx] += p * dxy;
    H[nx + 1] += p * dyy;
    H[2] += p * xYaw;
    H[2 * nx] += p * xYaw;
    H[nx + 2] += p * yYaw;
    H[2 * nx + 1] += p * yYaw;
    H[2 * nx + 2] += p * yawYaw;
  }

  return {
    ocp,
    robot,
    options: o,
    set(nextGoal, nextField, nextStop, nextMargin = o.margin) {
      margin = nextMargin;
      goal = nextGoal.yaw === undefined ? nextGoal : { ...nextGoal, yaw: wrapAngle(nextGoal.yaw) };
      field = nextField;
      stop = nextStop;
    },
  };
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
