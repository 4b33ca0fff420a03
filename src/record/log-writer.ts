import type { Time } from "@foxglove/schemas";
import { ConfigError, check, checkCount, messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import type { TickReport } from "../planner/index.ts";
import type { OccupancyGrid, ZoneMasks } from "../sim/index.ts";
import type { ByteSink } from "./byte-sink.ts";
import { RecordError } from "./errors.ts";
import {
  gridMessage,
  type LogLevelName,
  nanosOf,
  pathPoses,
  posesMessage,
  stampOf,
} from "./foxglove-messages.ts";
import { createMessageQueue, type MessageQueue } from "./message-queue.ts";
import { summaryJson } from "./summary-json.ts";
import { TICK } from "./tick-fields.ts";
import {
  type Hypothesis,
  LOG_FORMAT,
  RUN_METADATA,
  type RunMeta,
  type RunRecord,
  SUMMARY_METADATA,
  type TimedGrid,
  type Truth,
} from "./tick-record.ts";
import {
  createTickWriter,
  hypothesesOf,
  LOCAL_GRID_Z,
  MAP_Z,
  type TickWriterOptions,
  ZONES_Z,
} from "./tick-writer.ts";
import type { Topic } from "./topics.ts";

/** What of a run is written how often, and how much of it may wait or be lost. */
export type LogWriterOptions = TickWriterOptions & {
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
  /** Writes where the robot may not go, and where only slowly, see {@link ZoneMasks}. */
  zones(masks: ZoneMasks, time?: number): void;
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
  for (const name of ["localGridEvery", "trailEvery"] as const)
    checkCount(name, o[name], 0, Infinity, "ticks");
  for (const name of ["chunkSize", "maxWaiting"] as const)
    check(name, o[name], o[name] > 0, "a number > 0 [bytes]");
  const described = describeRun(meta);
  const queue = createQueue(o);
  const writer = createTickWriter(queue, meta.robot, o);
  let droppedTicks = 0;

  const at = (time: number, work: () => void): void => {
    try {
      writer.advance(time);
      work();
    } catch (error) {
      queue.fail(new RecordError(`the log could not be written: ${messageOf(error)}`, { cause: error }));
    }
  };

  queue.addMetadata(RUN_METADATA, described);

  let outcome: Promise<LogOutcome> | undefined;
  return {
    map: (grid, time = 0) => at(time, () => writer.map(grid)),
    zones: (masks, time = 0) => at(time, () => writer.zones(masks)),
    tick(report, truth, hypotheses) {
      if (queue.failure !== undefined || queue.waiting > o.maxWaiting) {
        droppedTicks++;
        return;
      }
      at(report.time, () => writer.tick(report, truth, hypotheses ?? hypothesesOf(report)));
    },
    note: (time, level, message) => at(time, () => writer.say(level, message)),
    close(summary) {
      outcome ??= (async () => {
        if (droppedTicks > 0 && queue.failure === undefined)
          writer.say("warning", `${droppedTicks} ticks left out: the disk was too slow`);
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
function describeRun({ id, robot, config = {} }: RunMeta): Record<string, string> {
  try {
    const entries = { format: LOG_FORMAT, robot: JSON.stringify(robot), config: JSON.stringify(config) };
    return id === undefined ? entries : { ...entries, id };
  } catch (error) {
    throw new ConfigError(`meta.config is not plain JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** The metadata record of how a run ended. */
function describeSummary(summary: DriveSummary): Record<string, string> {
  return { status: summary.status, summary: JSON.stringify(summaryJson(summary)) };
}

/** What of a run is written. */
export type RecordContent = Pick<RunRecord, "meta" | "summary" | "maps" | "paths" | "ticks"> & {
  readonly localGrids?: readonly TimedGrid[];
  readonly keepouts?: readonly TimedGrid[];
  readonly speedZones?: readonly TimedGrid[];
};

/**
 * Writes what is known of a run as a log: what `readLog` reads from it is what was given. Only what the ticks
 * themselves do not tell is written beside them; Foxglove's topics of the robot and its plans are not.
 *
 * @throws RecordError where the sink fails, ConfigError for a meta.config that is not plain JSON
 */
export async function writeRecord(content: RecordContent, sink: ByteSink): Promise<void> {
  const { meta, summary, maps, paths, ticks, localGrids = [], keepouts = [], speedZones = [] } = content;
  const described = describeRun(meta);
  const queue = createMessageQueue(sink, LOG_WRITER_DEFAULTS);
  queue.addMetadata(RUN_METADATA, described);
  const timed = <T extends { readonly time: number }>(
    topic: Topic,
    items: readonly T[],
    value: (item: T, stamp: Time) => unknown,
  ) => items.map((item) => ({ topic, time: item.time, value: (stamp: Time) => value(item, stamp) }));
  const messages = [
    ...timed("/map", maps, ({ grid }, stamp) => gridMessage(stamp, grid, MAP_Z, true)),
    ...timed("/keepout", keepouts, ({ grid }, stamp) => gridMessage(stamp, grid, ZONES_Z, false)),
    ...timed("/speed_zones", speedZones, ({ grid }, stamp) => gridMessage(stamp, grid, ZONES_Z, false)),
    ...timed("/path", paths, ({ points }, stamp) => posesMessage(stamp, pathPoses(points))),
    ...timed("/local_grid", localGrids, ({ grid }, stamp) => gridMessage(stamp, grid, LOCAL_GRID_Z, false)),
    ...timed("/diagnostics", ticks, (tick) => TICK.encode(tick)),
  ];
  const moment = ({ time }: { readonly time: number }): number => (Number.isFinite(time) ? time : 0);
  // Stable: what was written in the same moment stays in the order above, ticks last.
  for (const { topic, time, value } of messages.sort((a, b) => moment(a) - moment(b)))
    queue.add(topic, nanosOf(time), value(stampOf(nanosOf(time))));
  if (summary !== undefined) queue.addMetadata(SUMMARY_METADATA, describeSummary(summary));
  await queue.close();
  if (queue.failure !== undefined) throw queue.failure;
}
