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
  /** Seed of what is drawn in a search for the scene's optima; its own, wherever the scene stands in a list. */
  readonly seed: number;
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
/** What scenes are taken of, one drive like the other. */
export type DriveSceneOptions = Pick<CollectOptions, "robot" | "seed" | "sensor" | "signal">;

/** Drives in a row without a scene after which the robot is taken not to fit its worlds. */
const MAX_FRUITLESS = 25;
/**
 * Takes scenes out of closed-loop drives by an expert (`best`, up to 10 QPs a tick): of every drive the first
 * tick, two ordinary ones and one of each disturbance, at ticks drawn at random. Same options, same scenes.
 *
 * @throws SceneError where there is no drive, or drive after drive gives no scene
 */
export async function collectScenes(options: CollectOptions): Promise<BenchScene[]> {
  const { source, count, robot, signal, onProgress } = options;
  const harvest = createHarvest<BenchScene>(count, `${robot.name}: ${source.description}`);
  let index = 0;
  for (const run of source.runs()) {
    if (harvest.isFull() || signal?.aborted === true) break;
    harvest.add(await scenesOfDrive(run, index++, options));
    onProgress?.(harvest.items.length);
  }
  if (signal?.aborted !== true) harvest.end();
  return harvest.items;
}

/** What drive after drive gives, in their order, up to a number. */
export type Harvest<T> = {
  readonly items: T[];
  isFull(): boolean;
  /** Takes what the next drive gave. @throws SceneError where drive after drive gave nothing */
  add(found: readonly T[]): void;
  /** @throws SceneError where there is nothing */
  end(): void;
};

/** Creates a harvest. @param what robot and drives, for messages */
export function createHarvest<T>(count: number, what: string): Harvest<T> {
  const items: T[] = [];
  let fruitless = 0;
  return {
    items,
    isFull: () => items.length >= count,
    add(found) {
      fruitless = found.length === 0 ? fruitless + 1 : 0;
      if (fruitless >= MAX_FRUITLESS)
        throw new SceneError(
          `${MAX_FRUITLESS} drives in a row gave no scene (${what}): is the robot too large for them?`,
        );
      items.push(...found.slice(0, count - items.length));
    },
    end() {
      if (items.length === 0) throw new SceneError(`there is no drive for ${what}`);
    },
  };
}

/** The scenes of one drive of a source, the same whatever other drives there are. @param index its place in the source */
export async function scenesOfDrive(
  run: SceneRun,
  index: number,
  options: DriveSceneOptions,
): Promise<BenchScene[]> {
  const { robot, sensor, signal } = options;
  const seed = hashSeed(options.seed, index);
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
  const add = (scene: SceneCase): void =>
    void scenes.push({ ...scene, from, seed: hashSeed(seed, 3 + scenes.length) });
  const addOrdinary = (moment: DriveMoment | undefined): void => {
    if (moment !== undefined) add({ kind: "ordinary", ...moment });
  };
  const addDisturbed = (kind: keyof typeof disturbed): void => {
    for (const moment of disturbed[kind].items) {
      const made = DISTURBANCES[kind](moment, ground);
      if (made === undefined) continue;
      add({ kind, lastPlan: moment.lastPlan, ...made });
      return;
    }
  };
  addOrdinary(ordinary.items[0]);
  if (first !== undefined) add({ kind: "first", scene: first });
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
