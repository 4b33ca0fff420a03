import { McapIndexedReader } from "@mcap/core";
import { FormatError, messageOf } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import type { ByteSource } from "./byte-sink.ts";
import { describeForeign } from "./describe-foreign.ts";
import { type Complain, MAGIC, OPCODE, RECORD_HEAD, walkRecords } from "./mcap-records.ts";
import { type SummaryJson, summaryOfJson } from "./summary-json.ts";
import { LOG_FORMAT, RUN_METADATA, type RunMeta, SUMMARY_METADATA } from "./tick-record.ts";

/** Metadata records by name. */
export type Metadata = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The reader of a file with an index, and its metadata; undefined where there is none that leads to everything.
 *
 * @param complain told why, unless the file was meant to be so
 */
export async function openIndexed(
  source: ByteSource,
  complain: Complain,
): Promise<{ reader: Indexed; metadata: Metadata } | undefined> {
  try {
    if (await endsWithoutIndex(source)) return undefined;
    const reader = await McapIndexedReader.Initialize({ readable: source });
    if (!(await isWholeIndex(source, reader))) return undefined;
    const metadata = new Map<string, ReadonlyMap<string, string>>();
    for await (const record of reader.readMetadata()) metadata.set(record.name, record.metadata);
    return { reader, metadata };
  } catch (error) {
    complain(`the log has no readable index (${messageOf(error)}): what is there is read record by record`);
    return undefined;
  }
}

/** Checks the first bytes of a file that should be a log. @throws FormatError for what is empty, or no MCAP file */
export async function checkMagic(source: ByteSource): Promise<void> {
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

/**
 * What run a log is of.
 *
 * @throws FormatError for a file of someone else, which says what it holds, or a damaged record
 */
export async function parseRun(
  metadata: Metadata,
  problems: readonly string[],
  source: ByteSource,
): Promise<RunMeta> {
  const entries = metadata.get(RUN_METADATA);
  if (entries === undefined) {
    const why = problems.length === 0 ? "" : ` (${problems.join("; ")})`;
    const content = await describeForeign(source);
    throw new FormatError(
      `an MCAP file, but not a log of this program: it has no metadata record "${RUN_METADATA}"${why}` +
        (content === "" ? "" : `. ${content}`),
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

/** How the run ended; none where the log was cut short. */
export function parseSummary(metadata: Metadata, complain: Complain): DriveSummary | undefined {
  const entries = metadata.get(SUMMARY_METADATA);
  if (entries === undefined) return undefined;
  try {
    return summaryOfJson(JSON.parse(entries.get("summary") ?? "") as SummaryJson);
  } catch (error) {
    complain(`the summary cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** A reader of a file that has an index. */
export type Indexed = McapIndexedReader<unknown>;

/** A record that a reader by index would never see. */
const UNSEEN: ReadonlySet<number> = new Set([OPCODE.message, OPCODE.chunk, OPCODE.metadata]);

/**
 * Whether a file's index leads to all that is in it. MCAP lets a writer leave out any part of the index, and
 * write messages outside of chunks; only the bytes that the index does not account for are looked at.
 */
export async function isWholeIndex(source: ByteSource, reader: Indexed): Promise<boolean> {
  for (const { messageIndexOffsets } of reader.chunkIndexes) {
    if (messageIndexOffsets.size === 0) return false;
    for (const id of messageIndexOffsets.keys()) if (!reader.channelsById.has(id)) return false;
  }
  const known: [from: bigint, to: bigint][] = [
    ...reader.chunkIndexes.map(
      ({ chunkStartOffset: at, chunkLength, messageIndexLength }): [bigint, bigint] => [
        at,
        at + chunkLength + messageIndexLength,
      ],
    ),
    ...[...reader.attachmentIndexes, ...reader.metadataIndexes].map(
      ({ offset, length }): [bigint, bigint] => [offset, offset + length],
    ),
  ].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let at = BigInt(MAGIC.length);
  for (const [from, to] of [...known, [reader.footer.summaryStart, 0n] as const]) {
    if (from - at >= BigInt(RECORD_HEAD)) {
      for await (const { opcode, offset } of walkRecords(source, () => {}, at)) {
        if (offset >= from) break;
        if (UNSEEN.has(opcode)) return false;
      }
    }
    if (to > at) at = to;
  }
  return true;
}

/** Whether a file was ended as MCAP asks, by a writer that wrote no index. */
export async function endsWithoutIndex(source: ByteSource): Promise<boolean> {
  const length = BigInt(RECORD_HEAD + 8 + 8 + 4 + MAGIC.length);
  const size = await source.size();
  if (size < length + BigInt(MAGIC.length)) return false;
  const end = await source.read(size - length, length);
  const summaryStart = new DataView(end.buffer, end.byteOffset).getBigUint64(RECORD_HEAD, true);
  const magic = end.subarray(end.length - MAGIC.length);
  return end[0] === OPCODE.footer && summaryStart === 0n && magic.every((byte, i) => byte === MAGIC[i]);
}
