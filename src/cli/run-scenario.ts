import { type DriveOptions, drive, driveNavigation } from "../drive/index.ts";
import {
  isRobotFile,
  type JobKind,
  type OpenedStart,
  openRobot,
  openWarmStart,
  readMapFile,
  readMaskFile,
  type StartRequest,
} from "../node/index.ts";
import type { NavigationOptions } from "../planner/index.ts";
import { type SummaryJson, summaryJson } from "../record/index.ts";
import {
  clearOf,
  type Goal,
  type MoverOptions,
  type OccupancyGrid,
  type Pose,
  type ReversePolicy,
  type Robot,
  type Walker,
  type WorldId,
  wanderers,
  worldFor,
} from "../sim/index.ts";
import type { SharedOptions } from "./options.ts";
import { givenParams } from "./params-file.ts";

/** A run of `evaluate` as a job for any machine. */
export const EVALUATE_RUN: JobKind<RunRequest, RunRow> = {
  name: "evaluate",
  worker: new URL("evaluate-worker.js", import.meta.url),
  async moveFiles(request, { input, map, mask }) {
    const { place, robot, model, keepout, speedZones } = request;
    return {
      ...request,
      place: place.kind === "map" ? { ...place, file: await map(place.file) } : place,
      robot: isRobotFile(robot) ? await input(robot) : robot,
      model: model && (await input(model)),
      keepout: keepout && (await mask(keepout)),
      speedZones: speedZones && (await mask(speedZones)),
    };
  },
};

/** Where a run takes place; a generated world has a start and a goal of its own. Plain data. */
export type RunPlace =
  | { readonly kind: "map"; readonly file: string; readonly start: Pose; readonly goal: Goal }
  | { readonly kind: "world"; readonly world: WorldId; readonly start?: Pose; readonly goal?: Goal };

/** The place that the options name; see `checkPlace`. */
export function placeOf(options: Pick<SharedOptions, "map" | "world" | "start" | "goal" | "seed">): RunPlace {
  const { map, world, start, goal } = options;
  if (map !== undefined) return { kind: "map", file: map, start: start!, goal: goal! };
  return {
    kind: "world",
    world: { family: world!.family, seed: world!.seed ?? options.seed },
    start,
    goal,
  };
}

/** What a run in this place is called where nobody named it. */
export function placeName(place: RunPlace): string {
  return place.kind === "map" ? place.file : `${place.world.family}:${place.world.seed}`;
}

/** Files of masks. */
export type ZoneFiles = {
  readonly keepout?: string;
  readonly speedZones?: string;
};

/** One closed-loop run, as plain data that a worker understands. */
export type RunRequest = {
  /** How many movers there are, and of what kind: instead of a world's own. */
  readonly crowd?: Partial<MoverOptions>;
  /** Who they are, to the last; wins over `crowd`. */
  readonly movers?: readonly Walker[];
  readonly id: string;
  readonly place: RunPlace;
  /** A robot's name or the path of its JSON file. */
  readonly robot: string;
  /** Instead of what the robot says itself. */
  readonly reverse?: ReversePolicy;
} & ZoneFiles &
  Pick<
    DriveOptions,
    | "navigation"
    | "tolerance"
    | "iterations"
    | "rateHz"
    | "deadlineMs"
    | "sensor"
    | "prior"
    | "timeout_s"
    | "seed"
    | "simulator"
    | "latency"
    | "lidar"
    | "route"
    | "shocks"
  > &
  StartRequest;

/** A row of `evaluate`, and what `navigate` prints. */
export type RunRow = { readonly verb: "navigate"; readonly id: string } & SummaryJson & {
    readonly record?: string;
    /** File of the network behind the warm start. */
    readonly model?: string;
    /** How many times as large as it is generated the world was, where the robot had no room in it as it is. */
    readonly world_scale?: number;
  };

/** A place with its map read or made. */
export type OpenedPlace = {
  readonly grid: OccupancyGrid;
  readonly start: Pose;
  readonly goal: Goal;
  readonly movers: readonly Walker[];
  /** Of a generated world: how many times as large it is. */
  readonly scale?: number;
};

/**
 * Reads the map or makes the world, larger where the robot has no room in it, and draws who walks there.
 *
 * @throws FormatError, ConfigError, SceneError as readMapFile, makeWorld and drawWalkers do
 */
export async function openPlace(
  place: RunPlace,
  robot: Robot,
  people: Pick<RunRequest, "crowd" | "movers" | "seed"> = {},
): Promise<OpenedPlace> {
  const { crowd, movers: given, seed = 0 } = people;
  if (place.kind === "map") {
    const { file, start, goal } = place;
    const grid = await readMapFile(file);
    return { grid, start, goal, movers: given ?? wanderers(grid, start, goal, crowd, seed) };
  }
  const world = worldFor(robot, place.world, { movers: crowd });
  const start = place.start ?? world.start;
  return {
    grid: world.grid,
    scale: world.scale,
    start,
    goal: place.goal ?? { ...world.goal, yaw: undefined },
    movers: given ?? (place.start === undefined ? world.movers : clearOf(start, world.movers)),
  };
}

/** Reads the masks of a run. @throws FormatError naming the file */
export async function openZoneFiles({
  keepout,
  speedZones,
}: ZoneFiles): Promise<Pick<DriveOptions, "keepout" | "speedZones">> {
  return {
    ...(keepout !== undefined && { keepout: await readMaskFile(keepout) }),
    ...(speedZones !== undefined && { speedZones: await readMaskFile(speedZones) }),
  };
}

/** The warm start of a run, with its network where it needs one. @throws as `openWarmStart` */
export function openStart(request: Omit<RunRequest, "id" | "place">, robot: Robot): Promise<OpenedStart> {
  return openWarmStart(request, robot, navigationOf(request, robot));
}

/** The planner's parameters in full, as the run has them. */
export function navigationOf(
  { rateHz = 10, navigation }: Pick<RunRequest, "rateHz" | "navigation">,
  robot: Robot,
): NavigationOptions {
  return driveNavigation(robot, rateHz, navigation);
}

/** The run's options for `drive`. */
export async function driveOptions(
  request: RunRequest,
  { scale: _scale, ...place }: OpenedPlace,
  robot: Robot,
  { warmStart }: OpenedStart,
): Promise<DriveOptions> {
  const { id: _id, place: _place, robot: _robot, reverse: _reverse, model: _model, ...others } = request;
  const { crowd: _crowd, keepout, speedZones, ...rest } = others;
  return {
    ...rest,
    ...(await openZoneFiles({ keepout, speedZones })),
    ...place,
    ...(request.route !== undefined && { goal: undefined }),
    init: warmStart,
    robot,
    clock: () => performance.now(),
  };
}

/** What a run's row says of its place: by how much it was made larger. */
export function placeFields({ scale = 1 }: OpenedPlace): Pick<RunRow, "world_scale"> {
  return scale > 1 ? { world_scale: scale } : {};
}

/** What a run's row says of its warm start: the network behind it, or why it does without. */
export function startFields({ model, note }: OpenedStart): Pick<RunRow, "model" | "init_note"> {
  return {
    ...(model === undefined ? {} : { model }),
    ...(note === undefined ? {} : { init_note: note }),
  };
}

/**
 * Runs one scenario from plain data to plain data.
 *
 * @param open replaces the opening of the warm start, to keep networks from one run to the next
 */
export async function runScenario(request: RunRequest, open = openStart): Promise<RunRow> {
  const robot = await openRobot(request.robot, request.reverse);
  const ground = await openPlace(request.place, robot, request);
  const start = await open(request, robot);
  const { summary } = await drive(await driveOptions(request, ground, robot, start));
  return {
    verb: "navigate",
    id: request.id,
    ...summaryJson(summary),
    ...placeFields(ground),
    ...startFields(start),
  };
}

/** What all runs of a command line share. @throws as `readParams` */
export async function sharedRequest(
  options: Pick<
    SharedOptions,
    | "robot"
    | "reverse"
    | "keepout"
    | "speedZones"
    | "init"
    | "model"
    | "iterations"
    | "rate"
    | "deadline"
    | "sensor"
    | "timeout"
    | "params"
    | "profile"
    | "seed"
  >,
): Promise<Omit<RunRequest, "id" | "place">> {
  const params = await givenParams(options);
  return {
    ...params,
    robot: options.robot,
    ...(options.reverse !== undefined && { reverse: options.reverse }),
    ...(options.keepout !== undefined && { keepout: options.keepout }),
    ...(options.speedZones !== undefined && { speedZones: options.speedZones }),
    init: options.init,
    model: options.model,
    iterations: options.iterations,
    rateHz: options.rate,
    deadlineMs: options.deadline,
    sensor: options.sensor,
    timeout_s: options.timeout,
    seed: options.seed,
  };
}
