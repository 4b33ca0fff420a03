import { messageOf } from "../../../src/base/index.ts";
import {
  createMessageDecoder,
  type McapChannel,
  type McapPieces,
  type MessageDecoder,
  numbersIn,
  TOPICS,
} from "../../../src/record/index.ts";
import type { ForeignTopic } from "../contracts.ts";

/** The numbers of a topic over time. */
export type TopicNumbers = {
  /** (n) ascending, since the log's start [s] */ readonly times: Float64Array;
  /** (n) each, NaN where a message lacks it, by its path in the message */
  readonly columns: readonly { readonly path: string; readonly values: Float64Array }[];
  /** What could not be read, for people. */ readonly problem?: string;
};

/** Numbers of a topic that are held, at most: 128 MB. */
const MOST_NUMBERS = 2 ** 24;
/** Fields of a topic, at most: a long array is many. */
const MOST_FIELDS = 400;

/** The topics of a file that are not of a run of this program, in the order of their names. */
export function foreignTopics(channels: Iterable<McapChannel>, isRun: boolean): ForeignTopic[] {
  const topics = new Map<string, ForeignTopic>();
  for (const channel of channels) {
    const { topic: name, schemaName: schema, messageEncoding: encoding } = channel;
    if (topics.has(name) || (isRun && (TOPICS as readonly string[]).includes(name))) continue;
    topics.set(name, { name, schema, encoding, state: "unread", ...problemOf(channel) });
  }
  return [...topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function problemOf(channel: McapChannel): Pick<ForeignTopic, "problem"> {
  try {
    createMessageDecoder(channel);
    return {};
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/**
 * Reads all messages of a topic, only from the pieces that hold some.
 *
 * @param start what times are counted from [s]
 * @param pause is awaited between two pieces
 */
export async function scanTopic(
  log: McapPieces,
  topic: string,
  start: number,
  pause: () => Promise<void>,
): Promise<TopicNumbers> {
  const table = createTable();
  const decoders = new Map<number, MessageDecoder>();
  let problem: string | undefined;
  let full = false;
  for (let piece = 0; piece < log.sizes.length && !full; piece++) {
    if (!log.holds(piece, [topic])) continue;
    await pause();
    for (const { time, channel, data } of await log.read(piece, [topic])) {
      try {
        const decode = decoders.get(channel) ?? createMessageDecoder(log.channels.get(channel)!);
        decoders.set(channel, decode);
        const message = decode(data);
        full = !table.begin(time - start);
        if (full) break;
        numbersIn(message, table.put);
      } catch (error) {
        problem ??= `a message at ${(time - start).toFixed(3)} s cannot be read: ${messageOf(error)}`;
      }
    }
  }
  if (full) problem = `only the first ${table.count} messages are shown: the topic has more numbers than fit`;
  return { ...table.sorted(), problem };
}

/** Columns that grow with every message. */
function createTable() {
  const times: number[] = [];
  const columns = new Map<string, number[]>();
  return {
    get count() {
      return times.length;
    },
    /** Begins a row. @returns whether there is room for it */
    begin(time: number): boolean {
      if ((times.length + 1) * (columns.size + 1) > MOST_NUMBERS) return false;
      times.push(time);
      return true;
    },
    put(path: string, value: number): void {
      let column = columns.get(path);
      if (column === undefined) {
        if (columns.size >= MOST_FIELDS) return;
        column = [];
        columns.set(path, column);
      }
      while (column.length < times.length - 1) column.push(Number.NaN);
      if (column.length < times.length) column.push(value);
    },
    /** By time: a recorder may write messages as they come. */
    sorted(): Omit<TopicNumbers, "problem"> {
      const order = times.map((_, i) => i);
      if (times.some((time, i) => i > 0 && time < times[i - 1])) order.sort((a, b) => times[a] - times[b]);
      return {
        times: Float64Array.from(order, (i) => times[i]),
        columns: [...columns].map(([path, values]) => ({
          path,
          values: Float64Array.from(order, (i) => values[i] ?? Number.NaN),
        })),
      };
    },
  };
}

/** First and last time of a file without an index, and its channels: all of it is read once. [s] */
export async function readSpan(log: McapPieces): Promise<readonly [number, number]> {
  if (log.span !== undefined) return log.span;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let piece = 0; piece < log.sizes.length; piece++)
    for (const { time } of await log.read(piece)) {
      from = Math.min(from, time);
      to = Math.max(to, time);
    }
  return from <= to ? [from, to] : [0, 0];
}
