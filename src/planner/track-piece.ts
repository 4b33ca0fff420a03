import { wrapAngle } from "../base/index.ts";
import { clipControl, createTrajectory, type Trajectory, type Vec } from "../ocp/index.ts";
import type { Track } from "../route/index.ts";
import { robotBounds, robotKinematics, topSpeed } from "../sim/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { keepWithinSpeeds } from "./path-start.ts";

/** Time constants with which the errors of speed and of steering are closed, in stages. */
const SPEED_STAGES = 1;
const TURN_STAGES = 1.5;
/** The way left is closed in so many times that of the speed: with fewer the car overshoots. */
const SETTLE = 4;
/** Share of the top speed to drive at where the way is straight and where it is tightest. */
const CRUISE = { straight: 1, tightest: 0.8 };
/** Share of the largest deceleration to slow down with before a bend and the end. */
const BRAKING = 0.7;
/** The car aims this far ahead, in turning radii. */
const AIM = 0.6;
/** It may drive this far, in turning radii, while its steering turns to where the way wants it. */
const BLEND = 0.6;
/** Slower than this share of its top speed it stands, and turns its steering before it drives off, up to this share. */
const STANDING = 0.03;
const NEARLY_TURNED = 0.4;

/** Share of the top speed to drive at where nobody has seen the ground; it has slowed down before. */
const CREEP = 0.15;

const UNUSED = new Float64Array(2);

/** Shares of the speed to drive at, and of how far ahead to aim, once so much of the way is left; by default all. [m] */
export type Care = { readonly speed: number; readonly aim: number; readonly from?: number };

/**
 * Rolls out a car that drives along a piece of its route, forwards or backwards, and stops at its end: it aims at a
 * point ahead, from behind its rear axle when it reverses. The arc through that point, tangent to the heading, has
 * curvature `2 y / (x^2 + y^2)` with (x, y) in the body frame, whichever way it is driven.
 *
 * @param x0 (nx)
 * @param path (n, 2) with the headings of `track`
 *
 * Source: Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm", 1992.
 */
export function trackPiece(
  problem: NavigationProblem,
  x0: Vec,
  path: Vec,
  { headings, direction, known = Number.POSITIVE_INFINITY }: Track,
  care: Care = { speed: 1, aim: 1 },
): Pick<Trajectory, "X" | "U"> {
  const { ocp, robot, options, zones } = problem;
  const speedTime = SPEED_STAGES * options.dt;
  const { turningRadius, turnFor } = robotKinematics(robot);
  const { xLower, xUpper, uUpper } = robotBounds(robot);
  const { X, U, x: states, u: controls } = createTrajectory(ocp);
  states[0].set(x0);
  const radius = turningRadius(robot);
  const top = direction > 0 ? topSpeed(robot) : Math.min(topSpeed(robot), -xLower[0]);
  const way = lengthsLeft(path);
  const { from = Number.POSITIVE_INFINITY } = care;
  const careOf = (share: number, i: number): number => (way[i] <= from ? share : 1);
  /** The fastest while a share of the steering is still to be turned. [m/s] */
  const whileSteering = (share: number): number => ((uUpper[1] / xUpper[1]) * BLEND * radius) / share;
  const inZone = (i: number): number =>
    zones === undefined ? top : Math.sqrt(zones.squaredSpeed(path[2 * i], path[2 * i + 1], UNUSED));
  const whereKnown = (i: number): number => (way[0] - way[i] < known ? top : CREEP * top);
  const allowed = (i: number, change: number): number =>
    Math.min(inZone(i), whileSteering(change), whereKnown(i));
  const cruise = (i: number): number => careOf(care.speed, i) * top;
  const speeds = speedProfile(headings, way, radius, cruise, BRAKING * uUpper[0], allowed);
  const last = way.length - 1;
  let at = 0;
  for (let k = 0; k < ocp.N; k++) {
    const x = states[k];
    while (at < last && distance(path, at + 1, x) <= distance(path, at, x)) at++;
    const aim = AIM * radius * careOf(care.aim, at);
    let target = at;
    while (target < last && way[at] - way[target] < aim) target++;
    // Beyond its end the piece goes on straight.
    const beyond = direction * Math.max(0, aim - (way[at] - way[target]));
    const dx = path[2 * target] + beyond * Math.cos(headings[target]) - x[0];
    const dy = path[2 * target + 1] + beyond * Math.sin(headings[target]) - x[1];
    const c = Math.cos(x[2]);
    const s = Math.sin(x[2]);
    const curvature = (2 * (c * dy - s * dx)) / Math.max(1e-9, dx * dx + dy * dy);
    const ex = path[2 * last] - x[0];
    const ey = path[2 * last + 1] - x[1];
    const left =
      at < last ? way[at] : direction * (ex * Math.cos(headings[last]) + ey * Math.sin(headings[last]));
    const steering = Math.max(-xUpper[1], Math.min(xUpper[1], turnFor(robot, curvature, x[3])));
    const share = Math.abs(steering - x[4]) / xUpper[1];
    const turnsFirst = share > NEARLY_TURNED && Math.abs(x[3]) < STANDING * top;
    const atMost = turnsFirst ? 0 : whileSteering(share);
    const speed = Math.min(speeds[at], atMost, Math.max(0, left) / (SETTLE * speedTime));
    controls[k][0] = (direction * speed - x[3]) / speedTime;
    controls[k][1] = (steering - x[4]) / (TURN_STAGES * options.dt);
    keepWithinSpeeds(problem, x, controls[k]);
    clipControl(ocp, controls[k], k);
    ocp.dynamics.step(x, controls[k], k, states[k + 1]);
  }
  return { X, U };
}

/**
 * (n) the fastest speeds along a piece: slower where it bends, and where it bends otherwise before the steering has
 * followed; slowing down before that and to a stop at its end.
 *
 * @param way (n) length left [m]
 * @param top the fastest at a point where it is straight [m/s] @param braking deceleration [m/s^2]
 * @param allowed at a point, by the zones that the robot is in and while a share of the steering is turned [m/s]
 */
function speedProfile(
  headings: Vec,
  way: Vec,
  radius: number,
  top: (i: number) => number,
  braking: number,
  allowed: (i: number, change: number) => number,
): Float64Array {
  const n = way.length;
  const speeds = new Float64Array(n);
  const bends = new Float64Array(n);
  for (let i = n - 2; i >= 0; i--) {
    const ds = way[i] - way[i + 1];
    const turned = wrapAngle(headings[i + 1] - headings[i]);
    bends[i] = ds > 0 ? Math.max(-1, Math.min(1, (turned / ds) * radius)) : bends[i + 1];
    let change = 0;
    for (let j = i + 1; j < n - 1 && way[i] - way[j] < BLEND * radius; j++)
      change = Math.max(change, Math.abs(bends[j] - bends[i]));
    const cruise = (CRUISE.straight + Math.abs(bends[i]) * (CRUISE.tightest - CRUISE.straight)) * top(i);
    speeds[i] = Math.min(cruise, allowed(i, change), Math.sqrt(speeds[i + 1] ** 2 + 2 * braking * ds));
  }
  // Beside the last point there may be some way left.
  if (n > 1) speeds[n - 1] = speeds[n - 2];
  return speeds;
}

/** (n) length of path from each point to the end. [m] */
export function lengthsLeft(path: Vec): Float64Array {
  const n = path.length / 2;
  const left = new Float64Array(n);
  for (let i = n - 2; i >= 0; i--)
    left[i] = left[i + 1] + Math.hypot(path[2 * i + 2] - path[2 * i], path[2 * i + 3] - path[2 * i + 1]);
  return left;
}

export function distance(path: Vec, i: number, x: Vec): number {
  return Math.hypot(path[2 * i] - x[0], path[2 * i + 1] - x[1]);
}
