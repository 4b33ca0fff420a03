import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  discRadius,
  distanceAt,
  distanceGradientAt,
  distancesAt,
  footprintDiscs,
  footprintReach,
  linearSpeed,
  robotBounds,
  topSpeed,
  YAW_INDEX,
} from "../sim/index.ts";
import { roomAt } from "./clear-reference.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { LEAST_MARGIN } from "./navigation-options.ts";
import type { Scene } from "./scene.ts";

/** Where the path is narrow the margin shrinks to what it leaves, less this. [m] */
const SPARE = 0.005;
/** A robot that is not where its speeds lead keeps so many times of that more clear, but no more than another margin. */
const UNSURE = 1.5;
/** What is less than this share of the margin is not worth that: steps are predicted no better. */
const SURE = 0.1;

/** A robot whose goal's heading is further than this from its own has to turn there. [rad] */
const TURN = Math.PI / 6;

/**
 * (n) The margin at each point of a scene's path: the full one, but in a gap no more than the path itself has, or the
 * penalty of the margin would keep the robot from a gap that it fits through, or from a turn that it has the room for. The
 * safety check does not depend on it.
 *
 * @param scene its path with headings, where those are known: its discs then count where they are; how `unsure` the robot
 *   is of where its speeds lead, on the whole, from one sample to the next [m]
 */
export function passableMargins(
  { robot, options }: Pick<NavigationProblem, "robot" | "options">,
  { x: state, goal, final, path, track, unsure = 0 }: Omit<Scene, "time">,
  field: DistanceField,
): Vec {
  const isUnsure = unsure > SURE * options.margin;
  const margin = options.margin + (isUnsure ? Math.min(options.margin, UNSURE * unsure) : 0);
  const least = Math.min(margin, LEAST_MARGIN);
  const discs = footprintDiscs(robot);
  const radius = discRadius(robot);
  const margins = new Float64Array(Math.max(1, path.length / 2)).fill(margin);
  const distances = new Float64Array(margins.length);
  if (track === undefined) distancesAt(field, path, path.length >> 1, distances);
  for (let i = 0; 2 * i + 1 < path.length; i++) {
    const x = path[2 * i];
    const y = path[2 * i + 1];
    if (track !== undefined) {
      const room = Math.min(margin, roomAt(discs, field, x, y, track.headings[i]) - SPARE);
      // Less than none where the body fits through and its discs do not.
      margins[i] = room >= 0 ? Math.max(least, room) : Math.max(-LEAST_MARGIN, room);
    } else {
      const here = distances[i];
      const lacks = isUnsure ? radius + SPARE + margin - here : 0;
      const beside = lacks > 0 ? distanceBeside(field, x, y, lacks) : 0;
      const room = Math.max(here, beside) - radius - SPARE;
      margins[i] = Math.max(least, Math.min(margin, room));
    }
  }
  const { yaw } = goal;
  if (track !== undefined || !final || yaw === undefined) return margins;
  if (Math.abs(wrapAngle(yaw - state[YAW_INDEX])) < TURN) return margins;
  const reach = footprintReach(robot);
  const clear = distanceAt(field, goal.x, goal.y) - SPARE;
  if (clear < reach) return margins;
  // Where it turns its discs sweep more than its body does.
  const swept = Math.max(...discs.map((disc) => Math.hypot(disc.x, disc.y) + disc.r));
  const room = Math.max(least + reach - swept, clear - swept);
  for (let i = 0; i < margins.length; i++)
    if (Math.hypot(path[2 * i] - goal.x, path[2 * i + 1] - goal.y) <= reach)
      margins[i] = Math.min(margins[i], room);
  return margins;
}

/** The margin in the narrowest place. [m] */
export function leastMargin(margins: Vec): number {
  let least = margins[0];
  for (let i = 1; i < margins.length; i++) least = Math.min(least, margins[i]);
  return least;
}

/** One margin for all stages: the least that {@link passableMargins} have. [m] */
export function passableMargin(...scene: Parameters<typeof passableMargins>): number {
  return leastMargin(passableMargins(...scene));
}

const AWAY = new Float64Array(2);

/** The distance to obstacles at a place moved by so much away from the nearest: in a gap it is not so much more. [m] */
function distanceBeside(field: DistanceField, x: number, y: number, by: number): number {
  distanceGradientAt(field, x, y, AWAY);
  const steep = Math.hypot(AWAY[0], AWAY[1]);
  return steep > 0 ? distanceAt(field, x + (by * AWAY[0]) / steep, y + (by * AWAY[1]) / steep) : 0;
}

/**
 * (N + 1) The margin of each stage: the least of those points of the path that a part of the robot can have come to by
 * then, so that a gap ahead does not let it come as near to what is beside it now. [m]
 *
 * @param x (nx) where the robot is, and how fast
 * @param path (n, 2) @param margins (n) [m]
 */
export function stageMargins(
  { robot, options }: Pick<NavigationProblem, "robot" | "options">,
  x: Vec,
  path: Vec,
  margins: Vec,
): Vec {
  const { N, dt } = options;
  let full = margins[0];
  for (let i = 1; i < margins.length; i++) full = Math.max(full, margins[i]);
  const out = new Float64Array(N + 1).fill(full);
  const top = topSpeed(robot);
  const gain = dt * robotBounds(robot).uUpper[0];
  const reach = new Float64Array(N + 1).fill(footprintReach(robot));
  let speed = Math.abs(linearSpeed(robot, x));
  for (let k = 0; k < N; k++) {
    reach[k + 1] = reach[k] + dt * Math.min(top, speed + 0.5 * gain);
    speed = Math.min(top, speed + gain);
  }
  for (let i = 0; i < margins.length; i++) {
    if (margins[i] === full) continue;
    const away = Math.hypot(path[2 * i] - x[0], path[2 * i + 1] - x[1]);
    for (let k = N; k >= 0 && away <= reach[k]; k--) out[k] = Math.min(out[k], margins[i]);
  }
  return out;
}
