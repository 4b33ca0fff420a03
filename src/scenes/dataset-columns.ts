import {
  Binary,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  List,
  Uint8,
  Utf8,
} from "apache-arrow";

/** Sizes that shape the columns of a data set. */
export type DatasetSizes = {
  readonly nx: number;
  readonly nu: number;
  readonly N: number;
  /** Multipliers per stage: rows and both sides of the state box. */
  readonly m: number;
};

/** The tolerances to which QPs are counted. */
export const QP_COUNTS = 2;
/** Count of QPs where a start did not get to the tolerance, or was not there. */
export const NOT_REACHED = 255;

const item = (type: DataType): Field => new Field("item", type, false);
const fixed = (size: number, type: DataType): DataType => new FixedSizeList(size, item(type));
const list = (type: DataType): DataType => new List(item(type));

/** The columns of a shard, in their order; none has nulls. datasets/README.md says what is in them. */
export function datasetFields({ nx, nu, N, m }: DatasetSizes): Field[] {
  const f32 = new Float32();
  const f64 = new Float64();
  const columns: Record<string, DataType> = {
    kind: new Utf8(),
    split: new Utf8(),
    family: new Utf8(),
    world: new Int32(),
    tick: new Int32(),
    robot: new Utf8(),
    time: f64,
    x: fixed(nx, f32),
    goal: fixed(3, f32),
    final: new Uint8(),
    margin: f64,
    path: list(f32),
    grid_origin: fixed(3, f64),
    grid_resolution: f64,
    grid_width: new Int32(),
    grid_height: new Int32(),
    grid_occupied: new Binary(),
    grid_unknown: new Binary(),
    has_last: new Uint8(),
    last_X: fixed((N + 1) * nx, f32),
    last_U: fixed(N * nu, f32),
    last_K: fixed(N * nu * nx, f32),
    X: fixed((N + 1) * nx, f32),
    U: fixed(N * nu, f32),
    Y: fixed((N + 1) * m, f32),
    cost: f64,
    merit: f64,
    violation: f64,
    status: new Utf8(),
    start: new Utf8(),
    qps_path: fixed(QP_COUNTS, new Uint8()),
    qps_shift: fixed(QP_COUNTS, new Uint8()),
    alternative_X: list(f32),
    alternative_U: list(f32),
    alternative_merit: list(f64),
  };
  return Object.entries(columns).map(([name, type]) => new Field(name, type, false));
}
