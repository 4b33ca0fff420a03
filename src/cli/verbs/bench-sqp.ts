import type { Command } from "commander";
import { benchSqp, type ModelRef, openBenchStarts, sqpText } from "../../bench/index.ts";
import { describeMachine, openRobot } from "../../node/index.ts";
import { DEFAULT_NAVIGATION_OPTIONS } from "../../planner/index.ts";
import { collectScenes } from "../../scenes/index.ts";
import { INTERPOLANTS, type Interpolation } from "../../sim/index.ts";
import { GAIN_KINDS, type GainKind, HESSIAN_KINDS, type HessianKind } from "../../sqp/index.ts";
import { addSource, openSource, type SourceFlags } from "../bench-source.ts";
import { finishBench } from "../finish-bench.ts";
import { addModels } from "../model-flags.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseChoice, parseInteger } from "../parse-values.ts";
import { exampleText, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FIELD_KINDS = Object.keys(INTERPOLANTS) as Interpolation[];

type Shared<Name extends keyof SharedOptions> = Pick<SharedOptions, Name>;

type SqpFlags = Shared<"robot" | "sensor" | "seed" | "json" | "out"> &
  SourceFlags & {
    readonly scenes: number;
    readonly hessian: HessianKind;
    readonly gains: GainKind;
    readonly field: Interpolation;
    readonly model?: readonly ModelRef[];
    readonly noise?: boolean;
  };

/** `mnemosyne bench sqp`. */
export function registerBenchSqp(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("sqp")
    .summary("iteration counts, times and plan quality for every warm start")
    .description(
      "Takes scenes out of closed-loop drives (ordinary ticks, first ticks, goal switches, displacements, " +
        "sudden obstacles) and solves each from every warm start; looks for every scene's other optima, too. " +
        "--out writes the JSON to a file.",
    )
    .option("--scenes <N>", "number of scenes", parseInteger(1, 100_000), 300);
  addSource(verb);
  addModels(verb);
  verb
    .option("--noise", "solve from the optima with smooth noise, too: what a prediction's error costs")
    .option(
      "--hessian <KIND>",
      `curvature in the QP: ${HESSIAN_KINDS.join(", ")}`,
      parseChoice(HESSIAN_KINDS),
      "full",
    )
    .option(
      "--gains <KIND>",
      `feedback in the rollout of a step: ${GAIN_KINDS.join(", ")}`,
      parseChoice(GAIN_KINDS),
      "stable",
    )
    .option(
      "--field <KIND>",
      `interpolant of the distance field: ${FIELD_KINDS.join(", ")}`,
      parseChoice(FIELD_KINDS),
      DEFAULT_NAVIGATION_OPTIONS.interpolation,
    );
  addShared(verb, "map", "robot", "sensor", "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench sqp --scenes 60 --worlds clutter,maze"));
  verb.action((flags: SqpFlags, command: Command) =>
    run(command, flags, (context) => runSqp(flags, context)),
  );
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
