import { createRng, hashSeed, type Rng } from "../base/index.ts";
import type { DriveOptions, DriveSurroundings } from "../drive/index.ts";
import { type NavigationOptions, shiftPlan, withOwnGrid } from "../planner/index.ts";
import { computeDistanceField, makeWorld, type Robot, type World, type WorldId } from "../sim/index.ts";
import {
  type Alternative,
  type Example,
  roundPlan,
  roundScene,
  splitOf,
  worldHash,
} from "./dataset-example.ts";
import { DISTURBANCES, type DriveTick, driveScenes, type SceneCase } from "./drive-scenes.ts";
import { createExpert, type Expert } from "./expert.ts";
import { type KindShares, kindAt, type SceneKind } from "./scene-kind.ts";

/** Whose examples are collected, and of which kinds. */
export type CollectorOptions = {
  readonly robot: Robot;
  readonly shares: KindShares;
  readonly seed: number;
  readonly navigation?: Partial<NavigationOptions>;
  readonly signal?: AbortSignal;
};

/** Collects examples out of drives, one world after the other. */
export type Collector = {
  readonly expert: Expert;
  /** All examples of a world's drive; none where the robot does not fit. Same world and options, same examples. */
  collect(world: WorldId): Promise<Example[]>;
};

/** Sizes of the disturbances, as shares of the benchmarks': theirs lie well inside. */
const STRENGTH = { least: 0.3, most: 1.8 } as const;
/** New goals lie within this multiple of the lookahead: how the way there begins does not depend on where it ends. */
const FARTHEST_GOAL = 2.5;
/** How far off the world's start a drive begins: [m] and [rad]. */
const START = { position: 0.08, yaw: 0.5 } as const;

/** Creates an expert that drives worlds and labels a scene of each tick. */
export function createCollector(options: CollectorOptions): Collector {
  const { robot, shares, seed, navigation, signal } = options;
  const expert = createExpert(robot, { navigation });
  return {
    expert,
    async collect(id) {
      const worldSeed = hashSeed(seed, worldHash(id.family, id.seed));
      const rng = createRng(worldSeed);
      const world = makeWorld(id.family, id.seed);
      const { grid, goal } = world;
      const field = computeDistanceField(grid, { unknown: "free" });
      const ground: DriveSurroundings = {
        problem: expert.problem,
        grid,
        field,
        rng,
        farthest: FARTHEST_GOAL,
      };
      const examples: Example[] = [];
      const take = (tick: DriveTick): void => {
        const wanted = tick.lastPlan === undefined ? "first" : kindAt(shares, rng.uniform());
        const example = labelled(expert, caseOf(wanted, tick, ground), rng);
        if (example === undefined) return;
        examples.push({ ...example, split: splitOf(id), world: id, tick: tick.tick, robot: robot.name });
      };
      const run = { ...drawRun(world, rng), grid, goal, robot, navigation, seed: worldSeed, signal };
      // Where there is no room at the drawn start there may be at the world's own.
      (await driveScenes(run, take)) || (await driveScenes({ ...run, start: world.start }, take));
      return examples;
    },
  };
}

/** What differs from drive to drive; each draws the strength of its noise from 0 to 2. */
function drawRun(
  { start }: World,
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

/** A scene of the kind wanted, or the tick as it is where the disturbance finds no room. */
function caseOf(kind: SceneKind, { scene, lastPlan, goal }: DriveTick, ground: DriveSurroundings): SceneCase {
  const strength = STRENGTH.least + (STRENGTH.most - STRENGTH.least) * ground.rng.uniform();
  if (lastPlan === undefined) return { kind: "first", scene };
  const changed =
    kind === "ordinary" ? undefined : DISTURBANCES[kind]({ scene, lastPlan, goal }, { ...ground, strength });
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
