import type { Trajectory, Vec } from "../ocp/index.ts";
import { type DistanceField, distanceAt } from "../sim/index.ts";
import { bodyCapsule, bodyGap } from "../track/index.ts";
import type { PredictedMovers } from "./mover-rows.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { pursuit } from "./path-start.ts";
import { brakeAlong } from "./safety.ts";
import type { Plan, Scene } from "./scene.ts";

/** Ways to meet a mover: let him go first, pass on his left, pass on his right. */
export const MOVER_STARTS = ["wait", "left", "right"] as const;
export type MoverStart = (typeof MOVER_STARTS)[number];

/** Whether a start of this name is one of them. */
export const isMoverStart = (name: string): name is MoverStart =>
  (MOVER_STARTS as readonly string[]).includes(name);

/** A start of its own for each side of a mover, or of time. */
export type NamedStart = Pick<Trajectory, "X" | "U"> & { readonly name: MoverStart };

/** Where a trajectory comes nearest to movers, of those places where it comes too near. */
type Conflict = { readonly track: Vec; readonly stage: number };

/**
 * Starts on each side of the mover that the trajectories at hand run into first; none where one of them meets nobody. The
 * optimizer stays on the side that it begins on.
 *
 * @param known (N + 1, nx) trajectories, at least one
 */
export function moverStarts(
  problem: NavigationProblem,
  scene: Scene,
  field: DistanceField,
  known: readonly Vec[],
  lastPlan: Plan | undefined,
): NamedStart[] {
  const { tracks } = problem.movers;
  if (tracks.length === 0) return [];
  let conflict: Conflict | undefined;
  for (const X of known) {
    const met = firstConflict(problem, problem.movers, X);
    if (met === undefined) return [];
    if (conflict === undefined || met.stage < conflict.stage) conflict = met;
  }
  if (conflict === undefined) return [];
  const { X, U } = brakeAlong(problem, lastPlan, scene.x, scene.time);
  const starts: NamedStart[] = [{ name: "wait", X, U }];
  for (const [name, side] of [
    ["left", 1],
    ["right", -1],
  ] as const) {
    const way = wayBeside(problem, scene, field, conflict, side);
    if (way !== undefined) starts.push({ name, ...pursuit(problem, scene.x, way) });
  }
  return starts;
}

/** Where a trajectory first comes nearer to a mover than it should, and whom. */
export function firstConflict(
  { robot, ocp }: Pick<NavigationProblem, "robot" | "ocp">,
  { tracks }: PredictedMovers,
  X: Vec,
): Conflict | undefined {
  const body = bodyCapsule(robot);
  const { nx } = ocp.dynamics;
  for (let k = 1; k <= ocp.N; k++) {
    const x = X.subarray(k * nx, (k + 1) * nx);
    for (const track of tracks) {
      if (bodyGap(body, x, track[3 * k], track[3 * k + 1]) < track[3 * k + 2]) return { track, stage: k };
    }
  }
  return undefined;
}

/** A way beside a mover leaves so much more than it must, as a share of that. */
const ROOM = 1.15;
/** It leaves the path, and comes back to it, over so many times the distance that it keeps. */
const EASE = 2;

/**
 * The path, bent so that it passes a mover where it meets him on his left (1) or right (-1), as seen along the path.
 *
 * @returns (n, 2), or undefined where there is no room
 */
function wayBeside(
  { robot }: NavigationProblem,
  { path, x }: Scene,
  field: DistanceField,
  { track, stage }: Conflict,
  side: 1 | -1,
): Vec | undefined {
  const n = path.length / 2;
  if (n < 2) return undefined;
  const { r } = bodyCapsule(robot);
  const [mx, my] = [track[3 * stage], track[3 * stage + 1]];
  const keep = ROOM * (track[3 * stage + 2] + r);
  let at = 0;
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const d = Math.hypot(path[2 * i] - mx, path[2 * i + 1] - my);
    if (d < nearest) [at, nearest] = [i, d];
  }
  const [from, to] = [Math.max(0, at - 1), Math.min(n - 1, at + 1)];
  const yaw = Math.atan2(path[2 * to + 1] - path[2 * from + 1], path[2 * to] - path[2 * from]);
  const [ux, uy] = [-Math.sin(yaw) * side, Math.cos(yaw) * side];
  const beside = (mx - path[2 * at]) * ux + (my - path[2 * at + 1]) * uy;
  const shift = Math.max(0, beside + keep);
  const peak = [path[2 * at] + shift * ux, path[2 * at + 1] + shift * uy];
  if (distanceAt(field, peak[0], peak[1]) < r) return undefined;
  const way = path.slice();
  for (let i = 0; i < n; i++) {
    const along =
      (path[2 * i] - path[2 * at]) * Math.cos(yaw) + (path[2 * i + 1] - path[2 * at + 1]) * Math.sin(yaw);
    // Between the robot and the mover there may be less way than it takes.
    const ease =
      along < 0 ? Math.min(EASE * keep, Math.max(0.5 * keep, nearestAhead(path, at, x))) : EASE * keep;
    const share = Math.max(0, 1 - Math.abs(along) / ease);
    const weight = share * share * (3 - 2 * share);
    way[2 * i] += weight * shift * ux;
    way[2 * i + 1] += weight * shift * uy;
  }
  return way;
}

const nearestAhead = (path: Vec, at: number, x: Vec): number =>
  Math.hypot(path[2 * at] - x[0], path[2 * at + 1] - x[1]);
