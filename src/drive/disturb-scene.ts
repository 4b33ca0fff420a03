import { type Rng, wrapAngle } from "../base/index.ts";
import { brakeAlong, isNearTrack, type NavigationProblem, type Plan, type Scene } from "../planner/index.ts";
import {
  beginRoute,
  continueRoute,
  createFieldTiles,
  driveModel,
  type FieldTiles,
  locateOnRoute,
  planRoutePoint,
  type RouteOptions,
  type RoutePoint,
  routeFarEnough,
} from "../route/index.ts";
import {
  cellCenter,
  computeDistanceField,
  type DistanceField,
  discRadius,
  distanceAt,
  footprintContact,
  footprintDiscs,
  footprintReach,
  type Goal,
  type OccupancyGrid,
  occupyDisc,
  poseOf,
  type Robot,
  robotBounds,
  robotKinematics,
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
  /** Is told why a draw was refused. */
  readonly refused?: (why: RefusedDraw) => void;
};

/** Why a draw of a disturbance was refused. */
export type RefusedDraw =
  | "no place with room"
  | "no way"
  | "hardly another goal"
  | "no room to stop"
  | "no room for an obstacle"
  | "not on the plan's track"
  | "no way around";

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
  const { grid, field, rng, farthest = 10, refused } = ground;
  const { lookahead } = ground.problem.options;
  const reach = footprintReach(ground.problem.robot);
  const place = new Float64Array(2);
  for (let draw = 0; draw < 5 * MAX_DRAWS; draw++) {
    cellCenter(grid, rng.int(grid.width), rng.int(grid.height), place);
    const away = Math.hypot(place[0] - scene.x[0], place[1] - scene.x[1]);
    if (away < lookahead || away > farthest * lookahead) continue;
    if (distanceAt(field, place[0], place[1]) < reach) {
      refused?.("no place with room");
      continue;
    }
    const elsewhere = { x: place[0], y: place[1] };
    const point = loopRoute(ground, scene.x, elsewhere);
    if (point === undefined) refused?.("no way");
    else if (Math.hypot(point.goal.x - scene.goal.x, point.goal.y - scene.goal.y) < 0.3 * lookahead)
      refused?.("hardly another goal");
    else return { ...along(scene, point), goal: elsewhere };
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
    const moved = canStop(ground, field, { ...scene, x })
      ? (movedScene(ground, scene, x, goal) ?? "no way")
      : "no room to stop";
    if (typeof moved !== "string") return moved;
    ground.refused?.(moved);
  }
  return undefined;
};

/**
 * An obstacle appears on the last plan's track, between the robot and the local goal, with room to stop and a
 * way around it. The path still leads through it: the loop plans it anew only after this tick. A robot that is
 * longer than its plans, where nothing has room between, finds a smaller one that its body would run into.
 */
export const block: SceneDisturbance = (moment, ground) => {
  const stop = stoppingDiscs(ground.problem, moment.scene, moment.lastPlan);
  for (const draw of [drawBetween, drawOnPath]) {
    for (let n = 0; n < MAX_DRAWS; n++) {
      const disc = draw(moment, ground);
      const made =
        disc === undefined ? "no room for an obstacle" : blockedBy(disc, moment, ground, draw, stop);
      if (typeof made !== "string") return made;
      ground.refused?.(made);
    }
  }
  return undefined;
};

/** The scene with an obstacle, or why there can be none. */
function blockedBy(
  { x, y, radius }: DrawnObstacle,
  { scene, lastPlan }: DriveMoment,
  ground: DriveSurroundings,
  draw: typeof drawBetween,
  stop: readonly KeptDisc[],
): DisturbedScene | RefusedDraw {
  if (stop.some((kept) => certainlyMeets(kept, { x, y, radius }, scene.grid.resolution)))
    return "no room to stop";
  const grid = occupyDisc(scene.grid, x, y, radius);
  if (draw === drawOnPath && !runsInto(ground.problem.robot, lastPlan, grid))
    return "not on the plan's track";
  const field = computeDistanceField(grid, { unknown: "free" });
  if (!staysClear(stop, field)) return "no room to stop";
  const around = route(ground, field, scene.x, scene.goal);
  return around === undefined ? "no way around" : { scene: { ...scene, grid }, detour: around.piece };
}

/** Whether the body touches something on its plan. */
function runsInto(robot: Robot, { X }: Plan, grid: OccupancyGrid): boolean {
  const { nx } = robotSizes(robot);
  for (let at = 0; at < X.length; at += nx)
    if (footprintContact(robot, poseOf(X.subarray(at, at + nx)), grid)) return true;
  return false;
}

type DrawnObstacle = { readonly x: number; readonly y: number; readonly radius: number };

/** One beside which the robot can turn, here and at the goal. */
function drawBetween(
  { scene, lastPlan }: DriveMoment,
  { problem: { robot }, rng, strength = 1 }: DriveSurroundings,
): DrawnObstacle | undefined {
  const { nx } = robotSizes(robot);
  const reach = footprintReach(robot);
  const at = rng.int(lastPlan.X.length / nx) * nx;
  const radius = strength * reach * (0.4 + 0.4 * rng.uniform());
  const x = lastPlan.X[at] + 0.3 * strength * reach * rng.gauss();
  const y = lastPlan.X[at + 1] + 0.3 * strength * reach * rng.gauss();
  const keep = reach + radius + 0.3 * reach;
  if (Math.hypot(x - scene.x[0], y - scene.x[1]) < keep) return undefined;
  if (Math.hypot(x - scene.goal.x, y - scene.goal.y) < keep) return undefined;
  return { x, y, radius };
}

/** An obstacle on the path is no wider than this share of the lookahead, or it is all that a slow robot sees. */
const WIDEST = 0.3;

/** One on the path, also beyond the local goal; the goal itself stays free. */
function drawOnPath(
  { scene: { path, goal } }: DriveMoment,
  { problem, rng, strength = 1 }: DriveSurroundings,
): DrawnObstacle | undefined {
  const { robot, options } = problem;
  const size = strength * Math.min(footprintReach(robot), WIDEST * options.lookahead);
  const at = 2 * rng.int(path.length / 2);
  const radius = size * (0.2 + 0.6 * rng.uniform());
  const x = path[at] + 0.5 * size * rng.gauss();
  const y = path[at + 1] + 0.5 * size * rng.gauss();
  const keep = discRadius(robot) + radius + options.margin;
  return Math.hypot(x - goal.x, y - goal.y) < keep ? undefined : { x, y, radius };
}

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
    const moved = canStop(ground, field, { ...scene, x })
      ? stays
        ? { scene: { ...scene, x } }
        : (movedScene(ground, scene, x, goal) ?? "no way")
      : "no room to stop";
    if (typeof moved !== "string") return moved;
    ground.refused?.(moved);
  }
  return undefined;
};

/** The scene from another state: a car that is still near its route keeps it, as its loop does. */
function movedScene(
  ground: DriveSurroundings,
  scene: Scene,
  x: Float64Array,
  goal: Goal,
): DisturbedScene | undefined {
  if (scene.track !== undefined && isNearTrack(scene.path, scene.track, x)) return { scene: { ...scene, x } };
  const point = loopRoute(ground, x, goal);
  return point && along({ ...scene, x }, point);
}

/** Slices of a car's search for a way after which a disturbance is given up: one that is found is found sooner. */
const SEARCH = 4;
/** What a car's ways are searched for with, by its problem; of the last map, once for all disturbances there. */
const CAR_GROUNDS = new WeakMap<
  NavigationProblem,
  { readonly options: RouteOptions; readonly tiles: FieldTiles }
>();

/** Where a fresh route on the true map leads first, as the robot's loop plans it: that of a car has headings. */
function loopRoute(ground: DriveSurroundings, x: Float64Array, goal: Goal): RoutePoint | undefined {
  const { grid, field, problem } = ground;
  const point = route(ground, field, x, goal);
  if (point === undefined || robotKinematics(problem.robot).turnsOnSpot) return point;
  const { options, tiles } = carGround(problem, grid);
  const found = continueRoute(beginRoute(options, tiles, poseOf(x), goal), SEARCH);
  return found?.route && locateOnRoute(options, found.route, x[0], x[1], 1, field)?.point;
}

function carGround(problem: NavigationProblem, grid: OccupancyGrid) {
  const known = CAR_GROUNDS.get(problem);
  if (known?.tiles.grid === grid) return known;
  const { robot } = problem;
  const { lookahead, margin } = problem.options;
  const options = { lookahead, margin, radius: discRadius(robot), drive: driveModel(robot, margin) };
  const made = { options, tiles: createFieldTiles(grid, "free", routeFarEnough(options)) };
  CAR_GROUNDS.set(problem, made);
  return made;
}

/** Where a fresh route of a disc from x leads first. */
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

/** A disc of the body at some stage of a drive; `r` has the margin in it. Map frame. [m] */
type KeptDisc = { readonly x: number; readonly y: number; readonly r: number };

/** Where the discs of the body are while the robot brakes, along the last plan if there is one. */
function stoppingDiscs(problem: NavigationProblem, { x, time }: Scene, lastPlan?: Plan): KeptDisc[] {
  const { robot, options } = problem;
  const { nx } = robotSizes(robot);
  const { X } = brakeAlong(problem, lastPlan, x, time);
  const discs = footprintDiscs(robot);
  const kept: KeptDisc[] = [];
  for (let at = 0; at < X.length; at += nx) {
    const c = Math.cos(X[at + 2]);
    const s = Math.sin(X[at + 2]);
    for (const disc of discs) {
      const [px, py] = [X[at] + c * disc.x - s * disc.y, X[at + 1] + s * disc.x + c * disc.y];
      kept.push({ x: px, y: py, r: disc.r + options.margin });
    }
  }
  return kept;
}

function staysClear(discs: readonly KeptDisc[], field: DistanceField): boolean {
  return discs.every(({ x, y, r }) => distanceAt(field, x, y) >= r);
}

/**
 * Whether an obstacle that is drawn into a grid is nearer than a disc allows, told without its distance field: some cell that
 * it occupies has its centre within 0.75 of a cell of any point of its edge, and the field's zero is half a cell before that.
 */
function certainlyMeets(disc: KeptDisc, { x, y, radius }: DrawnObstacle, cell: number): boolean {
  return Math.hypot(disc.x - x, disc.y - y) - radius + 0.25 * cell < disc.r;
}

/** Whether the robot can brake without coming nearer than the margin. */
function canStop({ problem }: DriveSurroundings, field: DistanceField, scene: Scene): boolean {
  return staysClear(stoppingDiscs(problem, scene), field);
}

function along({ track: _, ...scene }: Scene, { goal, final, piece, track }: RoutePoint): DisturbedScene {
  return { scene: { ...scene, goal, final, path: piece, ...(track && { track }) } };
}
