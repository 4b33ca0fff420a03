import type { RunResult } from "../base/index.ts";
import { resolveDevice } from "../graph/node.ts";
import {
  encodeCheckpoint,
  netLayout,
  runBudgetOf,
  type TrainEngine,
  type TrainOptions,
  type TrainProgress,
  train,
} from "../init-net/index.ts";
import { openRunLog, type RunContext, readPackageJson, writeFileAtomic } from "../node/index.ts";
import { drawCurves } from "./curves.ts";
import { openEngine } from "./open-engine.ts";
import { endSession } from "./run-session.ts";
import { followRun, meanOf, type RunFollower } from "./session-log.ts";
import { createTrainJudge, type TrainJudge } from "./train-judge.ts";
import type { LogLine, TrainLine } from "./train-log.ts";
import { setUpTraining, type TrainJob, type TrainSetup } from "./train-setup.ts";
import { summarizeTraining, type TrainSummary } from "./train-summary.ts";

/** Trains a network from data sets into a folder, or goes on with it. */
export async function runTraining(job: TrainJob, context: RunContext): Promise<TrainSummary> {
  const setup = await setUpTraining(job, context);
  const { session, spec, features, data } = setup;
  const { folder, say } = session;
  // Asked for last, since it takes a second and what is illegal is found without.
  const { device, reason } = await resolveDevice(job.device);
  say(`device ${reason}`);
  const engine = await openEngine(
    { ...job, device },
    spec,
    countedOptions(setup),
    features,
    setup.learned,
    setup.parameters,
  );
  try {
    const parameters = netLayout(spec).total;
    say(
      `${parameters} parameters, ${data.training} examples of ${data.worlds.training} worlds ` +
        `(held out: ${data.heldOut} of ${data.worlds.heldOut}), ${engine.description}`,
    );
    const log = await openRunLog<LogLine>(folder.log, folder.from?.snapshot.position.step ?? 0);
    const title = `${spec.robot}, ${parameters} parameters, ${data.training} examples`;
    const judge = await createTrainJudge(setup, log, title, factsOf(setup));
    const follower = followRun(session, log, trainLine, wordsOf, folder.from?.untold);
    const { last } = follower;
    const result = await trainEngine(setup, engine, judge, follower);
    return await endSession(session, result, "updates", async () => {
      const { best, step } = result.position;
      const parity = await judge.write(engine, best?.weights ?? (await engine.average()), best?.step ?? step);
      const outcome = { result, engine: engine.description, perSecond: last()?.perSecond ?? 0, parity };
      return { ...summarizeTraining(setup, judge, outcome), curves: drawCurves(title, log.lines) };
    });
  } finally {
    await engine.dispose();
  }
}

/** The options with passes through the data told as updates, for optimizers that want to know how many there will be. */
function countedOptions({ options, sampler }: TrainSetup): TrainOptions {
  const { steps } = runBudgetOf(options.budget, sampler.stepsPerEpoch);
  return { ...options, budget: { ...options.budget, steps } };
}

function trainEngine(
  { session, spec, options, sampler, features, data }: TrainSetup,
  engine: TrainEngine,
  judge: TrainJudge,
  { onStep, untold }: RunFollower<TrainProgress>,
): Promise<RunResult> {
  const { folder, schedule } = session;
  const known = { spec, options, data: { fingerprint: features.fingerprint, examples: data.training } };
  return train({
    ...schedule,
    options,
    engine,
    sampler,
    from: folder.from?.snapshot,
    validate: (weights, position) => judge.validate(engine, weights, position),
    save: (snapshot) =>
      writeFileAtomic(
        folder.checkpoint,
        encodeCheckpoint({ ...known, engine: engine.description, snapshot, untold: untold() }),
      ),
    onStep,
  });
}

/** What the meter says of an update. */
function wordsOf({ perSecond }: TrainProgress, loss: string): string[] {
  return [`${perSecond.toFixed(0)} examples/s`, loss];
}

function trainLine(reports: readonly TrainProgress[], last: TrainProgress): TrainLine {
  const { step, seconds, rate, perSecond } = last;
  return {
    type: "train",
    step,
    seconds,
    loss: meanOf(reports, ({ loss }) => loss),
    gradientNorm: meanOf(reports, ({ gradientNorm }) => gradientNorm),
    rate,
    perSecond: Number(perSecond.toFixed(1)),
  };
}

/** What a model says of its training; nothing that differs between two runs of the same command. */
function factsOf({ options, data }: TrainSetup) {
  return {
    version: readPackageJson().version,
    seed: options.seed,
    optimizer: options.optimizer,
    ...(options.learned && { optimizerId: options.learned.id, hybrid: options.learned.hybrid }),
    examples: data.training,
    worlds: data.worlds.training,
    batch: options.batch,
  };
}
