import { messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import type { ByteSource } from "./byte-sink.ts";
import { createProblems, openRun } from "./chunked-log.ts";
import { decodeGrid, decodePath } from "./decode-places.ts";
import { decodeTick } from "./tick-fields.ts";
import type { RunMeta, RunRecord, TickRecord, TimedGrid, TimedPath } from "./tick-record.ts";
import type { Topic } from "./topics.ts";

/** A message of any topic: its JSON value, and its time since the start. [s] */
export type LogMessage = { readonly topic: string; readonly time: number; readonly value: unknown };

/** An opened log. Reading never throws for damage: what can be read is, and `problems` tells the rest. */
export type Log = {
  readonly meta: RunMeta;
  /** None where the log was cut short. */ readonly summary?: DriveSummary;
  /** Whether the log was ended properly and no damage was found so far. */ readonly complete: boolean;
  /** What is missing or damaged, for people; grows while the log is read. */
  readonly problems: readonly string[];
  /** Ticks in order. */ ticks(): AsyncGenerator<TickRecord>;
  /** Maps of the world, the first one that of the start. */ maps(): AsyncGenerator<TimedGrid>;
  /** What the robot saw around itself, as often as it was written. */ localGrids(): AsyncGenerator<TimedGrid>;
  /** Where the robot may not go: 100. */ keepouts(): AsyncGenerator<TimedGrid>;
  /** By how many percent of its largest speed it has to be slower there. */
  speedZones(): AsyncGenerator<TimedGrid>;
  /** Global paths. */ paths(): AsyncGenerator<TimedPath>;
  /** Messages of some topics, or of all, as they are. */
  messages(topics?: readonly Topic[]): AsyncGenerator<LogMessage>;
};

/**
 * Opens a log. A file without its end (a crash, a full disk) is read record by record as far as it goes.
 *
 * @throws FormatError for what is empty, no MCAP file, not of this program, or cut off before it says
 *   what run it is of
 */
export async function openLog(from: ByteSource | Uint8Array): Promise<Log> {
  const { problems, complain } = createProblems();
  const { meta, summary, sizes, read } = await openRun(from, { problems, complain });

  const messages = async function* (topics?: readonly string[]): AsyncGenerator<LogMessage> {
    for (const chunk of sizes.keys()) {
      for (const { topic, time, data } of await read(chunk, topics)) {
        let value: unknown;
        try {
          value = JSON.parse(decoder.decode(data));
        } catch {
          complain(`a message of ${topic} at ${time} s is no JSON`);
          continue;
        }
        yield { topic, time, value };
      }
    }
  };

  const decoded = async function* <T>(
    topic: Topic,
    decode: (value: unknown, time: number) => T,
  ): AsyncGenerator<T> {
    for await (const { time, value } of messages([topic])) {
      let result: T;
      try {
        result = decode(value, time);
      } catch (error) {
        complain(`a message of ${topic} at ${time} s cannot be read: ${messageOf(error)}`);
        continue;
      }
      yield result;
    }
  };

  const timedGrid = (value: unknown, time: number): TimedGrid => ({ time, grid: decodeGrid(value) });
  return {
    meta,
    summary,
    get complete() {
      return problems.length === 0;
    },
    problems,
    ticks: () => decoded("/diagnostics", decodeTick),
    maps: () => decoded("/map", timedGrid),
    localGrids: () => decoded("/local_grid", timedGrid),
    keepouts: () => decoded("/keepout", timedGrid),
    speedZones: () => decoded("/speed_zones", timedGrid),
    paths: () => decoded("/path", (value, time) => ({ time, points: decodePath(value) })),
    messages,
  };
}

/**
 * Reads a whole log into memory.
 *
 * @throws FormatError as {@link openLog}
 */
export async function readLog(from: ByteSource | Uint8Array): Promise<RunRecord> {
  const log = await openLog(from);
  const maps = await collect(log.maps());
  const paths = await collect(log.paths());
  const ticks = await collect(log.ticks());
  const { meta, summary, complete, problems } = log;
  return { meta, summary, maps, paths, ticks, complete, problems };
}

const decoder = new TextDecoder();

async function collect<T>(items: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
