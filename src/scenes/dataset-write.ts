import {
  Binary,
  type Data,
  type DataType,
  type Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint8 as Uint8Type,
  Utf8,
} from "apache-arrow";
import { FormatError, ShapeError } from "../base/index.ts";
import { DATASET_FORMAT, type DatasetColumn, datasetColumns, type ShardInfo } from "./dataset-columns.ts";
import type { Example } from "./dataset-example.ts";

/**
 * Writes examples as one Apache Arrow IPC file with one record batch and a checksum. Same examples, same bytes.
 *
 * @param examples all with the sizes of `info`
 * @throws ShapeError naming the column where one has other sizes
 */
export function writeShard(examples: readonly Example[], info: ShardInfo): Uint8Array {
  const columns = datasetColumns(info.sizes);
  const fields = columns.map(({ field }) => field);
  const metadata = new Map([
    ["format", DATASET_FORMAT],
    ["info", JSON.stringify(info)],
  ]);
  const schema = new Schema(fields, metadata);
  const children = columns.map(({ field, of }) => column(field, examples.map(of), examples.length));
  const struct = makeData({ type: new Struct(fields), length: examples.length, nullCount: 0, children });
  return sealShard(tableToIPC(new Table(schema, [new RecordBatch(schema, struct)]), "file"));
}

type Values = readonly ReturnType<DatasetColumn["of"]>[];

/** One column as Arrow data: numbers side by side, with offsets where rows differ in length. */
function column({ name, type }: Field, values: Values, length: number): Data {
  if (type instanceof Utf8 || type instanceof Binary) {
    const encoder = new TextEncoder();
    const rows = values.map((v) => (typeof v === "string" ? encoder.encode(v) : (v as Uint8Array)));
    const { valueOffsets, data } = concatenate(rows, Uint8Array);
    return makeData({ type: type as Utf8, length, nullCount: 0, valueOffsets, data: data as Uint8Array });
  }
  if (type instanceof FixedSizeList) {
    const rows = values as readonly ArrayLike<number>[];
    const wrong = rows.find((row) => row.length !== type.listSize);
    if (wrong !== undefined)
      throw new ShapeError(`column ${name} has a row of ${wrong.length} numbers, expected ${type.listSize}`);
    const { data } = concatenate(rows, arrayOf(type.children[0].type));
    return makeData({ type, length, nullCount: 0, child: flat(type.children[0].type, data) });
  }
  if (type instanceof List) {
    const { valueOffsets, data } = concatenate(values as ArrayLike<number>[], arrayOf(type.children[0].type));
    return makeData({ type, length, nullCount: 0, valueOffsets, child: flat(type.children[0].type, data) });
  }
  return flat(type, arrayOf(type).from(values as readonly number[]));
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;
type NumbersConstructor = { new (length: number): Numbers; from(values: ArrayLike<number>): Numbers };

function arrayOf(type: DataType): NumbersConstructor {
  if (type instanceof Float32) return Float32Array;
  if (type instanceof Float64) return Float64Array;
  if (type instanceof Int32) return Int32Array;
  if (type instanceof Uint8Type) return Uint8Array;
  throw new TypeError(`no column of type ${type} in a data set`);
}

function flat(type: DataType, data: Numbers): Data {
  return makeData({ type: type as Float64, length: data.length, nullCount: 0, data: data as Float64Array });
}

function concatenate(
  rows: readonly ArrayLike<number>[],
  make: NumbersConstructor,
): { valueOffsets: Int32Array; data: Numbers } {
  const valueOffsets = new Int32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) valueOffsets[i + 1] = valueOffsets[i] + rows[i].length;
  const data = new make(valueOffsets[rows.length]);
  for (let i = 0; i < rows.length; i++) data.set(rows[i], valueOffsets[i]);
  return { valueOffsets, data };
}

// An Arrow file ends in its footer, the footer's length (int32) and "ARROW1". What lies before the footer is found
// through it, so that a gap there is nobody's: a shard has its checksum in one. Without it damage would reach Arrow's
// reader, which takes lengths for granted and can loop for minutes over one that is wrong.

const MAGIC = "ARROW1";
/** Eight letters, the checksum (uint32, little-endian), four zeros: Arrow aligns to eight bytes. */
const TAG = "mnemoFNV";
const SEAL = 16;
const TAIL = 4 + MAGIC.length;

/** A shard's bytes with their checksum. */
export function sealShard(bytes: Uint8Array): Uint8Array {
  const at = footerAt(bytes);
  const sealed = new Uint8Array(bytes.length + SEAL);
  sealed.set(bytes.subarray(0, at));
  for (let i = 0; i < TAG.length; i++) sealed[at + i] = TAG.charCodeAt(i);
  sealed.set(bytes.subarray(at), at + SEAL);
  new DataView(sealed.buffer).setUint32(at + TAG.length, checksum(sealed, at), true);
  return sealed;
}

/**
 * Checks both ends of an Arrow file and, where it has one, its checksum.
 *
 * @throws FormatError for bytes that are no Arrow file, cut off or damaged
 */
export function checkSeal(bytes: Uint8Array): void {
  if (bytes.length < MAGIC.length || !spells(bytes, 0, MAGIC))
    throw new FormatError(`not an Arrow file: it does not begin with ${MAGIC}`);
  if (!spells(bytes, bytes.length - MAGIC.length, MAGIC))
    throw new FormatError(`Arrow file is cut off: it does not end with ${MAGIC}`);
  const at = footerAt(bytes) - SEAL;
  if (at < 0 || !spells(bytes, at, TAG)) return; // another program's file
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [said, found] = [view.getUint32(at + TAG.length, true), checksum(bytes, at)];
  if (said !== found)
    throw new FormatError(
      `damaged shard: its checksum is ${found.toString(16)}, expected ${said.toString(16)}; collect it again`,
    );
}

/** @throws FormatError where there is no room for a footer of the length that the file says it has */
function footerAt(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 2 * TAIL ? -1 : view.getInt32(bytes.length - TAIL, true);
  const at = bytes.length - TAIL - length;
  if (length <= 0 || at < MAGIC.length)
    throw new FormatError(`damaged Arrow file: its footer has ${length} of ${bytes.length} bytes`);
  return at;
}

/**
 * FNV-1a over the words (int32) before the seal and the bytes behind it. A change of one word or byte always
 * changes it: each step is one-to-one.
 *
 * Source: G. Fowler, L. C. Noll, K.-P. Vo, 1991, with words for bytes.
 */
function checksum(bytes: Uint8Array, seal: number): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Int32Array(whole.buffer, whole.byteOffset, seal >> 2);
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 0x01000193);
  for (let i = 4 * words.length; i < seal; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  for (let i = seal + SEAL; i < bytes.length; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return h >>> 0;
}

function spells(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
