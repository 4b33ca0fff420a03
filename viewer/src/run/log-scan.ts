import { messageOf } from "../../../src/base/index.ts";
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

/** Where a message lies in a log. */
export type MessagePlace = { /** [s] */ readonly time: number; readonly chunk: number };

/** What is known of a log without holding it, so far. */
export type ScanState = TickTable & {
  /** (chunks known + 1) number of the first tick of each chunk; the last element is the number of ticks. */
  readonly firstTicks: Uint32Array;
  readonly maps: readonly MessagePlace[];
  readonly localGrids: readonly MessagePlace[];
  readonly paths: readonly MessagePlace[];
  readonly keepouts: readonly MessagePlace[];
  readonly speedZones: readonly MessagePlace[];
  readonly problems: readonly string[];
  /** Of the bytes, 0 .. 1. */ readonly share: number;
};

/** What is known of a log that holds no run. */
export function withoutTicks(problems: readonly string[]): ScanState {
  const none = new Float64Array(0);
  const nowhere: readonly MessagePlace[] = [];
  return {
    times: none,
    trail: none,
    columns: [],
    marks: [],
    firstTicks: Uint32Array.of(0),
    maps: nowhere,
    localGrids: nowhere,
    paths: nowhere,
    keepouts: nowhere,
    speedZones: nowhere,
    problems: [...problems],
    share: 1,
  };
}

/** A pass over a log, chunk by chunk: what it leaves is small, whatever the log's size. */
type LogScan = {
  /** Reads the next chunk. @returns whether there are more */ next(): Promise<boolean>;
  /** A copy of what is known so far. */ state(): ScanState;
};

/** Topics whose messages are looked up by time. */
export type PlacedTopic = "/map" | "/local_grid" | "/path" | "/keepout" | "/speed_zones";

const TOPICS_READ = ["/diagnostics", "/map", "/local_grid", "/path", "/keepout", "/speed_zones"];
const decoder = new TextDecoder();

/** Creates a pass over the chunks of a log. */
export function createLogScan(log: ChunkedLog): LogScan {
  const gathered = createGathering(log);
  const problems: string[] = [];
  const total = log.sizes.reduce((sum, size) => sum + size, 0);
  let chunk = 0;
  let read = 0;
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
        const { topic, time } = message;
        try {
          gathered.take(topic, time, chunk, () => decodeBrief(message));
        } catch (error) {
          if (problems.length < 20)
            problems.push(`a message of ${topic} at ${time} s cannot be read: ${textOf(error)}`);
        }
      }
      read += log.sizes[chunk];
      chunk++;
      return chunk < log.sizes.length;
    },
    state: () => ({
      ...gathered.state(chunk),
      problems: [...log.problems, ...problems],
      share: chunk >= log.sizes.length ? 1 : read / total,
    }),
  };
}

/**
 * What a pass would tell, from the index that the log brings with it: a few percent of its bytes.
 *
 * @param listener told what is known so far: after the first part, then whenever it has grown by half, and at the end
 * @throws FormatError, also after some parts, where it brings none that can be relied on
 */
export async function scanIndex(
  log: ChunkedLog,
  listener: (state: ScanState) => void | Promise<void> = () => {},
): Promise<ScanState> {
  const gathered = createGathering(log);
  const stateAt = (chunks: number): ScanState => ({
    ...gathered.state(chunks),
    problems: [...log.problems],
    share: chunks / log.sizes.length,
  });
  let due = 1;
  for await (const part of log.index()) {
    for (const { topic, time, chunk, tick } of part)
      gathered.take(topic, time, chunk, () => decodeTick(tick));
    const whole = part.at(-1)?.chunk ?? 0; // chunks before it; its own may go on in the next part
    if (whole < due || whole >= log.sizes.length) continue;
    await listener(stateAt(whole));
    due = Math.ceil(1.5 * whole);
  }
  const all = { ...stateAt(log.sizes.length), share: 1 };
  await listener(all);
  return all;
}

/** Gathers what messages tell, in the order of the file. */
function createGathering(log: ChunkedLog) {
  const builder = createIndexBuilder(log.meta, deadlineOf(log.meta, log.summary));
  const firstTicks: number[] = [0];
  const places: Readonly<Record<PlacedTopic, MessagePlace[]>> = {
    "/map": [],
    "/local_grid": [],
    "/path": [],
    "/keepout": [],
    "/speed_zones": [],
  };
  const beginChunk = (chunk: number): void => {
    while (firstTicks.length <= chunk) firstTicks.push(builder.count);
  };
  return {
    take(topic: string, time: number, chunk: number, tick: () => TickRecord): void {
      beginChunk(chunk);
      if (topic === "/diagnostics") builder.add(tick(), time);
      else if (Object.hasOwn(places, topic)) places[topic as PlacedTopic].push({ time, chunk });
    },
    /** @param chunks that were gone through, all of each */
    state(chunks: number) {
      beginChunk(chunks);
      return {
        ...builder.table(firstTicks[chunks]),
        firstTicks: Uint32Array.from(firstTicks.slice(0, chunks + 1)),
        maps: places["/map"].slice(),
        localGrids: places["/local_grid"].slice(),
        paths: places["/path"].slice(),
        keepouts: places["/keepout"].slice(),
        speedZones: places["/speed_zones"].slice(),
      };
    },
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

/**
 * The last message of a topic in a chunk that was written at or before a time.
 *
 * @throws what the source throws, and FormatError for a message that is none of the topic
 */
export async function readPlaced(
  log: ChunkedLog,
  topic: PlacedTopic,
  { chunk, time }: MessagePlace,
): Promise<TimedGrid | TimedPath | undefined> {
  const written = (await log.read(chunk, [topic])).filter((message) => message.time <= time);
  const message = written.at(-1);
  if (message === undefined) return undefined;
  const value = jsonOf(message);
  return topic === "/path"
    ? { time: message.time, points: decodePath(value) }
    : { time: message.time, grid: decodeGrid(value) };
}

/** A tick without its trajectories. */
function decodeBrief({ data }: RawMessage): TickRecord {
  return decodeTick(JSON.parse(withoutTrajectories(decoder.decode(data))));
}

function jsonOf({ data }: RawMessage): unknown {
  return JSON.parse(decoder.decode(data));
}

function textOf(error: unknown): string {
  return messageOf(error);
}
