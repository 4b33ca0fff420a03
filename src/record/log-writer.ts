import { ConfigError, messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import type { TickReport } from "../planner/index.ts";
import { type OccupancyGrid, robotSizes } from "../sim/index.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { Topic } from "./channels.ts";
import { RecordError } from "./errors.ts";
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
import { LOG_FORMAT, RUN_METADATA, SUMMARY_METADATA } from "./log-format.ts";
import { createMessageQueue, type MessageQueue } from "./message-queue.ts";
import { hypothesesOf, recordOfTick } from "./record-of-tick.ts";
import { sceneUpdate } from "./scene-update.ts";
import { summaryJson } from "./summary-json.ts";
import { COMMAND, TICK } from "./tick-fields.ts";
import type { Hypothesis, RunMeta, Truth } from "./tick-record.ts";
import { createPoseTrail } from "./trail.ts";

/** How often large things are written, and how much may wait or be lost. */
export type LogWriterOptions = {
  /** The local grid is written every so many ticks; 0: never. An integer >= 0. */
  readonly localGridEvery: number;
  /** The trail is written every so many ticks; 0: never. An integer >= 0. */
  readonly trailEvery: number;
  /** Bytes of a chunk before it is written: what a crash may cost. */
  readonly chunkSize: number;
  /** Ticks are left out while so many bytes wait for a slow sink. */
  readonly maxWaiting: number;
  /** Told once, when writing fails; the run goes on without a log. */
  readonly onFailure?: (error: RecordError) => void;
};

/** Defaults; legal ranges are in {@link LogWriterOptions}. */
export const LOG_WRITER_DEFAULTS: LogWriterOptions = {
  localGridEvery: 10,
  trailEvery: 10,
  chunkSize: 2 ** 17,
  maxWaiting: 2 ** 26,
};

/** What became of a log. */
export type LogOutcome = {
  /** Ended properly: index and summary are there. */
  readonly complete: boolean;
  readonly bytes: number;
  readonly messages: number;
  /** Ticks left out: after a failure, or because the sink was too slow. */
  readonly droppedTicks: number;
  readonly failure?: RecordError;
};

/** Writes a run. No method throws or rejects for what the sink does: the robot comes first. */
export type LogWriter = {
  /** Writes the map; {@link LogWriter.tick} does so by itself where the truth brings a new one. */
  map(grid: OccupancyGrid, time?: number): void;
  /**
   * Writes a tick, as it is now: grids and states may be overwritten afterwards.
   *
   * @param truth what really happened; a `Simulator` will do
   * @param hypotheses starts and iterates, where there are more than the report tells
   */
  tick(report: TickReport, truth?: Truth, hypotheses?: readonly Hypothesis[]): void;
  /** Writes a line of text for people. */
  note(time: number, level: LogLevelName, message: string): void;
  /** Ends the log; further calls change nothing. */
  close(summary?: DriveSummary): Promise<LogOutcome>;
  readonly failure: RecordError | undefined;
};

/** Height of the map, below all else, so that flat things do not flicker through each other. [m] */
export const MAP_Z = -0.02;
/** Height of the local grid, above the map. [m] */
export const LOCAL_GRID_Z = -0.01;
const TRAIL_SPACING = 0.05;
const NOTHING = new Float64Array(0);

/**
 * Starts a log: MCAP with JSON messages, Foxglove's schemas where there are any, and `mnemosyne.Tick`.
 * Times are simulated nanoseconds since the start: the same run gives the same bytes, but for what was
 * measured with a clock. Source: mcap.dev/spec, docs.foxglove.dev (schemas).
 *
 * @throws ConfigError for an illegal option, or a config that is not plain JSON
 */
export function createLogWriter(
  sink: ByteSink,
  meta: RunMeta,
  options?: Partial<LogWriterOptions>,
): LogWriter {
  return createRunWriter((o) => createMessageQueue(sink, o), meta, options);
}

/** A writer of a run whose messages go wherever a queue takes them. @throws as {@link createLogWriter} */
export function createRunWriter(
  createQueue: (options: LogWriterOptions) => MessageQueue,
  meta: RunMeta,
  options?: Partial<LogWriterOptions>,
): LogWriter {
  const o = { ...LOG_WRITER_DEFAULTS, ...options };
  checkOptions(o);
  const described = describeRun(meta);
  const { nx } = robotSizes(meta.robot);
  const queue = createQueue(o);
  const trail = createPoseTrail(TRAIL_SPACING);
  let now = 0n;
  let ticks = 0;
  let droppedTicks = 0;
  let map: OccupancyGrid | undefined;
  let globalPath: Float64Array | undefined;
  let goal = "";
  let note = "";
  /** Topics whose last message showed something. */
  const shown = new Set<Topic>();

  /** Time never runs backwards in a log, whatever a faulty sensor says. */
  const advance = (time: number): void => {
    const nanos = Number.isFinite(time) ? nanosOf(time) : now;
    if (nanos > now) now = nanos;
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      queue.fail(new RecordError(`the log could not be written: ${messageOf(error)}`, { cause: error }));
    }
  };

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

  const writeTick = (
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
    queue.add("/scene", now, sceneUpdate(stamp, meta.robot, report, truth));
    const { time, source, command, scene } = report;
    const u = command.kind === "drive" ? command.u : NOTHING;
    const speeds = (truth?.state ?? scene?.x ?? NOTHING).subarray(3);
    const told = { time, kind: command.kind, source, u, speeds, clearance: truth?.clearance };
    queue.add("/command", now, COMMAND.encode(told));
    queue.add("/diagnostics", now, TICK.encode(recordOfTick(report, truth, hypotheses)));
    if (report.note !== undefined && report.note !== note) {
      const level = report.phase === "fault" || report.phase === "stuck" ? "error" : "warning";
      queue.add("/log", now, logMessage(stamp, level, report.note));
    }
    note = report.note ?? "";
  };

  queue.addMetadata(RUN_METADATA, described);

  let outcome: Promise<LogOutcome> | undefined;
  return {
    map(grid, time = 0) {
      guarded(() => {
        advance(time);
        writeMap(grid);
      });
    },
    tick(report, truth, hypotheses) {
      if (queue.failure !== undefined || queue.waiting > o.maxWaiting) {
        droppedTicks++;
        return;
      }
      guarded(() => {
        advance(report.time);
        writeTick(report, truth, hypotheses ?? hypothesesOf(report));
        ticks++;
      });
    },
    note(time, level, message) {
      guarded(() => {
        advance(time);
        queue.add("/log", now, logMessage(stampOf(now), level, message));
      });
    },
    close(summary) {
      outcome ??= (async () => {
        if (droppedTicks > 0 && queue.failure === undefined)
          queue.add(
            "/log",
            now,
            logMessage(stampOf(now), "warning", `${droppedTicks} ticks left out: the disk was too slow`),
          );
        if (summary !== undefined) queue.addMetadata(SUMMARY_METADATA, describeSummary(summary));
        await queue.close();
        const { written, messages, failure } = queue;
        return { complete: failure === undefined, bytes: written, messages, droppedTicks, failure };
      })();
      return outcome;
    },
    get failure() {
      return queue.failure;
    },
  };
}

/** The metadata record of a run. @throws ConfigError for a config that is not plain JSON */
export function describeRun({ id, robot, config = {} }: RunMeta): Record<string, string> {
  try {
    const entries = { format: LOG_FORMAT, robot: JSON.stringify(robot), config: JSON.stringify(config) };
    return id === undefined ? entries : { ...entries, id };
  } catch (error) {
    throw new ConfigError(`meta.config is not plain JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** The metadata record of how a run ended. */
export function describeSummary(summary: DriveSummary): Record<string, string> {
  return { status: summary.status, summary: JSON.stringify(summaryJson(summary)) };
}

function checkOptions(o: LogWriterOptions): void {
  for (const name of ["localGridEvery", "trailEvery"] as const) {
    if (!(Number.isInteger(o[name]) && o[name] >= 0))
      throw new ConfigError(`${name} is ${o[name]}, expected an integer >= 0 [ticks]`);
  }
  for (const name of ["chunkSize", "maxWaiting"] as const) {
    if (!(o[name] > 0)) throw new ConfigError(`${name} is ${o[name]}, expected a number > 0 [bytes]`);
  }
}
