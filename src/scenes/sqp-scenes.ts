import { createRng, hashSeed, type Rng, SceneError } from "../base/index.ts";
import {
  block,
  type Disturb,
  displace,
  drive,
  type Ground,
  type Moment,
  type SensorKind,
  switchGoal,
} from "../drive/index.ts";
import {
  createNavigationProblem,
  getWarmStart,
  type Plan,
  type Scene,
  type TickReport,
  withOwnGrid,
} from "../planner/index.ts";
import { computeDistanceField, type Robot } from "../sim/index.ts";
import type { SceneKind } from "./scene-kind.ts";
import type { SceneRun, SceneSource } from "./scene-source.ts";
import { spyOn } from "./spy-start.ts";

/** One trajectory optimization as the control loop meets it: the scene and the plan of the tick before. */
export type BenchScene = {
  readonly kind: SceneKind;
  /** Name of the drive it is from. */
  readonly from: string;
  readonly scene: Scene;
  /** None on a first tick. */
  readonly lastPlan?: Plan;
  /** (n, 2) a way around an obstacle that no warm start is told; the search for the optimum is. */
  readonly detour?: Float64Array;
};

export type CollectOptions = {
  readonly source: SceneSource;
  readonly robot: Robot;
  /** Number of scenes wanted; fewer where the source ends. */
  readonly count: number;
  readonly seed: number;
  readonly sensor?: SensorKind;
  readonly signal?: AbortSignal;
  /** Is told the number of scenes so far. */
  readonly onProgress?: (scenes: number) => void;
};

/** A drive ends after this much simulated time. [s] */
const LONGEST_DRIVE = 60;
/** Ticks kept per disturbance, for the next one where a disturbance finds no room. */
const SPARE = 3;
/** Drives in a row without a scene after which the robot is taken not to fit its worlds. */
const MAX_FRUITLESS = 25;
/** How the simulated robot differs from its model, so that no last plan is exact. */
const PLANT = {
  noise: { linear: 0.03, angular: 0.05 },
  measurement: { position: 0.005, yaw: 0.005, speed: 0.02 },
} as const;

/**
 * Takes scenes out of closed-loop drives by an expert (`best`, up to 10 QPs a tick): of every drive the first
 * tick, two ordinary ones and one of each disturbance, at ticks drawn at random. Same options, same scenes.
 *
 * @throws SceneError where there is no drive, or drive after drive gives no scene
 */
export async function collectScenes(options: CollectOptions): Promise<BenchScene[]> {
  const { source, count, seed, signal, onProgress } = options;
  const scenes: BenchScene[] = [];
  let index = 0;
  let fruitless = 0;
  for (const run of source.runs()) {
    if (scenes.length >= count || signal?.aborted === true) break;
    const found = await scenesOfDrive(run, options, hashSeed(seed, index++));
    fruitless = found.length === 0 ? fruitless + 1 : 0;
    if (fruitless >= MAX_FRUITLESS) {
      throw new SceneError(
        `${MAX_FRUITLESS} drives in a row gave no scene (${source.description}): is ${options.robot.name} too large for them?`,
      );
    }
    scenes.push(...found.slice(0, count - scenes.length));
    onProgress?.(scenes.length);
  }
  if (scenes.length === 0 && signal?.aborted !== true) {
    throw new SceneError(`there is no drive for ${options.robot.name}: ${source.description}`);
  }
  return scenes;
}

async function scenesOfDrive(run: SceneRun, options: CollectOptions, seed: number): Promise<BenchScene[]> {
  const { robot } = options;
  const rng = createRng(hashSeed(seed, 1));
  let first: Scene | undefined;
  const ordinary = createReservoir<Moment>(2, rng);
  const disturbed = {
    goal: createReservoir<Moment>(SPARE, rng),
    displaced: createReservoir<Moment>(SPARE, rng),
    obstacle: createReservoir<Moment>(SPARE, rng),
  };
  const spy = spyOn(getWarmStart("best"));
  const take = (report: TickReport): void => {
    const { scene, lastPlan } = spy.latest ?? {};
    if (scene === undefined || report.scene !== scene || report.phase !== "driving") return;
    if (report.tick === 0) first = withOwnGrid(scene);
    if (lastPlan === undefined) return;
    const moment = (): Moment => ({ scene: withOwnGrid(scene), lastPlan, goal: run.goal });
    ordinary.offer(moment);
    for (const reservoir of Object.values(disturbed)) reservoir.offer(moment);
  };
  try {
    await drive({
      ...run,
      robot,
      init: spy.warmStart,
      iterations: 10,
      sensor: options.sensor,
      seed,
      timeout_s: LONGEST_DRIVE,
      simulator: PLANT,
      signal: options.signal,
      onTick: take,
    });
  } catch (error) {
    if (error instanceof SceneError) return []; // the robot does not fit at the start or the goal
    throw error;
  }
  const ground: Ground = {
    problem: createNavigationProblem(robot),
    grid: run.grid,
    field: computeDistanceField(run.grid, { unknown: "free" }),
    rng: createRng(hashSeed(seed, 2)),
  };
  const scenes: BenchScene[] = [];
  const from = run.name;
  const addOrdinary = (moment: Moment | undefined): void => {
    if (moment !== undefined) scenes.push({ kind: "ordinary", from, ...moment });
  };
  const addDisturbed = (kind: keyof typeof disturbed, change: Disturb): void => {
    for (const moment of disturbed[kind].items) {
      const made = change(moment, ground);
      if (made === undefined) continue;
      scenes.push({ kind, from, lastPlan: moment.lastPlan, ...made });
      return;
    }
  };
  addOrdinary(ordinary.items[0]);
  if (first !== undefined) scenes.push({ kind: "first", from, scene: first });
  addDisturbed("goal", switchGoal);
  addDisturbed("displaced", displace);
  addDisturbed("obstacle", block);
  addOrdinary(ordinary.items[1]);
  return scenes;
}

/** A uniform sample of `size` items out of a stream of unknown length (Vitter, algorithm R). */
function createReservoir<T>(size: number, rng: Rng): { readonly items: T[]; offer(make: () => T): void } {
  const items: T[] = [];
  let seen = 0;
  return {
    items,
    offer(make) {
      seen++;
      const at = items.length < size ? items.length : rng.int(seen);
      if (at < size) items[at] = make();
    },
  };
}
