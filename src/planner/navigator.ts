import { messageOf } from "../base/index.ts";
import { isFiniteVec } from "../ocp/index.ts";
import { createRoute, MAX_OFFSET, NO_PATH, type RoutePoint } from "../route/index.ts";
import {
  type Command,
  footprintDiscs,
  type Goal,
  type OccupancyGrid,
  poseOf,
  type Robot,
  robotSizes,
  topSpeed,
} from "../sim/index.ts";
import { type Belief, createBelief } from "./belief.ts";
import { checkGoal, DEFAULT_GOAL_TOLERANCE, type GoalTolerance } from "./goal-check.ts";
import { createProgressMonitor } from "./progress-monitor.ts";
import { createRecovery, type RecoveryOptions } from "./recovery.ts";
import { NO_TIMES, type Phase, type Scene, type TickReport } from "./scene.ts";
import type { PlanOutcome, TrajectoryPlanner } from "./trajectory-planner.ts";

/** What the sensors say at one moment. */
export type SensorSample = {
  /** [s] */ readonly time: number;
  /** (nx) measured state, pose first, map frame. */
  readonly x: Float64Array;
  /** Occupancy around the robot, axes parallel to the map frame's. */
  readonly grid: OccupancyGrid;
  /** Milliseconds it took to make the grid, for the log. */
  readonly senseMs?: number;
};

export type NavigatorOptions = {
  readonly robot: Robot;
  readonly planner: TrajectoryPlanner;
  readonly tolerance?: Partial<GoalTolerance>;
  readonly recovery?: Partial<RecoveryOptions>;
  /** Clearance beyond its discs that the global path prefers. [m] */
  readonly pathMargin?: number;
  readonly clock?: () => number;
};

/** The decisions of a control tick, without streams: where to go, what to plan, what to command. */
export type Navigator = {
  setGoal(goal: Goal | undefined): void;
  /** A new map; what was seen before is forgotten. */
  setMap(map: OccupancyGrid): void;
  setPaused(paused: boolean): void;
  /** A promise only where the planner's warm start returns one. Never throws for what the sample holds. */
  tick(sample: SensorSample): TickReport | Promise<TickReport>;
  /** The report of a tick whose plan did not come in time. */
  late(sample: SensorSample, note: string): TickReport;
};

/** Where there is no path, one is looked for again after this long. [s] */
const RETRY_AFTER = 1;
/** A robot that stands still for want of a path is stuck after this long. [s] */
const NO_PATH_PATIENCE = 10;

/** Creates the navigator of one robot. */
export function createNavigator(options: NavigatorOptions): Navigator {
  const { robot, planner } = options;
  const { nx } = robotSizes(robot);
  const clock = options.clock ?? (() => 0);
  const tolerance = { ...DEFAULT_GOAL_TOLERANCE, ...options.tolerance };
  const navigation = planner.problem.options;
  const route = createRoute({
    lookahead: navigation.lookahead,
    radius: Math.max(...footprintDiscs(robot).map((d) => d.r)),
    margin: options.pathMargin ?? navigation.margin,
    goalReach: 0.9 * tolerance.position,
  });
  const monitor = createProgressMonitor(Math.min(0.1, 0.25 * topSpeed(robot)));
  const recovery = createRecovery(robot, options.recovery);
  let belief: Belief | undefined;
  let goal: Goal | undefined;
  let paused = false;
  let tick = -1;
  let noPath: string | undefined;
  let retryAt = Number.NEGATIVE_INFINITY;
  let overlaidAt: readonly [number, number] = [Number.NaN, Number.NaN];

  const report = (
    sample: SensorSample,
    t0: number,
    phase: Phase,
    outcome?: PlanOutcome,
    scene?: Scene,
    note?: string,
  ): TickReport => ({
    tick,
    time: sample.time,
    phase,
    command: commandOf(outcome),
    source: outcome?.source ?? "stop",
    pose: poseOf(sample.x),
    goal,
    globalPath: route.path?.points,
    scene,
    plan: outcome?.plan,
    solve: outcome?.solve,
    note: note ?? outcome?.note,
    partsMs: { ...(outcome?.partsMs ?? NO_TIMES), sense: sample.senseMs ?? 0 },
    totalMs: clock() - t0 + (sample.senseMs ?? 0),
    missedDeadline: false,
  });

  const replan = (sample: SensorSample): boolean => {
    belief!.overlay(sample.grid);
    const [x, y] = sample.x;
    let status = route.plan(belief!.distances("occupied"), x, y, goal!);
    if (status !== "found") status = route.plan(belief!.distances("free"), x, y, goal!);
    if (status === "found") {
      monitor.reset();
      noPath = undefined;
      return true;
    }
    noPath = NO_PATH[status];
    retryAt = sample.time + RETRY_AFTER;
    return false;
  };

  /** Remembers what the sensor saw before it scrolls out of the local grid. */
  const remember = (sample: SensorSample): void => {
    const [x, y] = sample.x;
    if (Math.hypot(x - overlaidAt[0], y - overlaidAt[1]) < 1) return;
    belief!.overlay(sample.grid);
    overlaidAt = [x, y];
  };

  /** Where to go now: along the route, planned again where it is blocked, left or missing. */
  const nextPoint = (sample: SensorSample): RoutePoint | undefined => {
    const [x, y] = sample.x;
    let point = route.locate(x, y);
    if (point === undefined || point.offset > MAX_OFFSET) {
      replan(sample);
      point = route.locate(x, y);
    }
    return point;
  };

  const decide = (sample: SensorSample, t0: number): TickReport | Promise<TickReport> => {
    if (paused) return report(sample, t0, "paused");
    if (goal === undefined || belief === undefined) {
      return report(
        sample,
        t0,
        "idle",
        undefined,
        undefined,
        goal === undefined ? "no goal yet" : "no map yet",
      );
    }
    const where = checkGoal(robot, sample.x, goal, tolerance);
    if (where !== "away") return report(sample, t0, "arrived");
    remember(sample);
    const point = nextPoint(sample);
    if (point === undefined) return report(sample, t0, "stuck", undefined, undefined, noPath);
    const stalled = monitor.update(sample.time, point.remaining);
    if (noPath !== undefined && stalled > NO_PATH_PATIENCE)
      return report(sample, t0, "stuck", undefined, undefined, noPath);
    const action = recovery.update(sample, stalled);
    if (action.kind === "giveUp") return report(sample, t0, "stuck", undefined, undefined, action.note);
    if (action.kind === "replan") {
      planner.reset();
      replan(sample);
    }
    const reach = recovery.reach(sample.time);
    if (reach < 1) planner.forgetGuess();
    const aim =
      action.kind === "escape"
        ? { goal: action.goal, final: true, piece: action.path }
        : (route.locate(sample.x[0], sample.x[1], reach, planner.field()) ?? point);
    const scene: Scene = {
      time: sample.time,
      x: sample.x,
      goal: aim.goal,
      final: aim.final,
      grid: sample.grid,
      path: aim.piece,
    };
    const phase: Phase = action.kind === "escape" ? "recovering" : "driving";
    const done = (outcome: PlanOutcome): TickReport =>
      report(
        sample,
        t0,
        phase,
        outcome,
        scene,
        noPath === undefined ? undefined : `${noPath}; following the last path`,
      );
    const outcome = planner.plan(scene);
    const checked = (o: PlanOutcome): TickReport => {
      if (o.solve !== undefined) replanIfBlocked(sample);
      return done(o);
    };
    return outcome instanceof Promise ? outcome.then(checked) : checked(outcome);
  };

  /** A path through an obstacle that has come into view is planned anew for the next tick. */
  const replanIfBlocked = (sample: SensorSample): void => {
    const field = planner.field();
    if (field === undefined) return;
    if (noPath === undefined ? route.blocked(field) : sample.time >= retryAt) replan(sample);
  };

  const fault = (sample: SensorSample, t0: number, note: string): TickReport => ({
    ...report({ ...sample, x: new Float64Array(nx) }, t0, "fault", undefined, undefined, note),
    pose: poseOf(sample.x),
  });

  return {
    setGoal(next) {
      goal = next;
      noPath = undefined;
      route.clear();
      monitor.reset();
      recovery.reset();
    },
    setMap(map) {
      belief = createBelief(map);
      route.clear();
      monitor.reset();
      recovery.reset();
    },
    setPaused(next) {
      paused = next;
      monitor.reset();
    },
    tick(sample) {
      const t0 = clock();
      tick++;
      if (sample.x.length !== nx)
        return fault(sample, t0, `the sensor's state has ${sample.x.length} numbers, expected ${nx}`);
      if (!isFiniteVec(sample.x)) return fault(sample, t0, "the sensor's state holds NaN or infinity");
      try {
        const result = decide(sample, t0);
        if (!(result instanceof Promise)) return result;
        return result.catch((error: unknown) => fault(sample, t0, `the planner failed: ${messageOf(error)}`));
      } catch (error) {
        return fault(sample, t0, `the planner failed: ${messageOf(error)}`);
      }
    },
    late(sample, note) {
      const t0 = clock();
      if (paused) return report(sample, t0, "paused", undefined, undefined, note);
      if (goal === undefined || belief === undefined)
        return report(sample, t0, "idle", undefined, undefined, note);
      if (sample.x.length !== nx || !isFiniteVec(sample.x)) return fault(sample, t0, note);
      try {
        const [x, y] = sample.x;
        const point = route.locate(x, y) ?? { goal, final: true, piece: Float64Array.of(x, y) };
        const scene: Scene = {
          time: sample.time,
          x: sample.x,
          goal: point.goal,
          final: point.final,
          grid: sample.grid,
          path: point.piece,
        };
        return {
          ...report(sample, t0, "driving", planner.fallback(scene, note), scene),
          missedDeadline: true,
        };
      } catch (error) {
        return fault(sample, t0, `the fallback failed: ${messageOf(error)}`);
      }
    },
  };

  function commandOf(outcome: PlanOutcome | undefined): Command {
    const plan = outcome?.plan;
    if (plan === undefined) return { kind: "stop" };
    const u = plan.U.slice(0, robotSizes(robot).nu);
    return isFiniteVec(u) ? { kind: "drive", u } : { kind: "stop" };
  }
}
