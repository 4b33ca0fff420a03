import type { TickReport } from "../planner/index.ts";
import { type OccupancyGrid, type Robot, robotSizes } from "../sim/index.ts";
import type { Topic } from "./channels.ts";
import {
  gridMessage,
  type LogLevelName,
  logMessage,
  nanosOf,
  pathPoses,
  poseMessage,
  posesMessage,
  stampOf,
  statePoses,
  transformMessage,
} from "./foxglove-messages.ts";
import type { MessageQueue } from "./message-queue.ts";
import { recordOfTick } from "./record-of-tick.ts";
import { sceneUpdate } from "./scene-update.ts";
import { COMMAND, TICK } from "./tick-fields.ts";
import type { Hypothesis, Truth } from "./tick-record.ts";
import { createPoseTrail } from "./trail.ts";

/** How often what is large is written. */
export type TickWriterOptions = {
  /** The local grid is written every so many ticks; 0: never. An integer >= 0. */
  readonly localGridEvery: number;
  /** The trail is written every so many ticks; 0: never. An integer >= 0. */
  readonly trailEvery: number;
};

/** Writes what a tick tells, topic by topic, at a time that never runs backwards. */
type TickWriter = {
  /** Sets the time of the next messages, whatever a faulty sensor says. [s] */ advance(time: number): void;
  map(grid: OccupancyGrid): void;
  tick(report: TickReport, truth: Truth | undefined, hypotheses: readonly Hypothesis[]): void;
  /** Writes a line of text for people. */ say(level: LogLevelName, message: string): void;
};

/** Height of the map, below all else, so that flat things do not flicker through each other. [m] */
export const MAP_Z = -0.02;
/** Height of the local grid, above the map. [m] */
export const LOCAL_GRID_Z = -0.01;
const TRAIL_SPACING = 0.05;
const NOTHING = new Float64Array(0);

/** Creates a writer of ticks into a queue. */
export function createTickWriter(queue: MessageQueue, robot: Robot, o: TickWriterOptions): TickWriter {
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

  const writeMessages = (
    report: TickReport,
    truth: Truth | undefined,
    hypotheses: readonly Hypothesis[],
  ): void => {
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
    const speeds = (truth?.state ?? scene?.x ?? NOTHING).subarray(3);
    const told = { time, kind: command.kind, source, u, speeds, clearance: truth?.clearance };
    queue.add("/command", now, COMMAND.encode(told));
    queue.add("/diagnostics", now, TICK.encode(recordOfTick(report, truth, hypotheses)));
    if (report.note !== undefined && report.note !== note) {
      const level = report.phase === "fault" || report.phase === "stuck" ? "error" : "warning";
      say(level, report.note);
    }
    note = report.note ?? "";
  };

  return {
    advance(time) {
      const nanos = Number.isFinite(time) ? nanosOf(time) : now;
      if (nanos > now) now = nanos;
    },
    map: writeMap,
    tick(report, truth, hypotheses) {
      writeMessages(report, truth, hypotheses);
      ticks++;
    },
    say,
  };
}
