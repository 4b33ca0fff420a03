import type { Trajectory, Vec } from "../ocp/index.ts";
import type { Track } from "../route/index.ts";
import { type DistanceField, distanceAt, footprintDiscs, type Robot, robotSizes } from "../sim/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { type Care, trackPiece } from "./track-piece.ts";

/** What is tried, in this order. */
const CARE: readonly Care[] = [
  { speed: 1, aim: 1 },
  { speed: 1, aim: 0.6 },
  { speed: 0.7, aim: 0.6 },
  { speed: 0.4, aim: 0.4 },
  { speed: 0.2, aim: 0.3 },
];

/**
 * The trajectory that tracks a piece of a route without touching anything: closer to the route, and slower, where the car
 * would cut it too short.
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
): Pick<Trajectory, "X" | "U"> {
  const enough = Math.min(0, margin); // the solver finds the rest
  const { nx } = robotSizes(problem.robot);
  let reference: Pick<Trajectory, "X" | "U"> | undefined;
  for (const care of CARE) {
    reference = trackPiece(problem, x, path, track, care);
    const stages = reference.X.length / nx;
    const points = new Float64Array(2 * stages);
    const headings = new Float64Array(stages);
    for (let k = 0; k < stages; k++) {
      points[2 * k] = reference.X[k * nx];
      points[2 * k + 1] = reference.X[k * nx + 1];
      headings[k] = reference.X[k * nx + 2];
    }
    if (roomAlong(problem.robot, points, headings, field, enough) >= enough) break;
  }
  return reference!;
}

/**
 * The least room that the discs have at the points of a path with headings.
 *
 * @param path (n, 2)
 * @param headings (n)
 * @param enough more is not told apart [m]
 */
export function roomAlong(
  robot: Robot,
  path: Vec,
  headings: Vec,
  field: DistanceField,
  enough: number,
): number {
  let room = enough;
  for (const { x, y, r } of footprintDiscs(robot)) {
    for (let i = 0; i < headings.length; i++) {
      const c = Math.cos(headings[i]);
      const s = Math.sin(headings[i]);
      const d = distanceAt(field, path[2 * i] + c * x - s * y, path[2 * i + 1] + s * x + c * y);
      room = Math.min(room, d - r);
    }
  }
  return room;
}
