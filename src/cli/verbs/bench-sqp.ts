import { benchSqp, openBenchStarts, sqpText } from "../../bench/index.ts";
import { openRobot } from "../../node/index.ts";
import { DEFAULT_NAVIGATION_OPTIONS } from "../../planner/index.ts";
import { collectScenes } from "../../scenes/index.ts";
import { INTERPOLANTS, type Interpolation } from "../../sim/index.ts";
import { GAIN_KINDS } from "../../sqp/index.ts";
import { openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { defineBench } from "../define-bench.ts";
import { choiceFlag, flag, switchFlag } from "../flag-table.ts";
import { HESSIAN_FLAG, shared } from "../options.ts";
import { parseModelRef } from "../parse-optimizers.ts";
import { parseInteger } from "../parse-values.ts";

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
  ...shared("map", "robot", "sensor"),
};

/** `mnemosyne bench sqp`. */
export const registerBenchSqp = defineBench({
  name: "sqp",
  summary: "iteration counts, times and plan quality for every warm start",
  description:
    "Takes scenes out of closed-loop drives (ordinary ticks, first ticks, goal switches, displacements, " +
    "sudden obstacles) and solves each from every warm start; looks for every scene's other optima, too.",
  flags: FLAGS,
  example: "mnemosyne bench sqp --scenes 60 --worlds clutter,maze",
  async measure(flags, { output, signal, now: clock }) {
    const { seed, hessian, gains, field, sensor, noise, scenes: count } = flags;
    const robot = await openRobot(flags.robot);
    const source = await openSource(flags, robot);
    const { starts, models, note } = await openBenchStarts(flags.model ?? [], robot);
    if (note !== undefined) output.log(`without a network: ${note}`);
    const scenes = await output.withProgress("scenes", count, async (onProgress) => {
      const found = await collectScenes({ source, robot, count, seed, sensor, signal, onProgress });
      signal.throwIfAborted();
      return found;
    });
    const result = await output.withProgress("bench sqp", scenes.length, (onProgress) =>
      benchSqp({
        scenes,
        robot,
        sqp: { hessian, gains },
        navigation: { interpolation: field },
        starts,
        noise,
        seed,
        clock,
        signal,
        onProgress,
      }),
    );
    const from = `${source.description}, sensor ${sensor}`;
    const title = `${scenes.length} scenes of ${robot.name}, ${from}; ${hessian} Hessian, ${gains} gains, ${field} field`;
    const object = {
      scenes: scenes.length,
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
