import { createRng, hashSeed, type Rng, SceneError } from "../base/index.ts";
import {
  block,
  type Disturbed,
  type DriveOptions,
  displace,
  drive,
  type Ground,
  type Moment,
  restart,
  switchGoal,
} from "../drive/index.ts";
import {
  getWarmStart,
  type NavigationOptions,
  type Plan,
  shiftPlan,
  type TickReport,
  withOwnGrid,
} from "../planner/index.ts";
import {
  computeDistanceField,
  makeWorld,
  type Pose,
  type Robot,
  type World,
  type WorldId,
} from "../sim/index.ts";
import {
  type Alternative,
  type Example,
  roundPlan,
  roundScene,
  splitOf,
  worldHash,
} from "./dataset-example.ts";
import { createExpert, type Expert, type Label } from "./expert.ts";
import { type KindShares, kindAt, type SceneKind } from "./scene-kind.ts";
import { spyOn } from "./spy-start.ts";

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

/** A drive ends after this much simulated time. [s] */
const LONGEST_DRIVE = 60;
/** Noise of the simulated robot at a strength of 1; each drive draws a strength from 0 to 2. */
const PLANT = { linear: 0.03, angular: 0.05, position: 0.005, yaw: 0.005, speed: 0.02 } as const;
/** Sizes of the disturbances, as shares of the benchmarks': theirs lie well inside. */
const STRENGTH = { least: 0.3, most: 1.8 } as const;
/** New goals lie within this multiple of the lookahead: how the way there begins does not depend on where it ends. */
const FARTHEST_GOAL = 2.5;
/** How far off the world's start a drive begins: [m] and [rad]. */
const START = { position: 0.08, yaw: 0.5 } as const;

/** An expert that drives worlds and labels a scene of each tick. */
export function createCollector(options: CollectorOptions): Collector {
  const { robot, shares, seed, navigation, signal } = options;
  const expert = createExpert(robot, { navigation });
  return {
    expert,
    async collect(id) {
      const worldSeed = hashSeed(seed, worldHash(id.family, id.seed));
      const rng = createRng(worldSeed);
      const world = makeWorld(id.family, id.seed);
      const ground: Ground = {
        problem: expert.problem,
        grid: world.grid,
        field: computeDistanceField(world.grid, { unknown: "free" }),
        rng,
        farthest: FARTHEST_GOAL,
      };
      const examples: Example[] = [];
      const spy = spyOn(getWarmStart("best"));
      const take = (report: TickReport): void => {
        const { scene, lastPlan } = spy.latest ?? {};
        if (scene === undefined || report.scene !== scene || report.phase !== "driving") return;
        const wanted = lastPlan === undefined ? "first" : kindAt(shares, rng.uniform());
        const made = make(wanted, { scene, lastPlan, goal: world.goal }, ground);
        const example = labelled(expert, made, rng);
        if (example === undefined) return;
        examples.push({ ...example, split: splitOf(id), world: id, tick: report.tick, robot: robot.name });
      };
      const run = drawRun(world, rng);
      const go = (start: Pose): Promise<unknown> =>
        drive({
          ...run,
          start,
          grid: world.grid,
          goal: world.goal,
          robot,
          navigation,
          init: spy.warmStart,
          seed: worldSeed,
          timeout_s: LONGEST_DRIVE,
          signal,
          onTick: take,
        });
      try {
        await go(run.start);
      } catch (error) {
        if (!(error instanceof SceneError)) throw error;
        // There is no room at the drawn start; where there is none at the world's own, there is no drive.
        await go(world.start).catch((again: unknown) => {
          if (!(again instanceof SceneError)) throw again;
        });
      }
      return examples;
    },
  };
}

/** What differs from drive to drive. */
function drawRun(
  world: World,
  rng: Rng,
): Required<Pick<DriveOptions, "start" | "sensor" | "iterations" | "simulator">> {
  const strength = 2 * rng.uniform();
  return {
    start: {
      x: world.start.x + START.position * rng.gauss(),
      y: world.start.y + START.position * rng.gauss(),
      yaw: world.start.yaw + START.yaw * rng.gauss(),
    },
    sensor: rng.uniform() < 0.5 ? "truth" : "lidar",
    iterations: rng.uniform() < 0.5 ? 1 : 10,
    simulator: {
      noise: { linear: strength * PLANT.linear, angular: strength * PLANT.angular },
      measurement: {
        position: strength * PLANT.position,
        yaw: strength * PLANT.yaw,
        speed: strength * PLANT.speed,
      },
    },
  };
}

/** A scene to label, and what its kind says about it. */
type Made = Disturbed & { readonly kind: SceneKind; readonly lastPlan?: Plan };

/** A scene of the kind wanted, or the tick as it is where the disturbance finds no room. */
function make(
  kind: SceneKind,
  { scene, lastPlan, goal }: Omit<Moment, "lastPlan"> & { readonly lastPlan?: Plan },
  ground: Ground,
): Made {
  const strength = STRENGTH.least + (STRENGTH.most - STRENGTH.least) * ground.rng.uniform();
  if (lastPlan === undefined) return { kind: "first", scene };
  const moment: Moment = { scene, lastPlan, goal };
  const changed = kind === "ordinary" ? undefined : CHANGES[kind](moment, { ...ground, strength });
  if (changed === undefined) return { kind: "ordinary", scene, lastPlan };
  return { kind, ...changed, ...(kind === "first" ? {} : { lastPlan }) };
}

const CHANGES = { first: restart, goal: switchGoal, displaced: displace, obstacle: block } as const;

/** The expert's answer to a scene, everything as a file keeps it; undefined where it has none. */
function labelled(
  expert: Expert,
  { kind, detour, ...made }: Made,
  rng: Rng,
): Omit<Example, "split" | "world" | "tick" | "robot"> | undefined {
  const scene = roundScene(made.scene);
  const lastPlan =
    made.lastPlan === undefined ? undefined : roundPlan(shiftPlan(expert.problem, made.lastPlan, scene.time));
  const label: Label | undefined = expert.label(scene, { lastPlan, detour, calm: kind === "ordinary" }, rng);
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
