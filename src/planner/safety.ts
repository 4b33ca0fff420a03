import { clipControl, createTrajectory, isFiniteVec, type Vec } from "../ocp/index.ts";
import {
  brakeControl,
  type DistanceField,
  distancesAt,
  footprintContact,
  footprintDiscs,
  footprintReach,
  isStopped,
  type OccupancyGrid,
  type Robot,
  robotKinematics,
  robotSizes,
} from "../sim/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import type { Plan } from "./scene.ts";
import { shiftPlan } from "./shift-start.ts";

/** What a plan runs into. */
export type SafetyCheck = {
  readonly safe: boolean;
  /** Stage in which the first contact lies; -1 where there is none. */
  readonly contactStage: number;
};

/** Tells whether a plan touches an occupied cell anywhere. */
export type SafetyChecker = {
  /** @param X (N + 1, nx) states of the plan */
  check(X: Vec, field: DistanceField, grid: OccupancyGrid): SafetyCheck;
};

/** A field of distances between cell centres says up to this share of a cell too much near a corner. */
const FIELD_ERROR_CELLS = 0.25;
/** A robot that starts in contact by the grid (noise, displacement) may move this far out of it. [m] */
const ESCAPE = 0.15;

/**
 * Checks the *whole* plan against the grid with the true footprint: poses are interpolated along the arc of a constant
 * twist, so that no point of the footprint moves more than a quarter of a cell between two of them. Poses whose discs are clear
 * by the distance field need no exact test.
 */
export function createSafetyChecker(robot: Robot): SafetyChecker {
  const { nx } = robotSizes(robot);
  const discs = footprintDiscs(robot);
  const reach = footprintReach(robot);
  /** Where the robot is looked at: x, y, yaw; in an array, since a field that is a number is allocated when it is set. */
  const pose = new Float64Array(3);
  const [centres, distances] = [new Float64Array(2 * discs.length), new Float64Array(discs.length)];

  const touches = (field: DistanceField, grid: OccupancyGrid): boolean => {
    const c = Math.cos(pose[2]);
    const s = Math.sin(pose[2]);
    const threshold = FIELD_ERROR_CELLS * grid.resolution;
    for (let i = 0; i < discs.length; i++) {
      const d = discs[i];
      centres[2 * i] = pose[0] + c * d.x - s * d.y;
      centres[2 * i + 1] = pose[1] + s * d.x + c * d.y;
    }
    distancesAt(field, centres, discs.length, distances);
    for (let i = 0; i < discs.length; i++)
      if (!(distances[i] - discs[i].r > threshold))
        return footprintContact(robot, { x: pose[0], y: pose[1], yaw: pose[2] }, grid);
    return false;
  };

  return {
    check(X, field, grid) {
      if (!isFiniteVec(X)) return { safe: false, contactStage: 0 };
      const stages = X.length / nx - 1;
      let escaping = true;
      let travelled = 0;
      for (let k = 0; k < stages; k++) {
        const a = k * nx;
        const b = a + nx;
        const dx = X[b] - X[a];
        const dy = X[b + 1] - X[a + 1];
        const turn = X[b + 2] - X[a + 2];
        const moved = Math.hypot(dx, dy) + reach * Math.abs(turn);
        const samples = Math.max(1, Math.ceil(moved / (0.25 * grid.resolution)));
        for (let i = k === 0 ? 0 : 1; i <= samples; i++) {
          const f = i / samples;
          // The chord of a part of an arc is shorter than that of the whole, and turned back.
          const share = turn === 0 ? f : Math.sin(0.5 * f * turn) / Math.sin(0.5 * turn);
          const back = 0.5 * (f - 1) * turn;
          const [c, s] = [share * Math.cos(back), share * Math.sin(back)];
          pose[0] = X[a] + c * dx - s * dy;
          pose[1] = X[a + 1] + s * dx + c * dy;
          pose[2] = X[a + 2] + f * turn;
          if (!touches(field, grid)) escaping = false;
          else if (!escaping || travelled + f * moved > ESCAPE) return { safe: false, contactStage: k };
        }
        travelled += moved;
      }
      return { safe: true, contactStage: -1 };
    },
  };
}

/**
 * Braking along a plan: from x, the speed falls as fast as the limits allow while the turning follows
 * the plan's curvature, so that the robot stays on the plan's track.
 *
 * @returns the braking trajectory as a plan of the same size
 */
export function brakeAlong(problem: NavigationProblem, plan: Plan | undefined, x: Vec, time: number): Plan {
  const { ocp, robot, options } = problem;
  const { nx, nu } = robotSizes(robot);
  const { X, U, x: states, u: controls } = createTrajectory(ocp);
  const track = plan === undefined ? undefined : shiftPlan(problem, plan, time);
  X.set(x);
  let at = 0;
  for (let k = 0; k < ocp.N; k++) {
    const [here, u] = [states[k], controls[k]];
    brakeControl(robot, here, options.dt, u);
    if (track !== undefined && !isStopped(robot, here)) {
      at = nearestStage(track.X, nx, here, at);
      followTurning(robot, track.X.subarray(at * nx, (at + 1) * nx), here, u, options.dt);
    }
    clipControl(ocp, u, k);
    ocp.dynamics.step(here, u, k, states[k + 1]);
  }
  return { time, dt: options.dt, X, U, K: new Float64Array(ocp.N * nu * nx) };
}

function nearestStage(X: Vec, nx: number, x: Vec, from: number): number {
  let best = from;
  const distance = (k: number): number => Math.hypot(X[k * nx] - x[0], X[k * nx + 1] - x[1]);
  while (best + 2 < X.length / nx && distance(best + 1) < distance(best)) best++;
  return best;
}

/** Turns as the plan does at this place: same steering angle, or same curvature; going sideways is left alone. */
function followTurning(robot: Robot, planned: Vec, x: Vec, u: Vec, dt: number): void {
  const { sideways, steering } = robotKinematics(robot);
  if (sideways !== undefined) return;
  if (steering !== undefined) {
    u[1] = (planned[4] - x[4]) / dt;
    return;
  }
  const next = x[3] + dt * u[0];
  if (Math.abs(planned[3]) < 0.05) return;
  u[1] = ((planned[4] / planned[3]) * next - x[4]) / dt;
}
