import { crc32, messageOf } from "../base/index.ts";
import type { ByteSource } from "./byte-sink.ts";
import { loadDecompress } from "./decompress.ts";

/** Is told what is wrong with a file, for people. */
export type Complain = (problem: string) => void;

/** What a record says, as far as this program asks. */
export type McapRecord =
  | {
      readonly kind: "message";
      readonly channel: number;
      readonly topic: string;
      readonly nanos: bigint;
      readonly data: Uint8Array;
    }
  | { readonly kind: "metadata"; readonly name: string; readonly entries: ReadonlyMap<string, string> };

/** A channel of an MCAP file as its records declare it. */
export type McapChannel = {
  readonly topic: string;
  /** How messages are written: "json", "protobuf", "ros1", "cdr". */ readonly messageEncoding: string;
  /** "" where the channel has no schema. */ readonly schemaName: string;
  readonly schemaEncoding: string;
  readonly schema: Uint8Array;
};

type McapSchema = Pick<McapChannel, "schemaName" | "schemaEncoding" | "schema">;
const NO_SCHEMA: McapSchema = { schemaName: "", schemaEncoding: "", schema: new Uint8Array(0) };

/** What a file's records have declared so far, by number. */
export type Declared = {
  readonly schemas: Map<number, McapSchema>;
  readonly channels: Map<number, McapChannel>;
};

/** Nothing yet. */
export function createDeclared(): Declared {
  return { schemas: new Map(), channels: new Map() };
}

/** A record of a file, not read yet. */
type RecordPlace = {
  readonly opcode: number;
  /** Of its opcode. [bytes] */ readonly offset: bigint;
  /** Of its content, as far as it is there. [bytes] */ readonly begin: bigint;
  readonly length: bigint;
  /** Whether all of it is there. */ readonly whole: boolean;
};

/** The first bytes of every MCAP file, and the last. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
/** The kinds of MCAP records, by their first byte. */
export const OPCODE = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  metadata: 0x0c,
  dataEnd: 0x0f,
} as const;
/** Opcode and length of a record. [bytes] */
export const RECORD_HEAD = 9;

/**
 * Where the records of a file are, from the first to the end of its data (with it) or to where it was cut off.
 *
 * Source: mcap.dev/spec (records; `<opcode u8><length u64>`, little-endian).
 *
 * @param complain told why it ends before the end of the data, for people
 */
export async function* walkRecords(
  source: ByteSource,
  complain: Complain,
  from = BigInt(MAGIC.length),
): AsyncGenerator<RecordPlace> {
  const size = await source.size();
  let offset = from;
  while (offset + BigInt(RECORD_HEAD) <= size) {
    const head = await source.read(offset, BigInt(RECORD_HEAD));
    const opcode = head[0];
    const wanted = viewOf(head).getBigUint64(1, true);
    const begin = offset + BigInt(RECORD_HEAD);
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

/** The whole records in some bytes, one after the other; the last may be missing its end. */
export function* recordsIn(
  bytes: Uint8Array,
  declared: Declared,
  where: string,
  complain: Complain,
): Generator<McapRecord> {
  const view = viewOf(bytes);
  for (let offset = 0; offset + RECORD_HEAD <= bytes.length; ) {
    const length = Number(view.getBigUint64(offset + 1, true));
    const begin = offset + RECORD_HEAD;
    if (begin + length > bytes.length) return;
    const record = readRecord(
      bytes[offset],
      bytes.subarray(begin, begin + length),
      declared,
      where,
      complain,
    );
    if (record !== undefined) yield record;
    offset = begin + length;
  }
}

/** What a record says; schemas and channels are put into `declared`. A damaged record says nothing. */
export function readRecord(
  opcode: number,
  body: Uint8Array,
  declared: Declared,
  where: string,
  complain: Complain,
): McapRecord | undefined {
  try {
    const cursor = createCursor(body);
    if (opcode === OPCODE.channel) {
      const id = cursor.u16();
      const schema = declared.schemas.get(cursor.u16()) ?? NO_SCHEMA;
      const topic = cursor.text();
      declared.channels.set(id, { topic, messageEncoding: cursor.text(), ...schema });
    } else if (opcode === OPCODE.schema) {
      const id = cursor.u16();
      const [schemaName, schemaEncoding] = [cursor.text(), cursor.text()];
      declared.schemas.set(id, { schemaName, schemaEncoding, schema: new Uint8Array(cursor.bytes()) });
    } else if (opcode === OPCODE.message) {
      const channel = cursor.u16();
      const topic = declared.channels.get(channel)?.topic;
      cursor.skip(4);
      const nanos = cursor.u64();
      cursor.skip(8);
      if (topic !== undefined)
        return { kind: "message", channel, topic, nanos, data: body.subarray(cursor.offset) };
    } else if (opcode === OPCODE.metadata) {
      return { kind: "metadata", name: cursor.text(), entries: cursor.map() };
    }
  } catch {
    complain(`${where} is damaged and was passed over`);
  }
  return undefined;
}

/** Reads little-endian fields one after the other; throws RangeError past the end. */
export function createCursor(bytes: Uint8Array) {
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
    bytes(): Uint8Array {
      const length = cursor.u32();
      cursor.skip(length);
      return bytes.subarray(cursor.offset - length, cursor.offset);
    },
    text: (): string => decoder.decode(cursor.bytes()),
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
  complain: Complain,
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
