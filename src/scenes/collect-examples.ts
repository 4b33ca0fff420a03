import { ConfigError, createRng, hashSeed, type Rng } from "../base/index.ts";
import type { DriveOptions, DriveSurroundings } from "../drive/index.ts";
import { type NavigationOptions, type NavigationProblem, shiftPlan, withOwnGrid } from "../planner/index.ts";
import {
  computeDistanceField,
  type Goal,
  makeWorld,
  type OccupancyGrid,
  type Pose,
  type Robot,
  scaleWorld,
  topSpeed,
  worldScale,
} from "../sim/index.ts";
import {
  type Alternative,
  type Example,
  type ExampleWorld,
  roundPlan,
  roundScene,
  splitOf,
  worldHash,
} from "./dataset-example.ts";
import { DISTURBANCES, type DriveTick, driveScenes, LONGEST_DRIVE, type SceneCase } from "./drive-scenes.ts";
import { createExpert, type Expert } from "./expert.ts";
import { type KindShares, kindAt, type SceneKind } from "./scene-kind.ts";
import { mapSource, type SceneRun } from "./scene-source.ts";

/** Whose examples are collected, and of which kinds. */
export type CollectorOptions = {
  readonly robot: Robot;
  readonly shares: KindShares;
  readonly seed: number;
  /** So many states near that of every scene are labelled from its own label, see `nearbyLabels`; default 0. */
  readonly nearby?: number;
  readonly navigation?: Partial<NavigationOptions>;
  readonly signal?: AbortSignal;
};

/** Collects examples out of drives, one world after the other. */
export type Collector = {
  readonly expert: Expert;
  /** What could not be made so far: of each kind of scene how often, by reason; "drive": drives that could not begin. */
  readonly unmade: UnmadeTally;
  /**
   * All examples of a world's drive; none where the robot does not fit. Same world and options, same examples.
   *
   * @param map of a world whose family is "map"
   */
  collect(world: ExampleWorld, map?: OccupancyGrid): Promise<Example[]>;
};

/** What could not be made: how often, by what it was and why. */
export type UnmadeTally = { readonly [What in SceneKind | "drive"]?: Readonly<Record<string, number>> };

/** Sizes of the disturbances, as shares of the benchmarks': theirs lie well inside. */
const STRENGTH = { least: 0.3, most: 1.8 } as const;
/** New goals lie within this multiple of the lookahead: how the way there begins does not depend on where it ends. */
const FARTHEST_GOAL = 2.5;
/** How far off the world's start a drive begins: [m] and [rad]. */
const START = { position: 0.08, yaw: 0.5 } as const;

/** Creates an expert that drives worlds and labels a scene of each tick. */
export function createCollector(options: CollectorOptions): Collector {
  const { robot, shares, seed, nearby = 0, navigation, signal } = options;
  const expert = createExpert(robot, { navigation });
  const unmade: Record<string, Record<string, number>> = {};
  const missed = (what: SceneKind | "drive", why: string): void => {
    unmade[what] ??= {};
    unmade[what][why] = (unmade[what][why] ?? 0) + 1;
  };
  return {
    expert,
    unmade,
    async collect(id, map) {
      const worldSeed = hashSeed(seed, worldHash(id));
      const rng = createRng(worldSeed);
      const found = placeOf(id, map, robot, worldSeed);
      if (found === undefined) {
        missed("drive", "the map has no way for the robot");
        return [];
      }
      const { place, scale } = found;
      const { grid, goal, start, movers = [] } = place;
      const world: ExampleWorld = scale === 1 ? id : { ...id, scale };
      const field = computeDistanceField(grid, { unknown: "free" });
      const ground: DriveSurroundings = {
        problem: expert.problem,
        grid,
        field,
        rng,
        farthest: FARTHEST_GOAL,
      };
      const examples: Example[] = [];
      const stride = strideOf(expert.problem, start, goal);
      const take = (tick: DriveTick): void => {
        if (tick.tick % stride !== 0) return;
        const cases = [...drawKinds(shares, tick, rng)].map((kind) => caseOf(kind, tick, ground, missed));
        const firstOf = (kind: SceneKind): number => cases.findIndex((one) => one.kind === kind);
        for (const one of cases.filter(({ kind }, at) => firstOf(kind) === at)) {
          const example = labelled(expert, one, rng);
          if (example === undefined) continue;
          const whole = { ...example, split: splitOf(id), world, tick: tick.tick, robot: robot.name };
          const others = expert.nearby(example.scene, example.optimum, nearby, rng);
          examples.push(
            whole,
            ...others.map((label) => ({ ...whole, ...label, qps: UNCOUNTED, alternatives: [] })),
          );
        }
      };
      const drawn = drawRun(place, rng);
      const shocks = movers.length > 0 || rng.uniform() >= SHOCKED ? undefined : {};
      const run = { ...drawn, grid, goal, robot, movers, shocks, navigation, seed: worldSeed, signal };
      // Where there is no room at the drawn start there may be at the world's own.
      if (!((await driveScenes(run, take)) || (await driveScenes({ ...run, start }, take))))
        missed("drive", "no room for the robot at the start or the goal");
      return examples;
    },
  };
}

/** Share of the drives, among those where nobody walks, in which the robot is sent elsewhere, shoved and blocked on its way. */
const SHOCKED = 0.2;
/** Robots for which the generated worlds would be shrunk by less than this drive in them as they are. */
const AS_THEY_ARE = 0.9;

/** Scenes of one tick, each of another kind: with one alone, half of all time would be spent on the drive. */
const PER_TICK = 3;

/** The kinds of the scenes that are taken of a tick. */
function drawKinds(shares: KindShares, { lastPlan }: DriveTick, rng: Rng): ReadonlySet<SceneKind> {
  if (lastPlan === undefined) return new Set(["first"]);
  return new Set(Array.from({ length: PER_TICK }, () => kindAt(shares, rng.uniform())));
}

/** Of a drive with more ticks every second, third, ... gives scenes: those of a slow robot are much alike. */
const ENOUGH = 120;
/** Share of its top speed at which a robot gets to its goal, along the straight line. */
const PROGRESS = 0.6;

/** Every how many ticks a scene is taken of a drive. */
function strideOf({ robot, options }: NavigationProblem, start: Pose, goal: Goal): number {
  const seconds = Math.hypot(goal.x - start.x, goal.y - start.y) / (PROGRESS * topSpeed(robot));
  return Math.max(1, Math.ceil(Math.min(seconds, LONGEST_DRIVE) / (ENOUGH * options.dt)));
}

/** The ground of a drive, and how many times as large it is as it was generated; undefined where the map has no way. */
function placeOf(
  { family, seed, map: name = "map" }: ExampleWorld,
  map: OccupancyGrid | undefined,
  robot: Robot,
  worldSeed: number,
): { readonly place: SceneRun; readonly scale: number } | undefined {
  if (family === "map") {
    if (map === undefined) throw new ConfigError(`a drive on ${name} needs its map`);
    const [place] = mapSource(name, map, robot, hashSeed(worldSeed, seed)).runs();
    return place && { place, scale: 1 };
  }
  const scale = drawScale(worldScale(robot), createRng(hashSeed(worldSeed, 0x7363616c)));
  return { place: scaleWorld(makeWorld(family, seed), scale), scale };
}

/**
 * How large a world is: large enough for a large robot; for a small one as it is, or with the second of two coins smaller,
 * down to where it is as tight for it as for the Jackal.
 */
function drawScale(fits: number, rng: Rng): number {
  if (fits > 1) return fits;
  return fits > AS_THEY_ARE || rng.uniform() < 0.5 ? 1 : fits ** rng.uniform();
}

/** What differs from drive to drive; each draws the strength of its noise from 0 to 2. */
function drawRun(
  { start }: Pick<SceneRun, "start">,
  rng: Rng,
): Required<Pick<DriveOptions, "start" | "sensor" | "iterations">> & { readonly plant: number } {
  return {
    plant: 2 * rng.uniform(),
    start: {
      x: start.x + START.position * rng.gauss(),
      y: start.y + START.position * rng.gauss(),
      yaw: start.yaw + START.yaw * rng.gauss(),
    },
    sensor: rng.uniform() < 0.5 ? "truth" : "lidar",
    iterations: rng.uniform() < 0.5 ? 1 : 10,
  };
}

/** No start was followed to a label that was not solved for. */
const UNCOUNTED: Example["qps"] = { path: [] };

/** A scene of the kind wanted, or the tick as it is where the disturbance finds no room. */
function caseOf(
  kind: SceneKind,
  { scene, lastPlan, goal }: DriveTick,
  ground: DriveSurroundings,
  missed: (kind: SceneKind, why: string) => void,
): SceneCase {
  const reasons = new Map<string, number>();
  const refused = (why: string): void => void reasons.set(why, (reasons.get(why) ?? 0) + 1);
  const strength = STRENGTH.least + (STRENGTH.most - STRENGTH.least) * ground.rng.uniform();
  if (lastPlan === undefined) return { kind: "first", scene };
  const changed =
    kind === "ordinary"
      ? undefined
      : DISTURBANCES[kind]({ scene, lastPlan, goal }, { ...ground, strength, refused });
  if (changed === undefined && kind !== "ordinary") {
    const [why = "no place near enough"] = [...reasons].sort(([, a], [, b]) => b - a).map(([name]) => name);
    missed(kind, why);
  }
  if (changed === undefined) return { kind: "ordinary", scene, lastPlan };
  return { kind, ...changed, ...(kind === "first" ? {} : { lastPlan }) };
}

/** The expert's answer to a scene, everything as a file keeps it; undefined where it has none. */
function labelled(
  expert: Expert,
  { kind, detour, ...made }: SceneCase,
  rng: Rng,
): Omit<Example, "split" | "world" | "tick" | "robot"> | undefined {
  const scene = roundScene(made.scene);
  const lastPlan =
    made.lastPlan === undefined ? undefined : roundPlan(shiftPlan(expert.problem, made.lastPlan, scene.time));
  const label = expert.label(scene, { lastPlan, detour, calm: kind === "ordinary" }, rng);
  if (label === undefined) return undefined;
  const { margin, best, others, qps } = label;
  return {
    kind,
    scene: withOwnGrid(scene),
    lastPlan,
    margin,
    optimum: best,
    qps: { path: qps.path, ...(qps.shift === undefined ? {} : { shift: qps.shift }) },
    alternatives: others.map(({ X, U, merit }): Alternative => ({ X, U, merit })),
  };
}
