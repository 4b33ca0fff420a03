import { messageOf } from "../base/index.ts";
import type { ByteSource } from "./byte-sink.ts";
import { crc32 } from "./crc32.ts";
import { loadDecompress } from "./decompress.ts";
import { createCursor, type McapRecord, OPCODE, readRecord, recordsIn, walkRecords } from "./mcap-records.ts";

/**
 * Reads an MCAP file from its beginning to the last whole record, also inside a last chunk that was cut
 * off; a record that cannot be read is passed over.
 *
 * @param complain told what was passed over, for people
 */
export async function* salvage(
  source: ByteSource,
  complain: (problem: string) => void,
): AsyncGenerator<McapRecord> {
  const topics = new Map<number, string>();
  for await (const { opcode, offset, begin, length, whole } of walkRecords(source, complain)) {
    const where = `the record at byte ${offset}`;
    if (opcode === OPCODE.chunk) {
      const records = await openChunk(await source.read(begin, length), whole, where, complain);
      if (records !== undefined) yield* recordsIn(records, topics, where, complain);
    } else if (whole && LOOSE.has(opcode)) {
      const record = readRecord(opcode, await source.read(begin, length), topics, where, complain);
      if (record !== undefined) yield record;
    }
  }
}

/** What is of interest outside of chunks. */
const LOOSE: ReadonlySet<number> = new Set([OPCODE.channel, OPCODE.message, OPCODE.metadata]);

/**
 * The records of a chunk, decompressed; undefined where none can be had.
 *
 * @param chunk content of its record
 * @param whole whether its end is there
 */
export async function openChunk(
  chunk: Uint8Array,
  whole: boolean,
  where: string,
  complain: (problem: string) => void,
): Promise<Uint8Array | undefined> {
  let size: number;
  let checksum: number;
  let compression: string;
  let begin: number;
  try {
    const cursor = createCursor(chunk);
    cursor.skip(8 + 8);
    size = Number(cursor.u64());
    checksum = cursor.u32();
    compression = cursor.text();
    cursor.skip(8);
    begin = cursor.offset;
  } catch {
    return undefined; // cut off in its head, which was told already
  }
  let records: Uint8Array = chunk.subarray(begin);
  if (compression !== "") {
    const decompress = await loadDecompress(compression);
    if (decompress === undefined) {
      complain(`${where} is compressed with "${compression}", which this reader cannot undo`);
      return undefined;
    }
    try {
      records = decompress(records, size);
    } catch (error) {
      complain(`${where} is compressed with "${compression}" and damaged: ${messageOf(error)}`);
      return undefined;
    }
  }
  if (whole && checksum !== 0 && crc32(records) !== checksum)
    complain(`the checksum of ${where} is wrong: its messages may be damaged`);
  return records;
}
