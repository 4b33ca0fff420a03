import type { McapIndexedReader } from "@mcap/core";
import type { ByteSource } from "./byte-sink.ts";
import { MAGIC, OPCODE, RECORD_HEAD, walkRecords } from "./mcap-records.ts";

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
