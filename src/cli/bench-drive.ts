import {
  createSqpBench,
  type ModelRef,
  openBenchStarts,
  type SceneMeasure,
  type SqpBench,
} from "../bench/index.ts";
import type { SensorKind } from "../drive/index.ts";
import { isRobotFile, type JobKind, openRobot } from "../node/index.ts";
import type { NavigationOptions } from "../planner/index.ts";
import { type SceneRun, type SceneSource, scenesOfDrive } from "../scenes/index.ts";
import type { SqpOptions } from "../sqp/index.ts";
import { openSource, type SourceRef } from "./bench-source.ts";

/** The scenes of one drive, measured as `bench sqp` does: plain data that a worker understands. */
export type BenchDriveJob = {
  readonly source: SourceRef;
  /** Place of the drive in the source. */
  readonly drive: number;
  /** A robot's name or the path of its JSON file. */
  readonly robot: string;
  readonly sensor: SensorKind;
  readonly seed: number;
  readonly models: readonly ModelRef[];
  readonly sqp: Pick<SqpOptions, "hessian" | "gains">;
  readonly navigation: Pick<NavigationOptions, "interpolation">;
  readonly noise: boolean;
};

/** What a drive gave; undefined where the source has fewer drives. */
export type BenchDriveResult = readonly SceneMeasure[] | undefined;

/** A drive as a job for any machine. */
export const BENCH_DRIVE: JobKind<BenchDriveJob, BenchDriveResult> = {
  name: "bench-sqp",
  worker: new URL("bench-drive-worker.js", import.meta.url),
  moveFiles: async (job, { input, map }) => ({
    ...job,
    source: { ...job.source, map: job.source.map && (await map(job.source.map)) },
    robot: isRobotFile(job.robot) ? await input(job.robot) : job.robot,
    models: await Promise.all(job.models.map(async (ref) => ({ ...ref, file: await input(ref.file) }))),
  }),
};

/** Measures drives; what they have in common is opened once. */
export function createDriveBench(clock: () => number): (job: BenchDriveJob) => Promise<BenchDriveResult> {
  const opened = new Map<string, Promise<OpenedBench>>();
  return async (job) => {
    const { drive, ...rest } = job;
    const key = JSON.stringify(rest);
    let bench = opened.get(key);
    if (bench === undefined) {
      bench = openBench(job, clock);
      opened.set(key, bench);
    }
    const { robot, runs, measure } = await bench;
    const run = runs(drive);
    return run && measure(await scenesOfDrive(run, drive, { ...job, robot }));
  };
}

type OpenedBench = {
  readonly robot: Awaited<ReturnType<typeof openRobot>>;
  runs(index: number): SceneRun | undefined;
  measure(scenes: Awaited<ReturnType<typeof scenesOfDrive>>): Promise<SceneMeasure[]>;
};

async function openBench(job: BenchDriveJob, clock: () => number): Promise<OpenedBench> {
  const robot = await openRobot(job.robot);
  const source = await openSource(job.source, robot);
  const { starts } = await openBenchStarts(job.models, robot);
  const bench = createSqpBench({ ...job, robot, starts, clock });
  let warm = false;
  return {
    robot,
    runs: createRunList(source),
    async measure(scenes) {
      if (!warm) await bench.warmUp(scenes);
      warm ||= scenes.length > 0;
      return inTurn(scenes, bench.measure);
    },
  };
}

async function inTurn(
  scenes: Awaited<ReturnType<typeof scenesOfDrive>>,
  measure: SqpBench["measure"],
): Promise<SceneMeasure[]> {
  const measures: SceneMeasure[] = [];
  for (const scene of scenes) measures.push(await measure(scene));
  return measures;
}

/** The drives of a source by their places, each made once. */
function createRunList(source: SceneSource): (index: number) => SceneRun | undefined {
  let runs = source.runs()[Symbol.iterator]();
  let next = 0;
  return (index) => {
    if (index < next) [runs, next] = [source.runs()[Symbol.iterator](), 0];
    for (; next < index; next++) if (runs.next().done === true) return undefined;
    next++;
    const { value, done } = runs.next();
    return done === true ? undefined : value;
  };
}
