import type { Vec } from "../ocp/index.ts";
import type { Track } from "../route/index.ts";
import {
  type Disc,
  type DistanceField,
  distanceAt,
  footprintDiscs,
  type Robot,
  robotKinematics,
  robotSizes,
} from "../sim/index.ts";
import type { NavigationProblem, TrackReference } from "./navigation-ocp.ts";
import { type Care, distance, lengthsLeft, trackPiece } from "./track-piece.ts";

/** What is tried, in this order. */
const CARE: readonly Care[] = [
  { speed: 1, aim: 1 },
  { speed: 1, aim: 0.6 },
  { speed: 0.7, aim: 0.6 },
  { speed: 0.4, aim: 0.4 },
  { speed: 0.2, aim: 0.3 },
];

/** Care begins this far before the place where the car would touch something, in turning radii. */
const BEFORE = 1;

/**
 * The trajectory that tracks a piece of a route without touching anything: closer to the route, and slower, from before the
 * place where the car would cut it too short.
 *
 * @param margin that the problem is posed with [m]
 */
export function clearReference(
  problem: NavigationProblem,
  x: Vec,
  path: Vec,
  track: Track,
  field: DistanceField,
  margin: number,
): TrackReference {
  const enough = Math.min(0, margin); // the solver finds the rest
  const { robot } = problem;
  const before = BEFORE * robotKinematics(robot).turningRadius(robot);
  const way = lengthsLeft(path);
  let reference: TrackReference | undefined;
  let from = 0;
  for (const care of CARE) {
    reference = { ...trackPiece(problem, x, path, track, { ...care, from }), speed: care.speed };
    const tight = firstTight(robot, reference.X, field, enough);
    if (tight === undefined) break;
    let nearest = 0;
    for (let i = 1; i < way.length; i++)
      if (distance(path, i, tight) < distance(path, nearest, tight)) nearest = i;
    from = Math.max(from, way[nearest] + before);
  }
  return reference!;
}

/** The first state of a trajectory at which a disc has less room than `enough`. [m] */
function firstTight(robot: Robot, X: Vec, field: DistanceField, enough: number): Vec | undefined {
  const { nx } = robotSizes(robot);
  const discs = footprintDiscs(robot);
  for (let at = 0; at < X.length; at += nx)
    if (roomAt(discs, field, X[at], X[at + 1], X[at + 2]) < enough) return X.subarray(at, at + nx);
  return undefined;
}

/** The least room that discs have where a robot is. [m] */
export function roomAt(
  discs: readonly Disc[],
  field: DistanceField,
  px: number,
  py: number,
  yaw: number,
): number {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  let room = Number.POSITIVE_INFINITY;
  for (const { x, y, r } of discs)
    room = Math.min(room, distanceAt(field, px + c * x - s * y, py + s * x + c * y) - r);
  return room;
}
