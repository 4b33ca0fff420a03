import { FormatError, messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import { type ByteSource, bytesSource } from "./byte-sink.ts";

import { checkMagic, type Indexed, type Metadata, openIndexed, parseRun, parseSummary } from "./log-head.ts";
import { type IndexEntry, readIndex } from "./log-index.ts";
import { chunkRecords, metadataOf, OPCODE, type RecordPlace, walkRecords } from "./salvage.ts";
import type { RunMeta } from "./tick-record.ts";

/** A message as it lies in the file: JSON text, not read yet. */
export type RawMessage = {
  readonly topic: string;
  /** Since the start. [s] */ readonly time: number;
  readonly data: Uint8Array;
};

/** A log that is read piece by piece, in any order; damage never throws, `problems` tells of it. */
export type ChunkedLog = {
  readonly meta: RunMeta;
  /** None where the log was cut short. */ readonly summary?: DriveSummary;
  /** What is missing or damaged, for people; grows while the log is read. */
  readonly problems: readonly string[];
  /** Of each piece, in order. [bytes] */ readonly sizes: readonly number[];
  /**
   * The messages of a piece, in order.
   *
   * @param topics those wanted; all by default
   * @throws RangeError for a piece there is not; what the source throws
   */
  read(chunk: number, topics?: readonly string[]): Promise<RawMessage[]>;
  /**
   * What the log says of itself without being read: its ticks without their trajectories, and where all lies.
   *
   * @throws FormatError, also after some parts, where it says nothing that can be relied on
   */
  index(): AsyncGenerator<readonly IndexEntry[]>;
};

/** A head is read together with so much of what follows it: the indexes between two chunks are small. */
const WINDOW = 4096n;

/**
 * Opens a log to read it piece by piece: chunks of the file, by its index, or, where it has none (a crash,
 * a full disk), as they are found. Logs of any size fit, since only what is asked for is held.
 *
 * @throws FormatError for what is empty, no MCAP file, not of this program, or cut off before it says
 *   what run it is of
 */
export async function openChunkedLog(from: ByteSource | Uint8Array): Promise<ChunkedLog> {
  const source = from instanceof Uint8Array ? bytesSource(from) : from;
  await checkMagic(source);
  const problems: string[] = [];
  const complain = (problem: string): void => {
    if (!problems.includes(problem)) problems.push(problem);
  };
  const topicsById = new Map<number, string>();
  const found = (await fromIndex(source, topicsById, complain)) ?? (await fromWalk(source, complain));
  const { chunks, metadata, reader } = found;
  return {
    meta: parseRun(metadata, problems),
    summary: parseSummary(metadata, complain),
    problems,
    sizes: chunks.map((place) => Number(place.length)),
    async *index() {
      if (reader === undefined) throw new FormatError("the log has no index");
      yield* readIndex(
        reader,
        chunks.map((place) => Number(place.offset)),
      );
    },
    async read(chunk, topics) {
      const place = chunks[chunk];
      if (place === undefined) throw new RangeError(`chunk ${chunk} of ${chunks.length}`);
      const body = await source.read(place.begin, place.length);
      const messages: RawMessage[] = [];
      const where = `the record at byte ${place.offset}`;
      for (const record of chunkRecords(body, place.whole, topicsById, where, complain)) {
        if (record.kind !== "message" || topics?.includes(record.topic) === false) continue;
        messages.push({ topic: record.topic, time: Number(record.nanos) / 1e9, data: record.data });
      }
      return messages;
    },
  };
}

type Found = {
  readonly chunks: readonly RecordPlace[];
  readonly metadata: Metadata;
  readonly reader?: Indexed;
};

async function fromIndex(
  source: ByteSource,
  topicsById: Map<number, string>,
  complain: (problem: string) => void,
): Promise<Found | undefined> {
  const opened = await openIndexed(source, complain);
  if (opened === undefined) return undefined;
  const { reader, metadata } = opened;
  for (const [id, channel] of reader.channelsById) topicsById.set(id, channel.topic);
  const size = await source.size();
  const chunks: RecordPlace[] = [];
  for (const { chunkStartOffset: offset, chunkLength } of reader.chunkIndexes) {
    if (chunkLength < 9n || offset + chunkLength > size) {
      complain(`the index names a chunk at byte ${offset} that is not there`);
      continue;
    }
    chunks.push({ opcode: OPCODE.chunk, offset, begin: offset + 9n, length: chunkLength - 9n, whole: true });
  }
  chunks.sort((a, b) => Number(a.offset - b.offset));
  return { chunks, metadata, reader };
}

async function fromWalk(source: ByteSource, complain: (problem: string) => void): Promise<Found> {
  const chunks: RecordPlace[] = [];
  const metadata = new Map<string, ReadonlyMap<string, string>>();
  const near = withWindow(source);
  try {
    for await (const place of walkRecords(near, complain)) {
      if (place.opcode === OPCODE.chunk) chunks.push(place);
      if (place.opcode !== OPCODE.metadata || !place.whole) continue;
      const record = metadataOf(await near.read(place.begin, place.length));
      if (record !== undefined) metadata.set(record.name, record.entries);
    }
  } catch (error) {
    complain(`reading stopped: ${messageOf(error)}`);
  }
  return { chunks, metadata };
}

/** Small reads are served from what was read around the last one. */
function withWindow(source: ByteSource): ByteSource {
  let from = 0n;
  let window = new Uint8Array(0);
  return {
    size: () => source.size(),
    async read(offset, length) {
      const end = from + BigInt(window.length);
      if (length > WINDOW) return source.read(offset, length);
      if (offset < from || offset + length > end) {
        const left = (await source.size()) - offset;
        const wanted = left < WINDOW ? left : WINDOW;
        window = new Uint8Array(await source.read(offset, wanted > length ? wanted : length));
        from = offset;
      }
      return window.subarray(Number(offset - from), Number(offset - from + length));
    },
  };
}
