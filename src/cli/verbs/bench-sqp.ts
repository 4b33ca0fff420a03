import { SceneError } from "../../base/index.ts";
import {
  type BenchSqpOptions,
  type BenchSqpResult,
  benchSqp,
  openBenchStarts,
  type SceneMeasure,
  sqpText,
  summarizeSqp,
} from "../../bench/index.ts";
import { openRobot } from "../../node/index.ts";
import { DEFAULT_NAVIGATION_OPTIONS } from "../../planner/index.ts";
import { collectScenes, createHarvest, type SceneSource } from "../../scenes/index.ts";
import { INTERPOLANTS, type Interpolation } from "../../sim/index.ts";
import { GAIN_KINDS } from "../../sqp/index.ts";
import { BENCH_DRIVE, type BenchDriveJob } from "../bench-drive.ts";
import { openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { defineBench } from "../define-bench.ts";
import { choiceFlag, type FlagValues, flag, switchFlag } from "../flag-table.ts";
import { HESSIAN_FLAG, type SharedOptions, shared } from "../options.ts";
import { parseModelRef } from "../parse-optimizers.ts";
import { parseInteger } from "../parse-values.ts";
import { QUEUE_FLAGS, withRunner } from "../queue-flags.ts";
import type { VerbContext } from "../verb.ts";

const FIELD_KINDS = Object.keys(INTERPOLANTS) as Interpolation[];

const FLAGS = {
  scenes: flag("--scenes <N>", "number of scenes", parseInteger(1, 100_000), 300),
  ...SOURCE_FLAGS,
  model: flag(
    "--model <[NAME=]FILE.onnx...>",
    "network behind net and best (the robot's own); with a name, one more to compare",
    parseModelRef,
  ),
  noise: switchFlag(
    "--noise",
    "solve from the optima with smooth noise, too: what a prediction's error costs",
  ),
  hessian: HESSIAN_FLAG,
  gains: choiceFlag("--gains <KIND>", "feedback in the rollout of a step", GAIN_KINDS, "stable"),
  field: choiceFlag(
    "--field <KIND>",
    "interpolant of the distance field",
    FIELD_KINDS,
    DEFAULT_NAVIGATION_OPTIONS.interpolation,
  ),
  ...shared("map", "robot", "sensor"),
  ...QUEUE_FLAGS,
};

/** `mnemosyne bench sqp`. */
export const registerBenchSqp = defineBench({
  name: "sqp",
  summary: "iteration counts, times and plan quality for every warm start",
  description:
    "Takes scenes out of closed-loop drives (ordinary ticks, first ticks, goal switches, displacements, " +
    "sudden obstacles) and solves each from every warm start; looks for every scene's other optima, too. With --queue " +
    "workers measure, and the times are those of their machines.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc bench sqp --scenes 60 --worlds clutter,maze",
  async measure(flags, context) {
    const { output } = context;
    const { seed, hessian, gains, field, sensor, noise = false } = flags;
    const robot = await openRobot(flags.robot);
    const source = await openSource(flags, robot);
    const { starts, models, note } = await openBenchStarts(flags.model ?? [], robot);
    if (note !== undefined) output.log(`without a network: ${note}`);
    const solver = { robot, sqp: { hessian, gains }, navigation: { interpolation: field }, noise };
    const [scenes, result] =
      flags.queue === undefined
        ? await measureHere({ ...solver, starts }, source, flags, context)
        : await measureQueued(solver, source, flags, context);
    const from = `${source.description}, sensor ${sensor}`;
    const title = `${scenes} scenes of ${robot.name}, ${from}; ${hessian} Hessian, ${gains} gains, ${field} field`;
    const object = {
      scenes,
      source: from,
      ...result,
      models,
      robot: robot.name,
      options: { hessian, gains, field },
      seed,
    };
    return { object, text: `${title}\n\n${sqpText(result)}` };
  },
});

type Flags = FlagValues<typeof FLAGS> & Pick<SharedOptions, "seed">;
type Solver = Pick<BenchSqpOptions, "robot"> & Pick<BenchDriveJob, "sqp" | "navigation" | "noise">;
type Outcome = [scenes: number, result: BenchSqpResult];

/** Takes all scenes, and then measures one after the other, so that nothing disturbs the times. */
async function measureHere(
  solver: Solver & Pick<BenchSqpOptions, "starts">,
  source: SceneSource,
  { scenes: count, sensor, seed }: Flags,
  { output, signal, now: clock }: VerbContext,
): Promise<Outcome> {
  const { robot } = solver;
  const scenes = await output.withProgress("scenes", count, async (onProgress) => {
    const found = await collectScenes({ source, robot, count, seed, sensor, signal, onProgress });
    signal.throwIfAborted();
    return found;
  });
  const result = await output.withProgress("bench sqp", scenes.length, (onProgress) =>
    benchSqp({ ...solver, scenes, clock, signal, onProgress }),
  );
  return [scenes.length, result];
}

/** Lets workers of a queue measure, drive by drive; the times are theirs. */
async function measureQueued(
  { robot, sqp, navigation, noise }: Solver,
  source: SceneSource,
  flags: Flags,
  context: VerbContext,
): Promise<Outcome> {
  const { scenes: count, seed, sensor, worlds, map } = flags;
  const job = { source: { worlds, map, seed }, robot: flags.robot, models: flags.model ?? [], sqp, navigation, noise, sensor, seed }; // biome-ignore format: one line
  const jobs = Array.from({ length: count + SPARE_DRIVES }, (_, drive): BenchDriveJob => ({ ...job, drive }));
  const harvest = createHarvest<SceneMeasure>(count, `${robot.name}: ${source.description}`);
  const enough = new AbortController();
  let failed: unknown;
  await context.output.withProgress("bench sqp", count, (onProgress) =>
    withRunner(flags, context, (run) =>
      run(BENCH_DRIVE, jobs, {
        size: 1,
        signal: AbortSignal.any([context.signal, enough.signal]),
        jobTimeoutMs: LONGEST_DRIVE_MS,
        onResult(outcome) {
          if (enough.signal.aborted || context.signal.aborted) return;
          try {
            if (outcome.status === "failed")
              throw new SceneError(`drive ${outcome.index}: ${outcome.message}`);
            if (outcome.result !== undefined) harvest.add(outcome.result);
            if (outcome.result === undefined || harvest.isFull()) enough.abort();
            onProgress(harvest.items.length);
          } catch (error) {
            failed = error;
            enough.abort();
          }
        },
      }),
    ),
  );
  context.signal.throwIfAborted();
  if (failed !== undefined) throw failed;
  harvest.end();
  return [harvest.items.length, summarizeSqp(harvest.items, { robot, navigation, noise })];
}

/** Drives beyond one for every scene: some give none. */
const SPARE_DRIVES = 50;
/** A drive and its scenes that take longer are given up: a defect, whatever the machine. [ms] */
const LONGEST_DRIVE_MS = 3_600_000;
