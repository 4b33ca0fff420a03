import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { locateOnRoute, MAX_OFFSET, type RoutePoint, type Track, turnFirst } from "../route/index.ts";
import { type DistanceField, type Goal, poseOf, YAW_INDEX } from "../sim/index.ts";
import type { Belief } from "./belief.ts";
import { checkGoal, type GoalCheck, type GoalTolerance, isAtGoal } from "./goal-check.ts";
import { knownLength, knownReach } from "./known-way.ts";
import {
  hasPlacesLeft,
  type Left,
  type NavigatorParts,
  type NavigatorState,
  passPlaces,
  toleranceAt,
  updateProgress,
} from "./navigator-state.ts";
import { recoveryReach, updateRecovery } from "./recovery.ts";
import { rememberSeen, replanPath } from "./renew-path.ts";
import type { Phase, Scene, SensorSample } from "./scene.ts";
import { someoneInTheWay, updateYielding } from "./standing.ts";
import type { TickEnd } from "./tick-report.ts";

/** The robot stands, and why. */
export type WaitDecision = {
  readonly kind: "wait";
  readonly phase: Phase;
  readonly note?: string;
  readonly goalCheck?: GoalCheck;
};

/** The robot drives: what to plan from, and what the planner should first forget of its last plans. */
export type DriveDecision = {
  readonly kind: "drive";
  readonly phase: Phase;
  readonly scene: Scene;
  readonly note?: string;
  readonly forget: "nothing" | "guess" | "plans";
};

/** A robot that stands still for want of a path is stuck after this long. [s] */
const NO_PATH_PATIENCE = 10;

/** A robot within tolerance that comes no nearer to its goal for this long stops there. [s] */
const SETTLING = 1;

/** Why the robot should stand, whatever is around it; undefined where it has somewhere to go. */
export function reasonToWait(
  { robot, tolerance: usual }: Pick<NavigatorParts, "robot" | "tolerance">,
  state: NavigatorState,
  hasMap: boolean,
  x: Float64Array,
): WaitDecision | undefined {
  const { paused, goal, arrived } = state;
  if (paused) return { kind: "wait", phase: "paused" };
  if (goal === undefined) return { kind: "wait", phase: "idle", note: "no goal yet" };
  if (!hasMap) return { kind: "wait", phase: "idle", note: "no map yet" };
  if (hasPlacesLeft(state)) return undefined;
  const tolerance = toleranceAt(usual, goal);
  const goalCheck = checkGoal(robot, x, goal, tolerance);
  const stop =
    goalCheck === "arrived" ||
    (arrived === true && goalCheck === "inside") ||
    isAtGoal(robot, x, goal, tolerance);
  return stop ? { kind: "wait", phase: "arrived", goalCheck } : undefined;
}

/**
 * Decides what to do on the way to a goal: follow the route, planned again where it is left or missing, or get unstuck.
 *
 * @param field distances in the sample's grid
 */
export function decide(
  parts: NavigatorParts,
  belief: Belief,
  before: NavigatorState,
  sample: SensorSample,
  field: DistanceField,
): { readonly state: NavigatorState; readonly decision: WaitDecision | DriveDecision } {
  const { time, x } = sample;
  const looked = passPlaces(rememberSeen(belief, before, sample), x[0], x[1]);
  const { point, state: found } = findWay(parts, belief, looked, sample);
  const tolerance = toleranceAt(parts.tolerance, before.goal);
  const stuck = (state: NavigatorState, note: string | undefined) =>
    ({ state, decision: { kind: "wait", phase: "stuck", note } }) as const;
  if (point === undefined && found.search !== undefined)
    return {
      state: { ...found, seen: { sample, field } },
      decision: { kind: "wait", phase: "idle", note: "still looking for a way" },
    };
  if (point === undefined) return stuck(found, found.noPath);
  const left = leftToDo(point, x[YAW_INDEX], before.goal!, tolerance);
  const progress = updateProgress(found.progress, time, left, parts.progressStep);
  const inTheWay = someoneInTheWay(point.piece, sample.movers, parts.route.radius + parts.route.margin);
  const yielding = updateYielding(before.yielding, progress.since, time, inTheWay);
  const stalled = time - progress.since - yielding.waited;
  const settled = stalled > SETTLING && !hasPlacesLeft(found);
  if (settled && checkGoal(parts.robot, x, before.goal!, tolerance) === "inside")
    return {
      state: { ...found, progress, yielding, arrived: true },
      decision: { kind: "wait", phase: "arrived", goalCheck: "inside" },
    };
  if (found.noPath !== undefined && stalled > NO_PATH_PATIENCE)
    return stuck({ ...found, progress, yielding }, found.noPath);
  const { state: recovery, action } = updateRecovery(
    parts.robot,
    parts.recovery,
    found.recovery,
    sample,
    stalled,
  );
  let state: NavigatorState = { ...found, progress, yielding, recovery };
  if (action.kind === "giveUp") return stuck(state, action.note);
  if (action.kind === "replan") state = replanPath(parts, belief, state, sample);
  const note = state.noPath && `${state.noPath}; following the last path`;
  const reach = recoveryReach(parts.recovery, recovery, time);
  // For as long as the robot is to be careful, not once: the guess of every tick leads back into the dead end.
  const forget = action.kind === "replan" ? "plans" : reach < 1 ? "guess" : "nothing";
  const seen = { sample, field };
  if (action.kind === "escape") {
    const scene = sceneOf(sample, { goal: action.goal, final: true, piece: action.path });
    return {
      state: { ...state, seen },
      decision: { kind: "drive", phase: "recovering", scene, note, forget },
    };
  }
  const ahead = locateAhead(parts, belief, state, sample, reach, field);
  const { turn, horizon } = parts;
  const turned =
    turn && turnFirst(turn, ahead.point, poseOf(x), x[3], before.goal!.yaw, horizon, field, reach < 1);
  const scene = sceneOf(sample, turned ?? ahead.point);
  return {
    state: { ...state, route: ahead.route, seen },
    decision: { kind: "drive", phase: "driving", scene, note, forget },
  };
}

/**
 * The place on the route with the local goal ahead: one that the robot can stop before, or slows down to, where the way
 * leads to ground that nobody has seen.
 */
function locateAhead(
  { robot, route: options, planner }: NavigatorParts,
  belief: Belief,
  { route }: NavigatorState,
  { x, grid }: SensorSample,
  reach: number,
  field: DistanceField,
): NonNullable<ReturnType<typeof locateOnRoute>> {
  const locate = (share: number) => locateOnRoute(options, route, x[0], x[1], share, field, reach < 1)!;
  const ahead = locate(reach);
  const { point } = ahead;
  const known = knownLength(robot, [grid, belief.grid], point, planner.problem.options.margin);
  if (known === Number.POSITIVE_INFINITY) return ahead;
  if (point.track !== undefined) return { ...ahead, point: { ...point, track: { ...point.track, known } } };
  const share = knownReach(robot, known);
  return share < 1 ? locate(reach * share) : ahead;
}

/** What is left to do beside a point of the route: the turn is that to the goal's yaw where only that is left. */
function leftToDo(
  { remaining, yaw }: RoutePoint,
  heading: number,
  goal: Goal,
  tolerance: GoalTolerance,
): Left {
  const aim = remaining <= tolerance.position ? (goal.yaw ?? heading) : yaw;
  return { way: remaining, turn: Math.abs(wrapAngle(heading - aim)) };
}

/** Where the robot is on its route, planned again where that is left or missing; no point where there is none. */
export function findWay(
  parts: NavigatorParts,
  belief: Belief,
  state: NavigatorState,
  sample: SensorSample,
): { readonly state: NavigatorState; readonly point?: RoutePoint } {
  const [x, y] = sample.x;
  const here = locateOnRoute(parts.route, state.route, x, y);
  const located = { ...state, route: here?.route ?? state.route };
  if (here !== undefined && !hasLeft(here.point, sample.x[YAW_INDEX]))
    return { state: located, point: here.point };
  // A search under way goes on after the command: a tick begins one, and waits for none.
  if (located.search !== undefined) return { state: located, point: here?.point };
  const planned = replanPath(parts, belief, located, sample);
  const again = locateOnRoute(parts.route, planned.route, x, y);
  return { state: { ...planned, route: again?.route ?? planned.route }, point: again?.point };
}

/** Whether a robot is too far from its route to come back to it: beside it, or turned away from it. */
function hasLeft({ offset, yaw, track }: RoutePoint, heading: number): boolean {
  if (track === undefined) return offset > MAX_OFFSET;
  return !isNearWay(offset, heading - yaw);
}

function isNearWay(offset: number, turned: number): boolean {
  return offset <= TRACK_OFFSET && Math.abs(wrapAngle(turned)) <= TRACK_ANGLE;
}

/** Whether a car at x still follows a piece of its route: it is near a point of it, and turned as it is there. */
export function isNearTrack(path: Vec, { headings }: Track, x: Vec): boolean {
  let nearest = 0;
  const away = (i: number): number => Math.hypot(path[2 * i] - x[0], path[2 * i + 1] - x[1]);
  for (let i = 1; i < headings.length; i++) if (away(i) < away(nearest)) nearest = i;
  return isNearWay(away(nearest), x[YAW_INDEX] - headings[nearest]);
}

/** A car that is further beside its route, or turned further away from it, cannot steer back in time. [m, rad] */
const TRACK_OFFSET = 0.4;
const TRACK_ANGLE = 0.8;

/** The scene of a sample on its way to a local goal. */
export function sceneOf(
  { time, x, grid, movers }: SensorSample,
  { goal, final, piece, track }: Pick<RoutePoint, "goal" | "final" | "piece" | "track">,
): Scene {
  return { time, x, goal, final, grid, path: piece, ...(track && { track }), ...(movers && { movers }) };
}

/** What becomes of a sample whose plan did not come in time: the planner's fallback, where there is somewhere to go. */
export function lateTick(
  { route, planner }: Pick<NavigatorParts, "route" | "planner">,
  state: NavigatorState,
  hasMap: boolean,
  sample: SensorSample,
  note: string,
): { readonly state: NavigatorState; readonly end: TickEnd } {
  const { paused, goal, seen } = state;
  if (paused) return { state, end: { phase: "paused", note } };
  if (goal === undefined || !hasMap) return { state, end: { phase: "idle", note } };
  const [x, y] = sample.x;
  const here = locateOnRoute(route, state.route, x, y);
  const scene = sceneOf(sample, here?.point ?? { goal, final: true, piece: Float64Array.of(x, y) });
  const outcome = planner.fallback(scene, note, seen?.sample === sample ? seen.field : undefined);
  return {
    state: { ...state, route: here?.route ?? state.route },
    end: { phase: "driving", scene, outcome, missedDeadline: true },
  };
}
