import type { TickReport } from "../planner/index.ts";
import {
  keepoutGrid,
  type OccupancyGrid,
  type Robot,
  robotSizes,
  slowedGrid,
  type ZoneMasks,
} from "../sim/index.ts";
import {
  gridMessage,
  type LogLevelName,
  logMessage,
  nanosOf,
  pathPoses,
  poseMessage,
  posesMessage,
  short,
  stampOf,
  statePoses,
  transformMessage,
} from "./foxglove-messages.ts";
import type { MessageQueue } from "./message-queue.ts";
import { sceneUpdate } from "./scene-update.ts";
import { COMMAND, TICK } from "./tick-fields.ts";
import type { Hypothesis, TickRecord, Truth } from "./tick-record.ts";
import type { Topic } from "./topics.ts";

/** How often what is large is written. */
export type TickWriterOptions = {
  /** The local grid is written every so many ticks; 0: never. An integer >= 0. */
  readonly localGridEvery: number;
  /** The trail is written every so many ticks; 0: never. An integer >= 0. */
  readonly trailEvery: number;
};

/** Height of the map, below all else, so that flat things do not flicker through each other. [m] */
export const MAP_Z = -0.02;
/** Height of zones, between the map and the local grid. [m] */
export const ZONES_Z = -0.015;
/** Height of the local grid, above the map. [m] */
export const LOCAL_GRID_Z = -0.01;
const TRAIL_SPACING = 0.05;
const NOTHING = new Float64Array(0);

/** Writes what a tick tells into a queue, topic by topic, at a time that never runs backwards. */
export function createTickWriter(queue: MessageQueue, robot: Robot, o: TickWriterOptions) {
  const { nx } = robotSizes(robot);
  const trail = createPoseTrail(TRAIL_SPACING);
  let now = 0n;
  let ticks = 0;
  let map: OccupancyGrid | undefined;
  let globalPath: Float64Array | undefined;
  let goal = "";
  let note = "";
  /** Topics whose last message showed something. */
  const shown = new Set<Topic>();

  const say = (level: LogLevelName, message: string): void =>
    queue.add("/log", now, logMessage(stampOf(now), level, message));

  const writeMap = (grid: OccupancyGrid): void => {
    map = grid;
    queue.add("/map", now, gridMessage(stampOf(now), grid, MAP_Z, true));
  };

  const writeZones = ({ keepout, speedZones }: ZoneMasks): void => {
    const write = (topic: Topic, grid: OccupancyGrid): void =>
      queue.add(topic, now, gridMessage(stampOf(now), grid, ZONES_Z, false));
    if (keepout !== undefined) write("/keepout", keepoutGrid(keepout));
    if (speedZones !== undefined) write("/speed_zones", slowedGrid(speedZones, robot));
  };

  /** Poses, or once none where there were some: so that nothing outdated stays on the screen. */
  const writePoses = (topic: Topic, X: Float64Array | undefined, width: number): void => {
    if (X === undefined && !shown.has(topic)) return;
    queue.add(topic, now, posesMessage(stampOf(now), X === undefined ? [] : statePoses(X, width)));
    if (X === undefined) shown.delete(topic);
    else shown.add(topic);
  };

  const writePlaces = (report: TickReport, truth: Truth | undefined): void => {
    const stamp = stampOf(now);
    const [x, y, yaw] = truth?.state ?? [report.pose.x, report.pose.y, report.pose.yaw];
    if (Number.isFinite(x + y + yaw)) {
      queue.add("/tf", now, transformMessage(stamp, x, y, yaw));
      trail.add(x, y, yaw);
    }
    if (o.trailEvery > 0 && ticks % o.trailEvery === 0) writePoses("/trail", trail.poses(), 3);
    if (report.globalPath !== globalPath) {
      globalPath = report.globalPath;
      queue.add("/path", now, posesMessage(stamp, globalPath === undefined ? [] : pathPoses(globalPath)));
    }
    const goalNow = JSON.stringify(report.goal ?? null);
    if (report.goal !== undefined && goalNow !== goal)
      queue.add("/goal", now, poseMessage(stamp, report.goal.x, report.goal.y, report.goal.yaw));
    goal = goalNow;
    const local = report.scene?.goal;
    if (local !== undefined) queue.add("/local_goal", now, poseMessage(stamp, local.x, local.y, local.yaw));
  };

  const tick = (report: TickReport, truth: Truth | undefined, hypotheses: readonly Hypothesis[]): void => {
    const stamp = stampOf(now);
    if (truth?.grid !== undefined && truth.grid !== map) writeMap(truth.grid);
    const local = report.scene?.grid;
    if (local !== undefined && o.localGridEvery > 0 && ticks % o.localGridEvery === 0)
      queue.add("/local_grid", now, gridMessage(stamp, local, LOCAL_GRID_Z, false));
    writePlaces(report, truth);
    writePoses("/warm_start", report.solve?.startX, nx);
    writePoses("/plan", report.plan?.X, nx);
    queue.add("/scene", now, sceneUpdate(stamp, robot, report, truth));
    const { time, source, command, scene } = report;
    const u = command.kind === "drive" ? command.u : NOTHING;
    const speeds = (truth?.state ?? report.measured ?? scene?.x ?? NOTHING).subarray(3);
    const told = { time, kind: command.kind, source, u, speeds, clearance: truth?.clearance };
    queue.add("/command", now, COMMAND.encode(told));
    queue.add("/diagnostics", now, TICK.encode(recordOfTick(report, truth, hypotheses)));
    if (report.note !== undefined && report.note !== note) {
      const level = report.phase === "fault" || report.phase === "stuck" ? "error" : "warning";
      say(level, report.note);
    }
    note = report.note ?? "";
    ticks++;
  };

  return {
    /** Sets the time of the next messages, whatever a faulty sensor says. [s] */
    advance(time: number): void {
      const nanos = Number.isFinite(time) ? nanosOf(time) : now;
      if (nanos > now) now = nanos;
    },
    map: writeMap,
    zones: writeZones,
    tick,
    say,
  };
}

/** Trajectories are for looking at: 0.1 mm will do. */
const shortened = (values: Float64Array): Float64Array => values.map((value) => short(value));

/** The truth as a log holds it; movers are for looking at, and only there where anybody moves. */
function truthOf(truth: Truth): TickRecord["truth"] {
  const { state, contact, contacts, clearance, movers = [], moverClearance } = truth;
  const told = { state, contact, contacts, clearance };
  if (movers.length === 0) return told;
  const shown = movers.map(({ id, x, y, vx, vy, radius }) => ({
    id,
    x: short(x),
    y: short(y),
    vx: short(vx),
    vy: short(vy),
    radius: short(radius),
  }));
  return { ...told, movers: shown, moverClearance };
}

/** The starts of a tick's solve, from its report: the one that was used, and those that lost, where it has them. */
export function hypothesesOf(report: TickReport): Hypothesis[] {
  const { solve } = report;
  if (solve === undefined) return [];
  const { start, startX, iterates, others = [] } = solve;
  return [
    { name: start, chosen: true, X: startX, iterates },
    ...others.map((other) => ({
      name: other.start,
      chosen: false,
      X: other.startX,
      iterates: other.iterates,
    })),
  ];
}

/**
 * What a log holds of a tick. States, times and controls that a replay needs are exact, trajectories are rounded
 * to 0.1 mm.
 */
export function recordOfTick(
  report: TickReport,
  truth: Truth | undefined,
  hypotheses: readonly Hypothesis[],
): TickRecord {
  const { tick, time, phase, source, note, command, pose, scene, goal, plan, solve } = report;
  const { partsMs, totalMs, missedDeadline } = report;
  return {
    tick,
    time,
    phase,
    source,
    note,
    command,
    pose: Number.isFinite(pose.x + pose.y + pose.yaw) ? pose : undefined,
    x: scene?.x,
    measured: report.measured,
    truth: truth && truthOf(truth),
    goal,
    localGoal: scene?.goal,
    final: scene?.final,
    movers: scene?.movers,
    localPath: scene && shortened(scene.path),
    direction: scene?.track?.direction,
    plan: plan && { time: plan.time, dt: plan.dt, X: shortened(plan.X), U: shortened(plan.U) },
    solve,
    hypotheses: hypotheses.map(({ name, chosen, X, iterates }) => ({
      name,
      chosen,
      X: shortened(X),
      iterates: iterates.map(shortened),
    })),
    partsMs,
    totalMs,
    missedDeadline,
  };
}

const MAX_POSES = 200;

/**
 * Where the robot has been, as a bounded number of poses. When it is full every other pose is dropped and the spacing doubled: a trail of
 * any length stays small and evenly spaced.
 *
 * @param spacing distance between two poses at first [m]
 */
function createPoseTrail(spacing: number) {
  const kept: number[] = [];
  let gap = spacing;
  let last: readonly [number, number, number] | undefined;
  return {
    /** Notes a pose, unless it is too near the last one. */
    add(x: number, y: number, yaw: number): void {
      last = [x, y, yaw];
      const n = kept.length;
      if (n > 0 && Math.hypot(x - kept[n - 3], y - kept[n - 2]) < gap) return;
      kept.push(x, y, yaw);
      if (kept.length < 3 * MAX_POSES) return;
      gap *= 2;
      for (let i = 1; 2 * i * 3 < kept.length; i++) {
        for (let j = 0; j < 3; j++) kept[3 * i + j] = kept[6 * i + j];
      }
      kept.length = Math.ceil(kept.length / 6) * 3;
    },
    /** (n, 3) x, y, yaw; the last pose is where the robot is. */
    poses(): Float64Array {
      return Float64Array.from(last === undefined ? kept : [...kept, ...last]);
    },
  };
}
