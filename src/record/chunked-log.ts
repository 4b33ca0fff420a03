import { FormatError, messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import { type ByteSource, bytesSource } from "./byte-sink.ts";
import { checkMagic, type Indexed, type Metadata, openIndexed, parseRun, parseSummary } from "./log-head.ts";
import { type IndexEntry, readIndex } from "./log-index.ts";
import {
  type Complain,
  createDeclared,
  type Declared,
  type McapChannel,
  OPCODE,
  openChunk,
  RECORD_HEAD,
  readRecord,
  recordsIn,
  walkRecords,
} from "./mcap-records.ts";
import { RUN_METADATA, type RunMeta } from "./tick-record.ts";

/** A message as it lies in the file: JSON text, not read yet. */
export type RawMessage = {
  readonly topic: string;
  /** Number of its channel. */ readonly channel: number;
  /** Since the start. [s] */ readonly time: number;
  readonly data: Uint8Array;
};

/** A log that is read piece by piece, in any order; damage never throws, `problems` tells of it. */
export type ChunkedLog = McapPieces & {
  readonly meta: RunMeta;
  /** None where the log was cut short. */ readonly summary?: DriveSummary;
};

/** An MCAP file of any program, read piece by piece as {@link ChunkedLog}. */
export type McapPieces = {
  readonly metadata: Metadata;
  /** Channels by number; where the file has no index, as far as it was read. */
  readonly channels: ReadonlyMap<number, McapChannel>;
  /** Of its first and last message, where its index says so. [s] */ readonly span?: readonly [
    number,
    number,
  ];
  /** Whether a piece may hold messages of these topics. */
  holds(chunk: number, topics: readonly string[]): boolean;
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

/** Bytes of a file that are read together. */
type Piece = {
  readonly offset: bigint;
  readonly length: bigint;
  /** Whether it is the content of a chunk, or records that lie outside of any. */ readonly isChunk: boolean;
  /** Whether all of it is there. */ readonly whole: boolean;
  /** Numbers of its channels, where the index says so. */ readonly channels?: ReadonlySet<number>;
};

/** A head is read together with so much of what follows it: the indexes between two chunks are small. */
const WINDOW = 4096n;
/** Messages outside of chunks are read together up to so much. */
const MOST_LOOSE = 2n ** 17n;
/** Chunks that are held decompressed: several topics are looked up in one, one after the other. */
const HELD = 3;

/**
 * Opens a log to read it piece by piece: chunks of the file, by its index, or, where it has none that leads to
 * everything (a crash, a full disk, another writer), as they are found, and the messages outside of them. Logs of
 * any size fit, since only what is asked for is held.
 *
 * @throws FormatError for what is empty, no MCAP file, not of this program, or cut off before it says
 *   what run it is of
 */
export async function openChunkedLog(from: ByteSource | Uint8Array): Promise<ChunkedLog> {
  return openRun(from, createProblems());
}

/** {@link openChunkedLog}, with a list of problems that others add to. */
export async function openRun(
  from: ByteSource | Uint8Array,
  told: ReturnType<typeof createProblems>,
): Promise<ChunkedLog> {
  const source = from instanceof Uint8Array ? bytesSource(from) : from;
  return withRun(await openPieces(source, told), source, told);
}

async function withRun(
  pieces: McapPieces,
  source: ByteSource,
  told: ReturnType<typeof createProblems>,
): Promise<ChunkedLog> {
  const meta = await parseRun(pieces.metadata, told.problems, source);
  return { ...pieces, meta, summary: parseSummary(pieces.metadata, told.complain) };
}

/**
 * Opens an MCAP file of any program: a log of this one has `meta`.
 *
 * @throws FormatError for what is empty, no MCAP file, or has not a single message
 */
export async function openMcap(from: ByteSource | Uint8Array): Promise<ChunkedLog | McapPieces> {
  const source = from instanceof Uint8Array ? bytesSource(from) : from;
  const told = createProblems();
  const pieces = await openPieces(source, told);
  return pieces.metadata.has(RUN_METADATA) || pieces.sizes.length === 0
    ? withRun(pieces, source, told)
    : pieces;
}

/** A list of problems, each told once. */
export function createProblems(): { readonly problems: readonly string[]; readonly complain: Complain } {
  const problems: string[] = [];
  return { problems, complain: (one) => void (problems.includes(one) || problems.push(one)) };
}

async function openPieces(
  source: ByteSource,
  { problems, complain }: ReturnType<typeof createProblems>,
): Promise<McapPieces> {
  await checkMagic(source);
  const declared = createDeclared();
  const found = (await fromIndex(source, declared, complain)) ?? (await fromWalk(source, declared, complain));
  const { pieces, metadata, reader } = found;
  const records = createPieceReader(source, complain);
  return {
    metadata,
    channels: declared.channels,
    span: reader?.statistics && [
      Number(reader.statistics.messageStartTime) / 1e9,
      Number(reader.statistics.messageEndTime) / 1e9,
    ],
    holds(chunk, topics) {
      const held = pieces[chunk]?.channels;
      if (held === undefined) return true;
      for (const id of held) if (topics.includes(declared.channels.get(id)?.topic ?? "")) return true;
      return false;
    },
    problems,
    sizes: pieces.map((piece) => Number(piece.length)),
    async *index() {
      if (reader === undefined) throw new FormatError("the log has no index");
      const offsets = pieces.map((piece) => Number(piece.offset) - RECORD_HEAD);
      try {
        yield* readIndex(reader, offsets);
      } catch (error) {
        if (error instanceof FormatError) throw error;
        throw new FormatError(`the log's index is damaged: ${messageOf(error)}`, { cause: error });
      }
    },
    async read(chunk, topics) {
      const piece = pieces[chunk];
      if (piece === undefined) throw new RangeError(`chunk ${chunk} of ${pieces.length}`);
      const messages: RawMessage[] = [];
      for (const record of recordsIn(await records(piece), declared, whereOf(piece), complain)) {
        if (record.kind !== "message" || topics?.includes(record.topic) === false) continue;
        messages.push({
          topic: record.topic,
          channel: record.channel,
          time: Number(record.nanos) / 1e9,
          data: record.data,
        });
      }
      return messages;
    },
  };
}

const whereOf = ({ offset, isChunk }: Piece): string =>
  `the record at byte ${isChunk ? Number(offset) - RECORD_HEAD : offset}`;

/** Reads pieces; the last few that had to be decompressed are held. */
function createPieceReader(source: ByteSource, complain: Complain) {
  const held = new Map<bigint, Uint8Array>();
  return async (piece: Piece): Promise<Uint8Array> => {
    const known = held.get(piece.offset);
    if (known !== undefined) return known;
    const body = await source.read(piece.offset, piece.length);
    if (!piece.isChunk) return body;
    const records = (await openChunk(body, piece.whole, whereOf(piece), complain)) ?? new Uint8Array(0);
    if (records.buffer !== body.buffer) {
      held.set(piece.offset, records);
      if (held.size > HELD) held.delete(held.keys().next().value!);
    }
    return records;
  };
}

type Found = {
  readonly pieces: readonly Piece[];
  readonly metadata: Metadata;
  readonly reader?: Indexed;
};

async function fromIndex(
  source: ByteSource,
  declared: Declared,
  complain: Complain,
): Promise<Found | undefined> {
  const opened = await openIndexed(source, complain);
  if (opened === undefined) return undefined;
  const { reader, metadata } = opened;
  for (const [id, { topic, messageEncoding, schemaId }] of reader.channelsById) {
    const schema = reader.schemasById.get(schemaId);
    declared.channels.set(id, {
      topic,
      messageEncoding,
      schemaName: schema?.name ?? "",
      schemaEncoding: schema?.encoding ?? "",
      schema: schema?.data ?? new Uint8Array(0),
    });
  }
  const size = await source.size();
  const head = BigInt(RECORD_HEAD);
  const pieces: Piece[] = [];
  for (const { chunkStartOffset: offset, chunkLength, messageIndexOffsets } of reader.chunkIndexes) {
    if (chunkLength < head || offset + chunkLength > size) {
      complain(`the index names a chunk at byte ${offset} that is not there`);
      continue;
    }
    pieces.push({
      offset: offset + head,
      length: chunkLength - head,
      isChunk: true,
      whole: true,
      channels: new Set(messageIndexOffsets.keys()),
    });
  }
  pieces.sort((a, b) => Number(a.offset - b.offset));
  return { pieces, metadata, reader };
}

async function fromWalk(source: ByteSource, declared: Declared, complain: Complain): Promise<Found> {
  const pieces: Piece[] = [];
  const metadata = new Map<string, ReadonlyMap<string, string>>();
  const near = withWindow(source);
  /** Where a run of messages outside of chunks begins. */
  let loose: bigint | undefined;
  const endLoose = (end: bigint): void => {
    if (loose !== undefined) pieces.push({ offset: loose, length: end - loose, isChunk: false, whole: true });
    loose = undefined;
  };
  let end = 0n;
  try {
    for await (const { opcode, offset, begin, length, whole } of walkRecords(near, complain)) {
      if (loose !== undefined && (opcode !== OPCODE.message || !whole || begin + length - loose > MOST_LOOSE))
        endLoose(offset);
      if (opcode === OPCODE.message && whole) loose ??= offset;
      end = begin + length;
      if (opcode === OPCODE.chunk) pieces.push({ offset: begin, length, isChunk: true, whole });
      if (!whole || !DECLARING.has(opcode)) continue;
      const body = await near.read(begin, length);
      const record = readRecord(opcode, body, declared, `the record at byte ${offset}`, complain);
      if (record?.kind === "metadata") metadata.set(record.name, record.entries);
    }
  } catch (error) {
    complain(`reading stopped: ${messageOf(error)}`);
  }
  endLoose(end);
  return { pieces, metadata };
}

const DECLARING: ReadonlySet<number> = new Set([OPCODE.metadata, OPCODE.channel, OPCODE.schema]);

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
