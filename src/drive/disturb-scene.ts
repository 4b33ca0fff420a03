import { type Rng, wrapAngle } from "../base/index.ts";
import { brakeAlong, type NavigationProblem, type Plan, type Scene } from "../planner/index.ts";
import { planRoutePoint, type RoutePoint } from "../route/index.ts";
import {
  cellCenter,
  computeDistanceField,
  type DistanceField,
  discRadius,
  distanceAt,
  footprintDiscs,
  footprintReach,
  type Goal,
  type OccupancyGrid,
  occupyDisc,
  robotBounds,
  robotSizes,
} from "../sim/index.ts";

/** A tick of a drive: what was planned from, with the last plan, and where the drive was to end. */
export type DriveMoment = { readonly scene: Scene; readonly lastPlan: Plan; readonly goal: Goal };

/** The surroundings of a moment. */
export type DriveSurroundings = {
  readonly problem: NavigationProblem;
  /** The true map and its distance field. */
  readonly grid: OccupancyGrid;
  readonly field: DistanceField;
  readonly rng: Rng;
  /** Size of the disturbances as a share of the usual; default 1. */
  readonly strength?: number;
  /** How far off a new goal may be, as a multiple of the lookahead; default 10. A nearer one is found sooner. */
  readonly farthest?: number;
};

/** Draws before a disturbance is given up. */
const MAX_DRAWS = 20;

/** A scene made of another. */
export type DisturbedScene = {
  readonly scene: Scene;
  /** (n, 2) a way to the local goal that no warm start is told. */
  readonly detour?: Float64Array;
  /** Where the drive is to end now, where that has changed. */
  readonly goal?: Goal;
};

/** A sudden change of a moment, as the tick sees it that sees it first; undefined where none was found. */
export type SceneDisturbance = (moment: DriveMoment, ground: DriveSurroundings) => DisturbedScene | undefined;

/** The goal is switched: to a random reachable place whose local goal lies elsewhere. */
export const switchGoal: SceneDisturbance = ({ scene }, ground) => {
  const { grid, field, rng, farthest = 10 } = ground;
  const { lookahead } = ground.problem.options;
  const reach = footprintReach(ground.problem.robot);
  const place = new Float64Array(2);
  for (let draw = 0; draw < 5 * MAX_DRAWS; draw++) {
    cellCenter(grid, rng.int(grid.width), rng.int(grid.height), place);
    const away = Math.hypot(place[0] - scene.x[0], place[1] - scene.x[1]);
    if (away < lookahead || away > farthest * lookahead) continue;
    if (distanceAt(field, place[0], place[1]) < reach) continue;
    const elsewhere = { x: place[0], y: place[1] };
    const point = route(ground, field, scene.x, elsewhere);
    if (point === undefined) continue;
    if (Math.hypot(point.goal.x - scene.goal.x, point.goal.y - scene.goal.y) < 0.3 * lookahead) continue;
    return { ...along(scene, point), goal: elsewhere };
  }
  return undefined;
};

/** The robot is moved: about a tenth of the lookahead (0.3 m for 3 m) and 0.6 rad, to where it has room to stop. */
export const displace: SceneDisturbance = ({ scene, goal }, ground) => {
  const { field, rng, strength = 1 } = ground;
  const sigma = 0.1 * strength * ground.problem.options.lookahead;
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const x = scene.x.slice();
    x[0] += sigma * rng.gauss();
    x[1] += sigma * rng.gauss();
    x[2] = wrapAngle(x[2] + 0.6 * strength * rng.gauss());
    if (!canStop(ground, field, { ...scene, x })) continue;
    const point = route(ground, field, x, goal);
    if (point !== undefined) return along({ ...scene, x }, point);
  }
  return undefined;
};

/**
 * An obstacle appears on the last plan's track, between the robot and the local goal, with room to stop and a
 * way around it. The path still leads through it: the loop plans it anew only after this tick.
 */
export const block: SceneDisturbance = ({ scene, lastPlan }, ground) => {
  const { rng, strength = 1 } = ground;
  const { robot } = ground.problem;
  const { nx } = robotSizes(robot);
  const reach = footprintReach(robot);
  const stages = lastPlan.X.length / nx;
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const at = rng.int(stages) * nx;
    const radius = strength * reach * (0.4 + 0.4 * rng.uniform());
    const px = lastPlan.X[at] + 0.3 * strength * reach * rng.gauss();
    const py = lastPlan.X[at + 1] + 0.3 * strength * reach * rng.gauss();
    const keep = reach + radius + 0.3 * reach;
    if (Math.hypot(px - scene.x[0], py - scene.x[1]) < keep) continue;
    if (Math.hypot(px - scene.goal.x, py - scene.goal.y) < keep) continue;
    const grid = occupyDisc(scene.grid, px, py, radius);
    const field = computeDistanceField(grid, { unknown: "free" });
    if (!canStop(ground, field, scene, lastPlan)) continue;
    const around = route(ground, field, scene.x, scene.goal);
    if (around !== undefined) return { scene: { ...scene, grid }, detour: around.piece };
  }
  return undefined;
};

/** Share of restarts at rest, and of those that stay where they are. */
const AT_REST = 0.5;
const IN_PLACE = 0.25;

/** The robot is switched on: at rest or at any speed, where it is or some way off and turned. */
export const restart: SceneDisturbance = ({ scene, goal }, ground) => {
  const { field, rng, strength = 1 } = ground;
  const { boxIndex, xLower, xUpper } = robotBounds(ground.problem.robot);
  const sigma = 0.1 * strength * ground.problem.options.lookahead;
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const x = scene.x.slice();
    const stays = rng.uniform() < IN_PLACE;
    const rests = rng.uniform() < AT_REST;
    for (let i = 0; i < boxIndex.length; i++) {
      const [low, high] = [xLower[i], xUpper[i]];
      const slow = Math.min(1, 0.5 * Math.abs(rng.gauss()));
      x[boxIndex[i]] = rests ? 0 : slow * (low + (high - low) * rng.uniform());
    }
    if (!stays) {
      x[0] += sigma * rng.gauss();
      x[1] += sigma * rng.gauss();
      x[2] = wrapAngle(x[2] + 0.8 * strength * rng.gauss());
    }
    if (!canStop(ground, field, { ...scene, x })) continue;
    if (stays) return { scene: { ...scene, x } };
    const point = route(ground, field, x, goal);
    if (point !== undefined) return along({ ...scene, x }, point);
  }
  return undefined;
};

/** Where a fresh route from x leads first. */
export function route(
  { problem }: DriveSurroundings,
  field: DistanceField,
  x: Float64Array,
  goal: Goal,
): RoutePoint | undefined {
  const { lookahead, margin } = problem.options;
  const radius = discRadius(problem.robot);
  return planRoutePoint({ lookahead, margin, radius }, field, { x: x[0], y: x[1] }, goal).point;
}

/** Whether the robot can brake, along the last plan if there is one, without coming nearer than the margin. */
function canStop(
  { problem }: DriveSurroundings,
  field: DistanceField,
  { x, time }: Scene,
  lastPlan?: Plan,
): boolean {
  const { robot, options } = problem;
  const { nx } = robotSizes(robot);
  const { X } = brakeAlong(problem, lastPlan, x, time);
  const discs = footprintDiscs(robot);
  for (let at = 0; at < X.length; at += nx) {
    const c = Math.cos(X[at + 2]);
    const s = Math.sin(X[at + 2]);
    for (const disc of discs) {
      const px = X[at] + c * disc.x - s * disc.y;
      const py = X[at + 1] + s * disc.x + c * disc.y;
      if (distanceAt(field, px, py) < disc.r + options.margin) return false;
    }
  }
  return true;
}

function along(scene: Scene, { goal, final, piece }: RoutePoint): DisturbedScene {
  return { scene: { ...scene, goal, final, path: piece } };
}
