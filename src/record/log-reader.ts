import { McapIndexedReader } from "@mcap/core";
import { FormatError } from "../linalg/index.ts";
import type { DriveSummary } from "../planner/index.ts";
import { type ByteSource, bytesSource } from "./byte-sink.ts";
import { LOG_FORMAT, RUN_METADATA, SUMMARY_METADATA, type Topic } from "./channels.ts";
import { decodeGrid, decodePath } from "./decode-places.ts";
import { decodeTick } from "./decode-tick.ts";
import { messageOf } from "./errors.ts";
import { MAGIC, salvage } from "./salvage.ts";
import type { RunMeta, RunRecord, TickRecord, TimedGrid, TimedPath } from "./tick-record.ts";

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
  /** Global paths. */ paths(): AsyncGenerator<TimedPath>;
  /** Messages of some topics, or of all, as they are. */
  messages(topics?: readonly Topic[]): AsyncGenerator<LogMessage>;
};

type RawMessage = { readonly topic: string; readonly nanos: bigint; readonly data: Uint8Array };
type Indexed = McapIndexedReader<unknown>;

/**
 * Opens a log. A file without its end (a crash, a full disk) is read record by record as far as it goes.
 *
 * @throws FormatError for what is empty, no MCAP file, not of this program, or cut off before it says
 *   what run it is of
 */
export async function openLog(from: ByteSource | Uint8Array): Promise<Log> {
  const source = from instanceof Uint8Array ? bytesSource(from) : from;
  await checkMagic(source);
  const problems: string[] = [];
  const complain = (problem: string): void => {
    if (!problems.includes(problem)) problems.push(problem);
  };
  const opened = await openIndexed(source, complain);
  const metadata = opened?.metadata ?? (await scanMetadata(source, complain));
  const meta = parseRun(metadata.get(RUN_METADATA), problems);
  const summary = parseSummary(metadata.get(SUMMARY_METADATA), complain);

  const raw = async function* (topics?: readonly string[]): AsyncGenerator<RawMessage> {
    let given = 0;
    if (opened !== undefined) {
      try {
        for await (const message of opened.reader.readMessages({ topics })) {
          const topic = opened.reader.channelsById.get(message.channelId)?.topic ?? "";
          yield { topic, nanos: message.logTime, data: message.data };
          given++;
        }
        return;
      } catch (error) {
        complain(`the log is damaged: ${messageOf(error)}`);
      }
    }
    for await (const record of salvage(source, complain)) {
      if (record.kind !== "message" || topics?.includes(record.topic) === false) continue;
      if (given-- > 0) continue;
      yield record;
    }
  };

  const messages = async function* (topics?: readonly string[]): AsyncGenerator<LogMessage> {
    for await (const { topic, nanos, data } of raw(topics)) {
      const time = Number(nanos) / 1e9;
      let value: unknown;
      try {
        value = JSON.parse(decoder.decode(data));
      } catch {
        complain(`a message of ${topic} at ${time} s is no JSON`);
        continue;
      }
      yield { topic, time, value };
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

async function checkMagic(source: ByteSource): Promise<void> {
  const size = await source.size();
  if (size === 0n) throw new FormatError("the log is empty (0 bytes)");
  const length = size < BigInt(MAGIC.length) ? size : BigInt(MAGIC.length);
  const begin = await source.read(0n, length);
  if (begin.every((byte, i) => byte === MAGIC[i])) {
    if (begin.length === MAGIC.length) return;
    throw new FormatError(`the log was cut off after ${size} bytes; nothing can be recovered`);
  }
  const hex = Array.from(begin, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new FormatError(`not an MCAP file: it begins with ${hex}, expected 89 4d 43 41 50 30 0d 0a`);
}

type Metadata = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The reader of a file with an index, and its metadata; undefined where the index is missing or damaged. */
async function openIndexed(
  source: ByteSource,
  complain: (problem: string) => void,
): Promise<{ reader: Indexed; metadata: Metadata } | undefined> {
  try {
    const reader = await McapIndexedReader.Initialize({ readable: source });
    const metadata = new Map<string, ReadonlyMap<string, string>>();
    for await (const record of reader.readMetadata()) metadata.set(record.name, record.metadata);
    return { reader, metadata };
  } catch (error) {
    complain(`the log has no readable index (${messageOf(error)}): what is there is read record by record`);
    return undefined;
  }
}

async function scanMetadata(source: ByteSource, complain: (problem: string) => void): Promise<Metadata> {
  const metadata = new Map<string, ReadonlyMap<string, string>>();
  for await (const record of salvage(source, complain)) {
    if (record.kind === "metadata") metadata.set(record.name, record.entries);
  }
  return metadata;
}

function parseRun(entries: ReadonlyMap<string, string> | undefined, problems: readonly string[]): RunMeta {
  if (entries === undefined) {
    const why = problems.length === 0 ? "" : ` (${problems.join("; ")})`;
    throw new FormatError(
      `an MCAP file, but not a log of this program: it has no metadata record "${RUN_METADATA}"${why}`,
    );
  }
  const format = entries.get("format");
  if (format !== LOG_FORMAT) throw new FormatError(`the log has format ${format}, expected ${LOG_FORMAT}`);
  try {
    const robot = JSON.parse(entries.get("robot") ?? "");
    const config = JSON.parse(entries.get("config") ?? "{}");
    if (!Array.isArray(robot?.footprint)) throw new Error("the robot has no footprint");
    return { id: entries.get("id"), robot, config };
  } catch (error) {
    throw new FormatError(`the log's record "${RUN_METADATA}" is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function parseSummary(
  entries: ReadonlyMap<string, string> | undefined,
  complain: (problem: string) => void,
): DriveSummary | undefined {
  if (entries === undefined) return undefined;
  try {
    return JSON.parse(entries.get("summary") ?? "") as DriveSummary;
  } catch (error) {
    complain(`the summary cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
