import { FormatError } from "../base/index.ts";
import { type FlatFile, type FlatTable, openFlatFile } from "./flat-table.ts";

/** Numbers of a column, as they lie in the file. */
export type ArrowNumbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** A column of an Arrow file. */
export type ArrowColumn = {
  readonly name: string;
  /** As apache-arrow writes it: `Utf8`, `Float64`, `FixedSizeList[3]<Float32>`, `List<Float32>`. */
  readonly type: string;
  /** Side by side, all rows. */
  readonly values: ArrowNumbers;
  /** Numbers in a row, where all rows have as many. */
  readonly width: number;
  /** Where each row begins and the last ends, where they do not. */
  readonly offsets?: Int32Array;
};

/** An Arrow file of at most one record batch. */
export type ArrowFile = {
  readonly metadata: ReadonlyMap<string, string>;
  readonly columns: readonly ArrowColumn[];
  /** Number of rows. */
  readonly length: number;
};

// Slots of the tables (format/File.fbs, Schema.fbs, Message.fbs).
const FOOTER = { schema: 1, dictionaries: 2, batches: 3 } as const;
const SCHEMA = { bigEndian: 0, fields: 1, metadata: 2 } as const;
const FIELD = { name: 0, kind: 2, type: 3, dictionary: 4, children: 5 } as const;
const PAIR = { key: 0, value: 1 } as const;
const MESSAGE = { kind: 1, header: 2 } as const;
const BATCH = { length: 0, nodes: 1, buffers: 2, compression: 3 } as const;
const RECORD_BATCH = 3;
const KIND = { int: 2, float: 3, binary: 4, utf8: 5, list: 12, fixedSizeList: 16 } as const;
// Structs. [bytes]
const BLOCK = 24;
const NODE = 16;
const BUFFER = 16;
/** Length of the footer (int32) and "ARROW1", after the footer. [bytes] */
const TAIL = 10;

const INTEGERS = {
  Int8: Int8Array,
  Int16: Int16Array,
  Int32: Int32Array,
  Int64: BigInt64Array,
  Uint8: Uint8Array,
  Uint16: Uint16Array,
  Uint32: Uint32Array,
  Uint64: BigUint64Array,
} as const;
const FLOATS = { Float32: Float32Array, Float64: Float64Array } as const;
const NUMBERS = { ...INTEGERS, ...FLOATS };
type NumberType = keyof typeof NUMBERS;

/** The type of a column, and how its rows lie. */
type ColumnType = {
  readonly name: string;
  readonly type: string;
  readonly items: NumberType;
  readonly layout: "flat" | "text" | "list" | "fixed";
  readonly width: number;
};

/**
 * Reads an Arrow IPC file: numbers, texts, and lists of numbers, without nulls, dictionaries or compression. Every
 * length is held against the file before it is used, so that no file takes longer or more memory than its size
 * gives reason for. The values are views of `bytes` where they are aligned there.
 *
 * Source: arrow.apache.org/docs/format/Columnar.html (IPC file format)
 *
 * @param bytes whose both ends are known to be an Arrow file's
 * @throws FormatError for what is damaged, or asks for more than that
 */
export function readArrowFile(bytes: Uint8Array): ArrowFile {
  try {
    return readFile(bytes);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof RangeError)) throw error;
    throw new FormatError(`damaged Arrow file: ${error.message}`, { cause: error });
  }
}

function readFile(bytes: Uint8Array): ArrowFile {
  const file = openFlatFile(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - TAIL;
  const footer = file.root(end - view.getInt32(end, true));
  const schema = footer.table(FOOTER.schema);
  if (schema === undefined) throw new FormatError("it has no schema");
  if (schema.i16(SCHEMA.bigEndian) !== 0) throw new FormatError("its numbers are big-endian");
  const metadata = new Map(
    schema.tables(SCHEMA.metadata).map((pair) => [pair.text(PAIR.key), pair.text(PAIR.value)]),
  );
  const types = schema.tables(SCHEMA.fields).map(typeOf);
  const blocks = footer.structs(FOOTER.batches, BLOCK);
  if (blocks.length > 1) throw new FormatError(`it has ${blocks.length} record batches, expected 1`);
  if (blocks.length === 0) return { metadata, columns: types.map(emptyColumn), length: 0 };

  const [begin, head, body] = [
    file.i64(blocks[0]),
    view.getInt32(blocks[0] + 8, true),
    file.i64(blocks[0] + 16),
  ];
  if (head < 0 || begin + head + body > end)
    throw new FormatError(`its record batch has ${head} + ${body} bytes from byte ${begin} on`);
  const continued = view.getInt32(begin, true) === -1;
  const message = file.root(begin + (continued ? 8 : 4));
  const batch = message.u8(MESSAGE.kind) === RECORD_BATCH ? message.table(MESSAGE.header) : undefined;
  if (batch === undefined) throw new FormatError(`byte ${begin} begins no record batch`);
  if (batch.at(BATCH.compression) !== undefined) throw new FormatError("it is compressed, expected plain");
  const from = begin + head;
  const take = createTaker(file, batch, bytes.subarray(from, from + body));
  const length = batch.i64(BATCH.length);
  return { metadata, columns: types.map((type) => readColumn(type, length, take)), length };
}

function typeOf(field: FlatTable): ColumnType {
  const name = field.text(FIELD.name);
  if (field.at(FIELD.dictionary) !== undefined)
    throw new FormatError(`its column "${name.slice(0, 40)}" is by dictionary`);
  const kind = field.u8(FIELD.kind);
  const type = field.table(FIELD.type);
  if (kind === KIND.utf8) return { name, type: "Utf8", items: "Uint8", layout: "text", width: 1 };
  if (kind === KIND.binary) return { name, type: "Binary", items: "Uint8", layout: "text", width: 1 };
  const isList = kind === KIND.list || kind === KIND.fixedSizeList;
  const items = isList ? numberType(field.tables(FIELD.children)[0]) : numberType(field);
  if (items === undefined || type === undefined)
    throw new FormatError(
      `its column "${name.slice(0, 40)}" has type ${kind}, expected numbers, texts or lists of numbers`,
    );
  if (!isList) return { name, type: items, items, layout: "flat", width: 1 };
  if (kind === KIND.list) return { name, type: `List<${items}>`, items, layout: "list", width: 1 };
  const width = type.i32(0);
  if (width < 0) throw new FormatError(`its column "${name.slice(0, 40)}" has ${width} numbers in a row`);
  return { name, type: `FixedSizeList[${width}]<${items}>`, items, layout: "fixed", width };
}

function numberType(field: FlatTable | undefined): NumberType | undefined {
  const type = field?.table(FIELD.type);
  const kind = field?.u8(FIELD.kind);
  if (type === undefined) return undefined;
  const found =
    kind === KIND.int
      ? `${type.u8(1) !== 0 ? "Int" : "Uint"}${type.i32(0)}`
      : kind === KIND.float
        ? `Float${16 * 2 ** type.i16(0)}`
        : "";
  return Object.hasOwn(NUMBERS, found) ? (found as NumberType) : undefined;
}

/** Gives a batch's nodes and buffers one after the other. */
type Taker = {
  /** Rows of the next column or of its items; none of them null. */
  node(): number;
  /** The first `count` elements of the next buffer, or all that there are. */
  buffer<T extends NumberType>(type: T, count?: number): InstanceType<(typeof NUMBERS)[T]>;
  /** Passes over the bits that would tell nulls. */
  skip(): void;
};

function createTaker(file: FlatFile, batch: FlatTable, body: Uint8Array): Taker {
  const nodes = batch.structs(BATCH.nodes, NODE);
  const buffers = batch.structs(BATCH.buffers, BUFFER);
  const next = (places: number[], at: number, what: string): number => {
    if (at >= places.length) throw new FormatError(`it has ${places.length} ${what}, its columns need more`);
    return places[at];
  };
  let node = 0;
  let buffer = 0;
  return {
    node() {
      const at = next(nodes, node++, "nodes");
      const nulls = file.i64(at + 8);
      if (nulls !== 0) throw new FormatError(`a column has ${nulls} nulls, expected none`);
      return file.i64(at);
    },
    skip: () => void buffer++,
    buffer(type, count) {
      const at = next(buffers, buffer++, "buffers");
      const [from, size] = [file.i64(at), file.i64(at + 8)];
      const Numbers = NUMBERS[type];
      const wanted = count ?? Math.floor(size / Numbers.BYTES_PER_ELEMENT);
      const bytes = wanted * Numbers.BYTES_PER_ELEMENT;
      if (bytes > size || from + size > body.length)
        throw new FormatError(`a buffer of ${size} bytes of ${body.length} should hold ${wanted} ${type}`);
      const part = body.subarray(from, from + bytes);
      const aligned = part.byteOffset % Numbers.BYTES_PER_ELEMENT === 0 ? part : new Uint8Array(part);
      return new Numbers(aligned.buffer as ArrayBuffer, aligned.byteOffset, wanted) as never;
    },
  };
}

function readColumn(
  { name, type, items, layout, width }: ColumnType,
  length: number,
  take: Taker,
): ArrowColumn {
  const rows = take.node();
  if (rows !== length)
    throw new FormatError(`its column "${name.slice(0, 40)}" has ${rows} rows, expected ${length}`);
  take.skip();
  if (layout === "flat") return { name, type, values: take.buffer(items, length), width };
  if (layout === "fixed") {
    take.node();
    take.skip();
    return { name, type, values: take.buffer(items, length * width), width };
  }
  // Of no rows there may be no offsets.
  const offsets = length === 0 ? take.buffer("Int32").slice(0, 0) : take.buffer("Int32", length + 1);
  const used = checkOffsets(name, offsets);
  if (layout === "list") {
    take.node();
    take.skip();
  }
  return { name, type, values: take.buffer(items, used), width, offsets };
}

/** How far the rows of a column reach. @throws FormatError where one ends before it begins */
function checkOffsets(name: string, offsets: Int32Array): number {
  let latest = 0;
  for (const offset of offsets) {
    if (offset < latest)
      throw new FormatError(
        `a row of its column "${name.slice(0, 40)}" ends at ${offset}, begins at ${latest}`,
      );
    latest = offset;
  }
  return latest;
}

function emptyColumn({ name, type, items, width }: ColumnType): ArrowColumn {
  return { name, type, values: new NUMBERS[items](0), width };
}
