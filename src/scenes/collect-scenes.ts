import { createRng, hashSeed, type Rng, SceneError } from "../base/index.ts";
import type { DriveMoment, DriveSurroundings, SensorKind } from "../drive/index.ts";
import { createNavigationProblem, type Scene, withOwnGrid } from "../planner/index.ts";
import { computeDistanceField, type Robot } from "../sim/index.ts";
import { DISTURBANCES, driveScenes, type SceneCase } from "./drive-scenes.ts";
import type { SceneRun, SceneSource } from "./scene-source.ts";

/** A scene of a benchmark, and the drive it is from. */
export type BenchScene = SceneCase & {
  /** Name of the drive. */
  readonly from: string;
};

/** Which scenes are taken, and how many. */
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

/** Ticks kept per disturbance, for the next one where a disturbance finds no room. */
const SPARE = 3;
/** Drives in a row without a scene after which the robot is taken not to fit its worlds. */
const MAX_FRUITLESS = 25;
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
  const { robot, sensor, signal } = options;
  const rng = createRng(hashSeed(seed, 1));
  let first: Scene | undefined;
  const ordinary = createReservoir<DriveMoment>(2, rng);
  const disturbed = {
    goal: createReservoir<DriveMoment>(SPARE, rng),
    displaced: createReservoir<DriveMoment>(SPARE, rng),
    obstacle: createReservoir<DriveMoment>(SPARE, rng),
  };
  const driven = await driveScenes(
    { ...run, robot, iterations: 10, sensor, seed, plant: 1, signal },
    (at) => {
      const { tick, scene, lastPlan, goal } = at;
      if (tick === 0) first = withOwnGrid(scene);
      if (lastPlan === undefined) return;
      const moment = (): DriveMoment => ({ scene: withOwnGrid(scene), lastPlan, goal });
      ordinary.offer(moment);
      for (const reservoir of Object.values(disturbed)) reservoir.offer(moment);
    },
  );
  if (!driven) return [];
  const ground: DriveSurroundings = {
    problem: createNavigationProblem(robot),
    grid: run.grid,
    field: computeDistanceField(run.grid, { unknown: "free" }),
    rng: createRng(hashSeed(seed, 2)),
  };
  const scenes: BenchScene[] = [];
  const from = run.name;
  const addOrdinary = (moment: DriveMoment | undefined): void => {
    if (moment !== undefined) scenes.push({ kind: "ordinary", from, ...moment });
  };
  const addDisturbed = (kind: keyof typeof disturbed): void => {
    for (const moment of disturbed[kind].items) {
      const made = DISTURBANCES[kind](moment, ground);
      if (made === undefined) continue;
      scenes.push({ kind, from, lastPlan: moment.lastPlan, ...made });
      return;
    }
  };
  addOrdinary(ordinary.items[0]);
  if (first !== undefined) scenes.push({ kind: "first", from, scene: first });
  addDisturbed("goal");
  addDisturbed("displaced");
  addDisturbed("obstacle");
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
