import { benchLoop, loopSteps, loopText } from "../../bench/index.ts";
import { findNet, openRobot } from "../../node/index.ts";
import {
  createBestStart,
  createNetStart,
  resolveNavigationOptions,
  WARM_STARTS,
  type WarmStart,
} from "../../planner/index.ts";
import { collectScenes, type SceneRun, type SceneSource } from "../../scenes/index.ts";
import type { Robot } from "../../sim/index.ts";
import { openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { defineBench } from "../define-bench.ts";
import { flag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseInteger } from "../parse-values.ts";

/** Scenes per drive whose SQP iterations are taken apart. */
const SCENES_PER_DRIVE = 6;

/** `mnemosyne bench loop`. */
export const registerBenchLoop = defineBench({
  name: "loop",
  summary: "the control tick, part by part; one SQP iteration; the 4-state car; the distance field; memory",
  description:
    "Times the control tick of closed-loop drives, part by part, for every warm start and sensor; one " +
    "SQP iteration of the navigation problem; the 4-state car; the distance field; and what a tick allocates.",
  flags: {
    drives: flag("--drives <N>", "closed-loop drives per warm start and sensor", parseInteger(1, 1000), 5),
    ...SOURCE_FLAGS,
    ...shared("map", "robot", "model"),
  },
  example: "npx mnemosyne-mpc bench loop --drives 2",
  async measure(flags, { output, signal, now: clock }) {
    const { seed } = flags;
    const robot = await openRobot(flags.robot);
    const source = await openSource(flags, robot);
    const { starts, model, note } = await startsWithNet(flags, robot);
    if (note !== undefined) output.log(`without a network: ${note}`);
    const runs = take(source, flags.drives);
    const count = SCENES_PER_DRIVE * runs.length;
    const scenes = await collectScenes({ source, robot, count, seed, signal });
    signal.throwIfAborted();
    const steps = loopSteps(runs.length, starts.length);
    const result = await output.withProgress("bench loop", steps, (onProgress) =>
      benchLoop({ runs, scenes, robot, starts, seed, clock, signal, onProgress }),
    );
    const { description } = source;
    return {
      object: { drives: runs.length, source: description, ...result, robot: robot.name, model, seed },
      text: `${runs.length} drives of ${robot.name}, ${description}\n\n${loopText(result)}`,
    };
  },
});

/** The warm starts of the house, and where there is a network also `net`, and `best` with it. */
async function startsWithNet(
  { model, robot: called }: { readonly model?: string; readonly robot: string },
  robot: Robot,
): Promise<{ starts: readonly WarmStart[]; model?: string; note?: string }> {
  const found = await findNet(model, robot, resolveNavigationOptions(robot), undefined, called);
  const starts = [...WARM_STARTS.values()];
  if (found.net === undefined) return { starts, note: found.note };
  const others = starts.filter(({ name }) => name !== "best");
  return { starts: [...others, createNetStart(found.net), createBestStart(found.net)], model: found.model };
}

function take(source: SceneSource, count: number): SceneRun[] {
  const runs: SceneRun[] = [];
  for (const run of source.runs()) {
    runs.push(run);
    if (runs.length >= count) break;
  }
  return runs;
}
