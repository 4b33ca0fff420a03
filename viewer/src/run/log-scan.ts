import {
  type ChunkedLog,
  decodeGrid,
  decodePath,
  decodeTick,
  type RawMessage,
  type TickRecord,
  type TimedGrid,
  type TimedPath,
} from "../../../src/record/index.ts";
import { createIndexBuilder, type TickTable } from "./index-builder.ts";
import { deadlineOf } from "./series.ts";
import { withoutTrajectories } from "./without-trajectories.ts";

/** Where a grid lies in a log. */
export type GridPlace = { /** [s] */ readonly time: number; readonly chunk: number };

/** What one pass over a log tells, so far. */
export type ScanState = TickTable & {
  /** (chunks read + 1) number of the first tick of each chunk; the last element is the number of ticks. */
  readonly firstTicks: Uint32Array;
  readonly maps: readonly GridPlace[];
  readonly localGrids: readonly GridPlace[];
  readonly paths: readonly TimedPath[];
  readonly problems: readonly string[];
  /** Of the bytes, 0 .. 1. */ readonly share: number;
};

/** A pass over a log, chunk by chunk: what it leaves is small, whatever the log's size. */
export type LogScan = {
  /** Reads the next chunk. @returns whether there are more */ next(): Promise<boolean>;
  /** A copy of what is known so far. */ state(): ScanState;
};

const TOPICS_READ = ["/diagnostics", "/map", "/local_grid", "/path"];
const decoder = new TextDecoder();

/** Creates the pass. */
export function createLogScan(log: ChunkedLog): LogScan {
  const builder = createIndexBuilder(log.meta, deadlineOf(log.meta, log.summary));
  const firstTicks: number[] = [0];
  const maps: GridPlace[] = [];
  const localGrids: GridPlace[] = [];
  const paths: TimedPath[] = [];
  const problems: string[] = [];
  const total = log.sizes.reduce((sum, size) => sum + size, 0);
  let chunk = 0;
  let read = 0;

  const take = (message: RawMessage): void => {
    const { topic, time } = message;
    if (topic === "/map") maps.push({ time, chunk });
    else if (topic === "/local_grid") localGrids.push({ time, chunk });
    else if (topic === "/path") paths.push({ time, points: decodePath(jsonOf(message)) });
    else builder.add(decodeBrief(message), time);
  };

  return {
    async next() {
      if (chunk >= log.sizes.length) return false;
      let messages: readonly RawMessage[] = [];
      try {
        messages = await log.read(chunk, TOPICS_READ);
      } catch (error) {
        problems.push(`a part of the log could not be read: ${textOf(error)}`);
      }
      for (const message of messages) {
        try {
          take(message);
        } catch (error) {
          if (problems.length < 20)
            problems.push(
              `a message of ${message.topic} at ${message.time} s cannot be read: ${textOf(error)}`,
            );
        }
      }
      read += log.sizes[chunk];
      chunk++;
      firstTicks.push(builder.count);
      return chunk < log.sizes.length;
    },
    state: () => ({
      ...builder.table(),
      firstTicks: Uint32Array.from(firstTicks),
      maps: maps.slice(),
      localGrids: localGrids.slice(),
      paths: paths.slice(),
      problems: [...log.problems, ...problems],
      share: chunk >= log.sizes.length ? 1 : read / total,
    }),
  };
}

/**
 * The ticks of a chunk, as many as the pass counted there: one whose trajectories are damaged comes without.
 *
 * @throws what the source throws
 */
export async function readTicks(log: ChunkedLog, chunk: number): Promise<TickRecord[]> {
  const ticks: TickRecord[] = [];
  for (const message of await log.read(chunk, ["/diagnostics"])) {
    let brief: TickRecord;
    try {
      brief = decodeBrief(message);
    } catch {
      continue;
    }
    try {
      ticks.push(decodeTick(jsonOf(message)));
    } catch {
      ticks.push({ ...brief, plan: undefined, hypotheses: [] });
    }
  }
  return ticks;
}

/** The last grid of a topic in a chunk that was written at or before a time. @throws what the source throws */
export async function readGrid(
  log: ChunkedLog,
  topic: "/map" | "/local_grid",
  { chunk, time }: GridPlace,
): Promise<TimedGrid | undefined> {
  const written = (await log.read(chunk, [topic])).filter((message) => message.time <= time);
  const message = written.at(-1);
  return message && { time: message.time, grid: decodeGrid(jsonOf(message)) };
}

/** A tick without its trajectories. */
function decodeBrief({ data }: RawMessage): TickRecord {
  return decodeTick(JSON.parse(withoutTrajectories(decoder.decode(data))));
}

function jsonOf({ data }: RawMessage): unknown {
  return JSON.parse(decoder.decode(data));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
