import type { Command } from "commander";
import { benchSqp, openBenchStarts, sqpText } from "../../bench/index.ts";
import { describeMachine, openRobot } from "../../node/index.ts";
import { DEFAULT_NAVIGATION_OPTIONS } from "../../planner/index.ts";
import { collectScenes } from "../../scenes/index.ts";
import { INTERPOLANTS, type Interpolation } from "../../sim/index.ts";
import { GAIN_KINDS } from "../../sqp/index.ts";
import { finishBench, openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { addFlags, choiceFlag, type FlagValues, flag, switchFlag } from "../flag-table.ts";
import { addShared, HESSIAN_FLAG, type SharedOptions } from "../options.ts";
import { parseModelRef } from "../parse-optimizers.ts";
import { parseInteger } from "../parse-values.ts";
import { finishVerb, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FIELD_KINDS = Object.keys(INTERPOLANTS) as Interpolation[];

const FLAGS = {
  scenes: flag("--scenes <N>", "number of scenes", parseInteger(1, 100_000), 300),
  ...SOURCE_FLAGS,
  model: flag(
    "--model <[NAME=]FILE.onnx>",
    "network behind net and best (the robot's own); with a name, one more to compare; repeatable",
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
};

type SqpFlags = Omit<SharedOptions, "model"> & FlagValues<typeof FLAGS>;

/** `mnemosyne bench sqp`. */
export function registerBenchSqp(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("sqp")
    .summary("iteration counts, times and plan quality for every warm start")
    .description(
      "Takes scenes out of closed-loop drives (ordinary ticks, first ticks, goal switches, displacements, " +
        "sudden obstacles) and solves each from every warm start; looks for every scene's other optima, too. " +
        "--out writes the JSON to a file.",
    );
  addFlags(verb, "", FLAGS);
  addShared(verb, "map", "robot", "sensor", "seed", "out", "json");
  finishVerb(verb, run, "mnemosyne bench sqp --scenes 60 --worlds clutter,maze", runSqp);
}

async function runSqp(flags: SqpFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const machine = describeMachine();
  const { seed, hessian, gains, field, sensor, scenes: count } = flags;
  const robot = await openRobot(flags.robot);
  const source = await openSource(flags, robot);
  const { starts, models, note } = await openBenchStarts(flags.model ?? [], robot);
  if (note !== undefined) output.log(`without a network: ${note}`);
  const collecting = output.progress("scenes", count);
  const scenes = await collectScenes({
    source,
    robot,
    count,
    seed,
    sensor,
    signal,
    onProgress: (done) => collecting.update(done),
  });
  signal.throwIfAborted();
  collecting.finish();
  const solving = output.progress("bench sqp", scenes.length);
  const result = await benchSqp({
    scenes,
    robot,
    sqp: { hessian, gains },
    navigation: { interpolation: field },
    starts,
    noise: flags.noise,
    seed,
    clock: now,
    signal,
    onProgress: (done) => solving.update(done),
  });
  solving.finish();
  const from = `${source.description}, sensor ${sensor}`;
  const object = {
    verb: "bench sqp",
    scenes: scenes.length,
    source: from,
    ...result,
    models,
    robot: robot.name,
    options: { hessian, gains, field },
    seed,
    ...machine,
  };
  const title = `${scenes.length} scenes of ${robot.name}, ${from}; ${hessian} Hessian, ${gains} gains, ${field} field`;
  return finishBench(flags, context, machine, object, `${title}\n\n${sqpText(result)}`);
}
