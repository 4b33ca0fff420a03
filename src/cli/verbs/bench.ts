import type { Command } from "commander";
import { benchLoop, benchQp, loopSteps, loopText, qpText } from "../../bench/index.ts";
import { describeMachine, findNet, openRobot } from "../../node/index.ts";
import {
  createBestStart,
  createNetStart,
  resolveNavigationOptions,
  WARM_STARTS,
  type WarmStart,
} from "../../planner/index.ts";
import { collectScenes, type SceneRun, type SceneSource } from "../../scenes/index.ts";
import type { Robot } from "../../sim/index.ts";
import { finishBench, openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { addFlags, type FlagValues, flag } from "../flag-table.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseInteger } from "../parse-values.ts";
import {
  exampleText,
  finishVerb,
  type RegisterVerb,
  type RunVerb,
  type VerbContext,
  type VerbEnd,
} from "../verb.ts";
import { registerBenchDerivatives } from "./bench-derivatives.ts";
import { registerBenchFeedback } from "./bench-feedback.ts";
import { registerBenchFigures } from "./bench-figures.ts";
import { registerBenchNet } from "./bench-net.ts";
import { registerBenchOcp } from "./bench-ocp.ts";
import { registerBenchOptimizers } from "./bench-optimizers.ts";
import { registerBenchPeers } from "./bench-peers.ts";
import { registerBenchSqp } from "./bench-sqp.ts";

/** `mnemosyne bench sqp|qp|ocp|peers|net|loop|optimizers|derivatives|feedback|figures`. */
export const registerBench: RegisterVerb = (program, run) => {
  const bench = program
    .command("bench")
    .summary(
      "benchmarks: warm starts (sqp), QP solvers (qp), all solvers (ocp), others' (peers), the network (net), the control tick (loop), optimizers, derivatives",
    )
    .description("Benchmarks: medians and tails, the variants taking turns, after a warm-up.");
  bench.addHelpText("after", exampleText("mnemosyne bench sqp --scenes 60"));
  registerBenchSqp(bench, run);
  registerQp(bench, run);
  registerBenchOcp(bench, run);
  registerBenchPeers(bench, run);
  registerBenchNet(bench, run);
  registerLoop(bench, run);
  registerBenchOptimizers(bench, run);
  registerBenchDerivatives(bench, run);
  registerBenchFeedback(bench, run);
  registerBenchFigures(bench, run);
};

const QP_FLAGS = { count: flag("--count <N>", "QPs of each kind", parseInteger(1, 1_000_000), 600) };

function registerQp(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("qp")
    .summary("QP solvers on a robot's QPs, cold and warm-started")
    .description(
      "Solves the same quadratic programs with every QP solver: those of first SQP iterations, cold, and " +
        "those of closed-loop drives, from the shifted last solution. --out writes the JSON to a file.",
    );
  addFlags(verb, "", QP_FLAGS);
  addShared(verb, "seed", "out", "json");
  finishVerb(verb, run, "mnemosyne bench qp --count 200 --json", runQp);
}

async function runQp(
  flags: SharedOptions & FlagValues<typeof QP_FLAGS>,
  context: VerbContext,
): Promise<VerbEnd> {
  const { output, now } = context;
  const machine = describeMachine();
  const { seed, count } = flags;
  const progress = output.progress("bench qp", 2 * count);
  const result = benchQp({ seed, count, clock: now, onProgress: (done) => progress.update(done) });
  progress.finish();
  return finishBench(flags, context, machine, { verb: "bench qp", ...result, ...machine }, qpText(result));
}

const LOOP_FLAGS = {
  drives: flag("--drives <N>", "closed-loop drives per warm start and sensor", parseInteger(1, 1000), 5),
  ...SOURCE_FLAGS,
};

function registerLoop(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("loop")
    .summary("the control tick, part by part; one SQP iteration; the 4-state car; the distance field")
    .description(
      "Times the control tick of closed-loop drives, part by part, for every warm start and sensor; one " +
        "SQP iteration of the navigation problem; the 4-state car; the distance field. --out writes the JSON " +
        "to a file.",
    );
  addFlags(verb, "", LOOP_FLAGS);
  addShared(verb, "map", "robot", "model", "seed", "out", "json");
  finishVerb(verb, run, "mnemosyne bench loop --drives 2", runLoop);
}

/** Scenes per drive whose SQP iterations are taken apart. */
const SCENES_PER_DRIVE = 6;

async function runLoop(
  flags: SharedOptions & FlagValues<typeof LOOP_FLAGS>,
  context: VerbContext,
): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const machine = describeMachine();
  const { seed } = flags;
  const robot = await openRobot(flags.robot);
  const source = await openSource(flags, robot);
  const { starts, model, note } = await startsWithNet(flags.model, robot);
  if (note !== undefined) output.log(`without a network: ${note}`);
  const runs = take(source, flags.drives);
  const scenes = await collectScenes({ source, robot, count: SCENES_PER_DRIVE * runs.length, seed, signal });
  signal.throwIfAborted();
  const progress = output.progress("bench loop", loopSteps(runs.length, starts.length));
  const result = await benchLoop({
    runs,
    scenes,
    robot,
    starts,
    seed,
    clock: now,
    signal,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  const object = {
    verb: "bench loop",
    drives: runs.length,
    source: source.description,
    ...result,
    robot: robot.name,
    model,
    seed,
    ...machine,
  };
  const title = `${runs.length} drives of ${robot.name}, ${source.description}`;
  return finishBench(flags, context, machine, object, `${title}\n\n${loopText(result)}`);
}

/** The warm starts of the house, and where there is a network also `net`, and `best` with it. */
async function startsWithNet(
  file: string | undefined,
  robot: Robot,
): Promise<{ starts: readonly WarmStart[]; model?: string; note?: string }> {
  const found = await findNet(file, robot, resolveNavigationOptions(robot));
  const starts = [...WARM_STARTS.values()];
  if (found.net === undefined) return { starts, note: found.missing ? undefined : found.note };
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
