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
import { FormatError, parseJson } from "../base/index.ts";
import type { Robot } from "../sim/index.ts";
import type { SeenMover } from "../track/index.ts";
import { type Example, isOccupied, isUnknown, packCells } from "./dataset-example.ts";
import { splitMultipliers } from "./mover-multipliers.ts";

/** Sizes that shape the columns of a data set. */
export type DatasetSizes = {
  readonly nx: number;
  readonly nu: number;
  readonly N: number;
  /** Multipliers per stage: rows and both sides of the state box. */
  readonly m: number;
};

/** A column of a shard: its name and type, and what an example has in it. */
export type DatasetColumn = {
  readonly field: Field;
  /** Shards of earlier versions lack it; their examples have nothing of the kind. */
  readonly added: boolean;
  of(example: Example): number | string | ArrayLike<number>;
};

/** The tolerances to which QPs are counted. */
const QP_COUNTS = 2;
/** Count of QPs where a start did not get to the tolerance, or was not there. */
export const NOT_REACHED = 255;

const item = (type: DataType): Field => new Field("item", type, false);
const fixed = (size: number, type: DataType): DataType => new FixedSizeList(size, item(type));
const list = (type: DataType): DataType => new List(item(type));

/** The columns of a shard, in their order; none has nulls. datasets/README.md says what is in them. */
export function datasetColumns({ nx, nu, N, m }: DatasetSizes): DatasetColumn[] {
  const [text, bytes, u8, i32, f32, f64] = [
    new Utf8(),
    new Binary(),
    new Uint8(),
    new Int32(),
    new Float32(),
    new Float64(),
  ];
  type Row = readonly [type: DataType, of: DatasetColumn["of"], added?: "added"];
  const standing = { N, rows: m - 2 * nu, m };
  const columns: Record<string, Row> = {
    kind: [text, (e) => e.kind],
    split: [text, (e) => e.split],
    family: [text, (e) => e.world.family],
    world: [i32, (e) => e.world.seed],
    tick: [i32, (e) => e.tick],
    robot: [text, (e) => e.robot],
    time: [f64, (e) => e.scene.time],
    x: [fixed(nx, f32), (e) => e.scene.x],
    goal: [fixed(3, f32), ({ scene: { goal } }) => [goal.x, goal.y, goal.yaw ?? Number.NaN]],
    final: [u8, (e) => Number(e.scene.final)],
    margin: [f64, (e) => e.margin],
    path: [list(f32), (e) => e.scene.path],
    grid_origin: [fixed(3, f64), ({ scene: { grid } }) => [grid.origin.x, grid.origin.y, grid.origin.yaw]],
    grid_resolution: [f64, (e) => e.scene.grid.resolution],
    grid_width: [i32, (e) => e.scene.grid.width],
    grid_height: [i32, (e) => e.scene.grid.height],
    grid_occupied: [bytes, (e) => packCells(e.scene.grid.cells, isOccupied)],
    grid_unknown: [bytes, (e) => unknownPlane(e.scene.grid.cells)],
    has_last: [u8, (e) => Number(e.lastPlan !== undefined)],
    last_X: [fixed((N + 1) * nx, f32), (e) => e.lastPlan?.X ?? new Float32Array((N + 1) * nx)],
    last_U: [fixed(N * nu, f32), (e) => e.lastPlan?.U ?? new Float32Array(N * nu)],
    last_K: [fixed(N * nu * nx, f32), (e) => e.lastPlan?.K ?? new Float32Array(N * nu * nx)],
    X: [fixed((N + 1) * nx, f32), (e) => e.optimum.X],
    U: [fixed(N * nu, f32), (e) => e.optimum.U],
    // Stage 0 has no constraints: its block is zeros.
    Y: [
      fixed((N + 1) * m, f32),
      (e) => [...new Float64Array(m), ...splitMultipliers(e.optimum.Y, standing).Y],
    ],
    cost: [f64, (e) => e.optimum.cost],
    merit: [f64, (e) => e.optimum.merit],
    violation: [f64, (e) => e.optimum.violation],
    status: [text, (e) => e.optimum.status],
    start: [text, (e) => e.optimum.start],
    qps_path: [fixed(QP_COUNTS, u8), (e) => counts(e.qps.path)],
    qps_shift: [fixed(QP_COUNTS, u8), (e) => counts(e.qps.shift)],
    alternative_X: [list(f32), (e) => e.alternatives.flatMap(({ X }) => [...X])],
    alternative_U: [list(f32), (e) => e.alternatives.flatMap(({ U }) => [...U])],
    alternative_merit: [list(f64), (e) => e.alternatives.map(({ merit }) => merit)],
    map: [text, (e) => e.world.map ?? "", "added"],
    world_scale: [f64, (e) => e.world.scale ?? 1, "added"],
    track_headings: [list(f32), (e) => e.scene.track?.headings ?? [], "added"],
    track_direction: [i32, (e) => e.scene.track?.direction ?? 0, "added"],
    track_known: [f64, (e) => e.scene.track?.known ?? Number.POSITIVE_INFINITY, "added"],
    movers: [list(f64), (e) => (e.scene.movers ?? []).flatMap(moverNumbers), "added"],
    Y_movers: [list(f32), (e) => splitMultipliers(e.optimum.Y, standing).movers, "added"],
  };
  return Object.entries(columns).map(([name, [type, of, added]]) => ({
    field: new Field(name, type, false),
    of,
    added: added === "added",
  }));
}

function unknownPlane(cells: Int8Array): Uint8Array {
  return cells.some(isUnknown) ? packCells(cells, isUnknown) : new Uint8Array(0);
}

function counts(qps: readonly (number | undefined)[] = []): number[] {
  return Array.from({ length: QP_COUNTS }, (_, i) => Math.min(qps[i] ?? NOT_REACHED, NOT_REACHED));
}

/** Numbers of a mover in a row's `movers`: id, x, y, vx, vy, radius, and the deviations of place and speed or NaN. */
export const MOVER_NUMBERS = 8;

function moverNumbers({ id, x, y, vx, vy, radius, deviation }: SeenMover): number[] {
  return [id, x, y, vx, vy, radius, deviation?.place ?? Number.NaN, deviation?.speed ?? Number.NaN];
}

/** Name and version of the format; a reader takes no other. */
export const DATASET_FORMAT = "mnemosyne-dataset-1";

/** What a shard says about itself, in the metadata of its schema. */
export type ShardInfo = {
  readonly sizes: DatasetSizes;
  /** Stage of the trajectories. [s] */
  readonly dt: number;
  /** [m] */
  readonly lookahead: number;
  /** Its name. */
  readonly robot: string;
  /** The robot of all its examples, all of it, as in a robot file; shards of earlier versions have its name only. */
  readonly robotFile?: Robot;
  /** Names of the worlds it was collected from, those without an example too. */
  readonly worlds: readonly string[];
  readonly examples: number;
  /** Number of examples by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** What could not be made: how often, by kind ("drive": a whole one) and reason. */
  readonly unmade?: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/** Reads the metadata of a shard. @throws FormatError for those of another format or version */
export function parseShardInfo(metadata: ReadonlyMap<string, string>): ShardInfo {
  const format = metadata.get("format");
  if (format !== DATASET_FORMAT) {
    const found = format === undefined ? "it names no format" : `its format is "${format.slice(0, 60)}"`;
    throw new FormatError(`not a shard of a data set: ${found}, expected "${DATASET_FORMAT}"`);
  }
  const info = parseJson(
    metadata.get("info") ?? "",
    "damaged shard: what it says of itself is ",
  ) as ShardInfo;
  const { sizes, dt, lookahead, worlds, examples } = info ?? {};
  const whole = [sizes?.nx, sizes?.nu, sizes?.N, sizes?.m, examples].every(
    (n) => Number.isInteger(n) && n! >= 0,
  );
  if (!whole || !(dt > 0) || !(lookahead > 0) || !Array.isArray(worlds))
    throw new FormatError("damaged shard: what it says about itself lacks sizes, dt, lookahead or worlds");
  return info;
}
