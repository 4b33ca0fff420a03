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
import { ShapeError } from "../base/index.ts";
import { type DatasetColumn, datasetColumns } from "./dataset-columns.ts";
import type { Example } from "./dataset-example.ts";
import { DATASET_FORMAT, type ShardInfo } from "./dataset-info.ts";
import { sealShard } from "./dataset-seal.ts";

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
