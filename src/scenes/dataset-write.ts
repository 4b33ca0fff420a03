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
import { type DatasetSizes, datasetFields, NOT_REACHED, QP_COUNTS } from "./dataset-columns.ts";
import { type Example, isOccupied, isUnknown, packCells } from "./dataset-example.ts";
import { DATASET_FORMAT, type ShardInfo } from "./dataset-info.ts";
import { sealShard } from "./dataset-seal.ts";

/**
 * Writes examples as one Apache Arrow IPC file with one record batch and a checksum. Same examples, same bytes.
 *
 * @param examples all with the sizes of `info`
 * @throws ShapeError naming the column where one has other sizes
 */
export function writeShard(examples: readonly Example[], info: ShardInfo): Uint8Array {
  const fields = datasetFields(info.sizes);
  const metadata = new Map([
    ["format", DATASET_FORMAT],
    ["info", JSON.stringify(info)],
  ]);
  const schema = new Schema(fields, metadata);
  const values = columnValues(examples, info.sizes);
  const children = fields.map((field) => column(field, values[field.name], examples.length));
  const struct = makeData({ type: new Struct(fields), length: examples.length, nullCount: 0, children });
  return sealShard(tableToIPC(new Table(schema, [new RecordBatch(schema, struct)]), "file"));
}

type Values = readonly (number | string | ArrayLike<number>)[];

function columnValues(examples: readonly Example[], { N, nx, nu }: DatasetSizes): Record<string, Values> {
  const of = (pick: (e: Example) => Values[number]): Values => examples.map(pick);
  const none = {
    X: new Float32Array((N + 1) * nx),
    U: new Float32Array(N * nu),
    K: new Float32Array(N * nu * nx),
  };
  const join = (parts: readonly Float64Array[]): Float32Array => {
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const unknownPlane = (cells: Int8Array): Uint8Array =>
    cells.some(isUnknown) ? packCells(cells, isUnknown) : new Uint8Array(0);
  const counts = (qps: readonly (number | undefined)[] | undefined): number[] =>
    Array.from({ length: QP_COUNTS }, (_, i) => Math.min(qps?.[i] ?? NOT_REACHED, NOT_REACHED));
  return {
    kind: of((e) => e.kind),
    split: of((e) => e.split),
    family: of((e) => e.world.family),
    world: of((e) => e.world.seed),
    tick: of((e) => e.tick),
    robot: of((e) => e.robot),
    time: of((e) => e.scene.time),
    x: of((e) => e.scene.x),
    goal: of(({ scene: { goal } }) => [goal.x, goal.y, goal.yaw ?? Number.NaN]),
    final: of((e) => Number(e.scene.final)),
    margin: of((e) => e.margin),
    path: of((e) => e.scene.path),
    grid_origin: of(({ scene: { grid } }) => [grid.origin.x, grid.origin.y, grid.origin.yaw]),
    grid_resolution: of((e) => e.scene.grid.resolution),
    grid_width: of((e) => e.scene.grid.width),
    grid_height: of((e) => e.scene.grid.height),
    grid_occupied: of((e) => packCells(e.scene.grid.cells, isOccupied)),
    grid_unknown: of((e) => unknownPlane(e.scene.grid.cells)),
    has_last: of((e) => Number(e.lastPlan !== undefined)),
    last_X: of((e) => (e.lastPlan ?? none).X),
    last_U: of((e) => (e.lastPlan ?? none).U),
    last_K: of((e) => (e.lastPlan ?? none).K),
    X: of((e) => e.optimum.X),
    U: of((e) => e.optimum.U),
    Y: of((e) => e.optimum.Y),
    cost: of((e) => e.optimum.cost),
    merit: of((e) => e.optimum.merit),
    violation: of((e) => e.optimum.violation),
    status: of((e) => e.optimum.status),
    start: of((e) => e.optimum.start),
    qps_path: of((e) => counts(e.qps.path)),
    qps_shift: of((e) => counts(e.qps.shift)),
    alternative_X: of((e) => join(e.alternatives.map((a) => a.X))),
    alternative_U: of((e) => join(e.alternatives.map((a) => a.U))),
    alternative_merit: of((e) => e.alternatives.map((a) => a.merit)),
  };
}

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
