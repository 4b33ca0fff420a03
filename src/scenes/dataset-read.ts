import { ConfigError, FormatError } from "../base/index.ts";
import type { Scene } from "../planner/index.ts";
import type { OccupancyGrid } from "../sim/index.ts";
import { SQP_STATUSES } from "../sqp/index.ts";
import { type ArrowFile, readArrowFile } from "./arrow-read.ts";
import {
  datasetColumns,
  MOVER_NUMBERS,
  NOT_REACHED,
  parseShardInfo,
  type ShardInfo,
} from "./dataset-columns.ts";
import {
  type Alternative,
  DATA_FAMILIES,
  type Example,
  type ExampleWorld,
  SPLITS,
  unpackCells,
} from "./dataset-example.ts";
import { checkSeal } from "./dataset-write.ts";
import { joinMultipliers } from "./mover-multipliers.ts";
import { SCENE_KINDS } from "./scene-kind.ts";

/** A shard that was read. Numbers of fixed shape lie side by side, example after example. */
export type Shard = {
  readonly info: ShardInfo;
  readonly length: number;
  /** A column as it is in the file: values side by side; of lists without their offsets. */
  numbers(name: string): Float32Array | Float64Array | Int32Array | Uint8Array;
  /** One example as plain data, arrays of its own. @throws ConfigError for a number that is none of 0 to length - 1 */
  example(index: number): Example;
};

/**
 * Reads a shard.
 *
 * @throws FormatError for bytes that are cut off, damaged, or something else
 */
export function readShard(bytes: Uint8Array): Shard {
  checkSeal(bytes);
  const file = readArrowFile(bytes);
  const info = parseShardInfo(file.metadata);
  checkColumns(file, info);
  return openShard(file, info);
}

/** The examples of shards, one after the other. @throws FormatError as {@link readShard} */
export function* readShards(files: Iterable<Uint8Array>): Generator<Example> {
  for (const bytes of files) {
    const shard = readShard(bytes);
    for (let i = 0; i < shard.length; i++) yield shard.example(i);
  }
}

function checkColumns({ columns, length }: ArrowFile, info: ShardInfo): void {
  for (const { field, added } of datasetColumns(info.sizes)) {
    const { name, type } = field;
    const found = columns.find((other) => other.name === name);
    if (found === undefined && added) continue;
    if (found === undefined) throw new FormatError(`shard has no column "${name}"`);
    if (found.type !== String(type))
      throw new FormatError(`shard's column "${name}" is ${found.type}, expected ${type}`);
  }
  if (length !== info.examples)
    throw new FormatError(`shard has ${length} rows, says that it has ${info.examples}`);
}

type Column = Omit<ArrowFile["columns"][number], "values"> & {
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array;
};

function openShard(file: ArrowFile, info: ShardInfo): Shard {
  const columns = readColumns(file);
  const { length } = file;
  return {
    info,
    length,
    numbers: (name) => columns.column(name).values,
    example(i) {
      if (!(Number.isInteger(i) && i >= 0 && i < length))
        throw new ConfigError(`example ${i} is asked for, expected an integer from 0 to ${length - 1}`);
      return exampleAt(columns, info, i);
    },
  };
}

type Columns = ReturnType<typeof readColumns>;

/** Ways to read a value, by its column and the number of its example. */
function readColumns({ columns: all }: ArrowFile) {
  // Of those that are a data set's, the types were checked.
  const columns = new Map(all.map((one) => [one.name, one as Column]));
  const column = (name: string): Column => {
    const found = columns.get(name);
    if (found === undefined) throw new FormatError(`shard has no column "${name}"`);
    return found;
  };
  const row = (name: string, i: number): Column["values"] => {
    const { values, width, offsets } = column(name);
    if (offsets !== undefined) return values.subarray(offsets[i], offsets[i + 1]);
    return values.subarray(i * width, (i + 1) * width);
  };
  const decoder = new TextDecoder();
  const text = (name: string, i: number): string => decoder.decode(row(name, i) as Uint8Array);
  return {
    column,
    /** Whether a column is there that earlier versions did not write. */
    has: (name: string): boolean => columns.has(name),
    row,
    vec: (name: string, i: number): Float64Array => Float64Array.from(row(name, i)),
    number: (name: string, i: number): number => row(name, i)[0],
    bytes: (name: string, i: number) => row(name, i) as Uint8Array,
    text,
    word<T extends string>(name: string, i: number, legal: readonly T[]): T {
      const got = text(name, i);
      const found = legal.find((one) => one === got);
      if (found !== undefined) return found;
      throw new FormatError(
        `${name} of example ${i} is "${got.slice(0, 40)}", expected one of ${legal.join(", ")}`,
      );
    },
    counts: (name: string, i: number): (number | undefined)[] =>
      Array.from(row(name, i), (n) => (n === NOT_REACHED ? undefined : n)),
  };
}

function exampleAt(columns: Columns, info: ShardInfo, i: number): Example {
  const { row, vec, number, text, word, counts } = columns;
  const [gx, gy, yaw] = row("goal", i);
  const time = number("time", i);
  const hasLast = number("has_last", i) === 1;
  const qpsShift = hasLast ? { shift: counts("qps_shift", i) } : {};
  return {
    kind: word("kind", i, SCENE_KINDS),
    split: word("split", i, SPLITS),
    world: worldAt(columns, i),
    tick: number("tick", i),
    robot: text("robot", i),
    scene: {
      time,
      x: vec("x", i),
      goal: Number.isNaN(yaw) ? { x: gx, y: gy } : { x: gx, y: gy, yaw },
      final: number("final", i) === 1,
      grid: gridAt(columns, i),
      path: vec("path", i),
      ...trackAt(columns, i),
      ...moversAt(columns, i),
    },
    ...(hasLast
      ? { lastPlan: { time, dt: info.dt, X: vec("last_X", i), U: vec("last_U", i), K: vec("last_K", i) } }
      : {}),
    margin: number("margin", i),
    optimum: {
      start: text("start", i),
      X: vec("X", i),
      U: vec("U", i),
      Y: multipliersAt(columns, info.sizes, i),
      cost: number("cost", i),
      merit: number("merit", i),
      violation: number("violation", i),
      status: word("status", i, SQP_STATUSES),
    },
    qps: { path: counts("qps_path", i), ...qpsShift },
    alternatives: alternativesAt(columns, info.sizes, i),
  };
}

function worldAt({ has, word, number, text }: Columns, i: number): ExampleWorld {
  const map = has("map") ? text("map", i) : "";
  const scale = has("world_scale") ? number("world_scale", i) : 1;
  return {
    family: word("family", i, DATA_FAMILIES),
    seed: number("world", i),
    ...(map !== "" && { map }),
    ...(scale !== 1 && { scale }),
  };
}

function trackAt({ has, vec, number }: Columns, i: number): Pick<Scene, "track"> {
  if (!has("track_headings")) return {};
  const direction = number("track_direction", i);
  const known = number("track_known", i);
  if (direction !== 1 && direction !== -1) return {};
  const track = { headings: vec("track_headings", i), direction } as const;
  return { track: Number.isFinite(known) ? { ...track, known } : track };
}

function moversAt({ has, row }: Columns, i: number): Pick<Scene, "movers"> {
  const numbers = has("movers") ? row("movers", i) : [];
  if (numbers.length === 0) return {};
  return {
    movers: Array.from({ length: numbers.length / MOVER_NUMBERS }, (_, n) => {
      const at = n * MOVER_NUMBERS;
      const [id, x, y, vx, vy, radius, place, speed] = numbers.slice(at, at + MOVER_NUMBERS);
      const deviation = Number.isNaN(place) ? {} : { deviation: { place, speed } };
      return { id, x, y, vx, vy, radius, ...deviation };
    }),
  };
}

function multipliersAt({ has, vec }: Columns, { N, nu, m }: ShardInfo["sizes"], i: number): Float64Array {
  const movers = has("Y_movers") ? vec("Y_movers", i) : new Float64Array(0);
  return joinMultipliers(vec("Y", i).subarray(m), movers, { N, rows: m - 2 * nu, m });
}

function gridAt({ row, number, bytes }: Columns, i: number): OccupancyGrid {
  const [x, y, yaw] = row("grid_origin", i);
  const [width, height] = [number("grid_width", i), number("grid_height", i)];
  const [occupied, unknown] = [bytes("grid_occupied", i), bytes("grid_unknown", i)];
  const size = Math.ceil((width * height) / 8);
  if (!(width > 0 && height > 0 && occupied.length === size && [0, size].includes(unknown.length))) {
    const got = `${occupied.length} and ${unknown.length} bytes`;
    throw new FormatError(`grid of example ${i} is ${width} x ${height} cells in ${got}: damaged shard`);
  }
  const cells = unpackCells(occupied, unknown, width * height);
  return { width, height, resolution: number("grid_resolution", i), origin: { x, y, yaw }, cells };
}

function alternativesAt({ row, vec }: Columns, { N, nx, nu }: ShardInfo["sizes"], i: number): Alternative[] {
  const [X, U] = [vec("alternative_X", i), vec("alternative_U", i)];
  const [a, b] = [(N + 1) * nx, N * nu];
  const merits = row("alternative_merit", i);
  if (X.length !== merits.length * a || U.length !== merits.length * b) {
    const got = `${X.length} states and ${U.length} controls`;
    throw new FormatError(`example ${i} has ${merits.length} alternatives in ${got}: damaged shard`);
  }
  return Array.from(merits, (merit, n) => ({
    X: X.slice(n * a, (n + 1) * a),
    U: U.slice(n * b, (n + 1) * b),
    merit,
  }));
}
