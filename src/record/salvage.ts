import type { ByteSource } from "./byte-sink.ts";
import { crc32 } from "./crc32.ts";

/** What can be picked out of an MCAP file record by record, without its index. */
type SalvagedRecord =
  | { readonly kind: "message"; readonly topic: string; readonly nanos: bigint; readonly data: Uint8Array }
  | { readonly kind: "metadata"; readonly name: string; readonly entries: ReadonlyMap<string, string> }
  | { readonly kind: "end" };

/** A record of a file, not read yet. */
export type RecordPlace = {
  readonly opcode: number;
  /** Of its opcode. [bytes] */ readonly offset: bigint;
  /** Of its content, as far as it is there. [bytes] */ readonly begin: bigint;
  readonly length: bigint;
  /** Whether all of it is there. */ readonly whole: boolean;
};

/** The first bytes of every MCAP file. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
/** The kinds of MCAP records, by their first byte. */
export const OPCODE = { channel: 0x04, message: 0x05, chunk: 0x06, metadata: 0x0c, dataEnd: 0x0f } as const;
/** Opcode and length of a record. */
const HEAD = 9;

/**
 * Reads an MCAP file from its beginning to the last whole record, also inside a last chunk that was cut
 * off; a record that cannot be read is passed over. Ends with `end` where the file's data are whole.
 *
 * Source: mcap.dev/spec (records; `<opcode u8><length u64>`, little-endian).
 *
 * @param complain told what was passed over, for people
 */
export async function* salvage(
  source: ByteSource,
  complain: (problem: string) => void,
): AsyncGenerator<SalvagedRecord> {
  const topics = new Map<number, string>();
  for await (const place of walkRecords(source, complain)) {
    const { opcode, offset, begin, length, whole } = place;
    if (opcode === OPCODE.dataEnd && whole) {
      yield { kind: "end" };
      return;
    }
    if (opcode !== OPCODE.chunk && !whole) continue;
    const body = await source.read(begin, length);
    const where = `the record at byte ${offset}`;
    if (opcode === OPCODE.chunk) yield* chunkRecords(body, whole, topics, where, complain);
    else yield* readRecord(opcode, body, topics, where, complain);
  }
}

/**
 * Where the records of a file are, from the first to the end of its data (with it) or to where it was cut off.
 *
 * @param complain told why it ends before the end of the data, for people
 */
export async function* walkRecords(
  source: ByteSource,
  complain: (problem: string) => void,
): AsyncGenerator<RecordPlace> {
  const size = await source.size();
  let offset = BigInt(MAGIC.length);
  while (offset + BigInt(HEAD) <= size) {
    const head = await source.read(offset, BigInt(HEAD));
    const opcode = head[0];
    const wanted = viewOf(head).getBigUint64(1, true);
    const begin = offset + BigInt(HEAD);
    const whole = begin + wanted <= size;
    if (opcode === 0) {
      complain(`byte ${offset} begins no record; what follows is lost`);
      return;
    }
    yield { opcode, offset, begin, length: whole ? wanted : size - begin, whole };
    if (opcode === OPCODE.dataEnd && whole) return;
    if (!whole) {
      complain(`the file was cut off at byte ${size}, in the middle of a record of ${wanted} bytes`);
      return;
    }
    offset = begin + wanted;
  }
  complain(`the file was cut off at byte ${size}, before its index`);
}

/** The whole records inside a chunk, whose end may be missing. */
export function* chunkRecords(
  chunk: Uint8Array,
  whole: boolean,
  topics: Map<number, string>,
  where: string,
  complain: (problem: string) => void,
): Generator<SalvagedRecord> {
  let offset: number;
  try {
    const cursor = createCursor(chunk);
    cursor.skip(8 + 8 + 8);
    const checksum = cursor.u32();
    const compression = cursor.text();
    if (compression !== "") {
      complain(`${where} is compressed with "${compression}", which this reader cannot undo`);
      return;
    }
    cursor.skip(8);
    offset = cursor.offset;
    if (whole && checksum !== 0 && crc32(chunk.subarray(offset)) !== checksum)
      complain(`the checksum of ${where} is wrong: its messages may be damaged`);
  } catch {
    return;
  }
  const view = viewOf(chunk);
  while (offset + HEAD <= chunk.length) {
    const length = Number(view.getBigUint64(offset + 1, true));
    const begin = offset + HEAD;
    if (begin + length > chunk.length) return;
    yield* readRecord(chunk[offset], chunk.subarray(begin, begin + length), topics, where, complain);
    offset = begin + length;
  }
}

function* readRecord(
  opcode: number,
  body: Uint8Array,
  topics: Map<number, string>,
  where: string,
  complain: (problem: string) => void,
): Generator<SalvagedRecord> {
  let record: SalvagedRecord | undefined;
  try {
    const cursor = createCursor(body);
    if (opcode === OPCODE.channel) {
      const id = cursor.u16();
      cursor.skip(2);
      topics.set(id, cursor.text());
    } else if (opcode === OPCODE.message) {
      const topic = topics.get(cursor.u16());
      cursor.skip(4);
      const nanos = cursor.u64();
      cursor.skip(8);
      if (topic !== undefined) record = { kind: "message", topic, nanos, data: body.subarray(cursor.offset) };
    } else if (opcode === OPCODE.metadata) {
      record = { kind: "metadata", name: cursor.text(), entries: cursor.map() };
    }
  } catch {
    complain(`${where} is damaged and was passed over`);
  }
  if (record !== undefined) yield record;
}

/** The content of a metadata record; undefined where it is damaged. */
export function metadataOf(
  body: Uint8Array,
): { readonly name: string; readonly entries: ReadonlyMap<string, string> } | undefined {
  try {
    const cursor = createCursor(body);
    return { name: cursor.text(), entries: cursor.map() };
  } catch {
    return undefined;
  }
}

/** Reads little-endian fields one after the other; throws RangeError past the end. */
function createCursor(bytes: Uint8Array) {
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const cursor = {
    offset: 0,
    skip(count: number): void {
      cursor.offset += count;
      if (cursor.offset > bytes.length) throw new RangeError("past the end");
    },
    u16(): number {
      cursor.skip(2);
      return view.getUint16(cursor.offset - 2, true);
    },
    u32(): number {
      cursor.skip(4);
      return view.getUint32(cursor.offset - 4, true);
    },
    u64(): bigint {
      cursor.skip(8);
      return view.getBigUint64(cursor.offset - 8, true);
    },
    text(): string {
      const length = cursor.u32();
      cursor.skip(length);
      return decoder.decode(bytes.subarray(cursor.offset - length, cursor.offset));
    },
    map(): Map<string, string> {
      const length = cursor.u32();
      const end = cursor.offset + length;
      const entries = new Map<string, string>();
      while (cursor.offset < end) entries.set(cursor.text(), cursor.text());
      return entries;
    },
  };
  return cursor;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
