import type { RunResult } from "../base/index.ts";
import {
  encodeCheckpoint,
  netLayout,
  type TrainEngine,
  type TrainProgress,
  type TrainSnapshot,
  train,
} from "../init-net/index.ts";
import {
  formatDuration,
  InterruptedError,
  openRunLog,
  type RunContext,
  readPackageJson,
  writeFileAtomic,
} from "../node/index.ts";
import { drawCurves } from "./curves.ts";
import { openEngine } from "./open-engine.ts";
import { createTrainJudge, type TrainJudge } from "./train-judge.ts";
import type { LogLine, TrainLog } from "./train-log.ts";
import { createTrainProgress } from "./train-progress.ts";
import { setUpTraining, type TrainJob, type TrainSetup } from "./train-setup.ts";
import { summarizeTraining, type TrainSummary } from "./train-summary.ts";

/** Trains a network from data sets into a folder, or goes on with it. */
export async function runTraining(job: TrainJob, context: RunContext): Promise<TrainSummary> {
  const { output, now, stderr } = context;
  const setup = await setUpTraining(job, context);
  const { folder, spec, options, features, data } = setup;
  const engine = await openEngine(job, spec, options, features, setup.learned);
  try {
    const parameters = netLayout(spec).total;
    output.log(
      `train: ${parameters} parameters, ${data.training} examples of ${data.worlds.training} worlds ` +
        `(held out: ${data.heldOut} of ${data.worlds.heldOut}), ${engine.description}`,
    );
    const progress = createTrainProgress(stderr, now);
    const say = (line: string): void => {
      progress.clear();
      output.log(`train: ${line}`);
    };
    const log = await openRunLog<LogLine>(folder.log, setup.from?.snapshot.position.step ?? 0);
    const title = `${spec.robot}, ${parameters} parameters, ${data.training} examples`;
    const judge = await createTrainJudge({
      set: features.set,
      files: features.files,
      robot: job.robot,
      options,
      scenes: setup.scenes,
      folder,
      log,
      title,
      facts: factsOf(setup),
      say,
    });
    const line = createLineWriter(log);
    let perSecond = 0;
    const result = await trainEngine(setup, engine, judge, context, (report) => {
      perSecond = report.perSecond;
      line(report);
      progress.update(report);
    });
    progress.clear();
    const { best, step, seconds } = result.position;
    if (result.end === "interrupted")
      throw new InterruptedError(
        `interrupted after ${step} updates; the checkpoint is in ${job.out}, the same command with --resume goes on`,
      );
    const parity = await judge.write(engine, best?.weights ?? (await engine.average()), best?.step ?? step);
    await writeFileAtomic(folder.curves, drawCurves(title, log.lines));
    const outcome = { result, engine: engine.description, perSecond, parity };
    const { card, summary } = summarizeTraining(setup, judge, outcome);
    await writeFileAtomic(folder.card, card);
    say(`${step} updates in ${formatDuration(1000 * seconds)}, ended by ${result.end}`);
    return summary;
  } finally {
    await engine.dispose();
  }
}

function trainEngine(
  { job, folder, from, spec, options, sampler, features, data }: TrainSetup,
  engine: TrainEngine,
  judge: TrainJudge,
  { now, signal }: RunContext,
  onStep: (report: TrainProgress) => void,
): Promise<RunResult> {
  const { steps, minutes } = job.validateEvery;
  const save = (snapshot: TrainSnapshot): Promise<void> => {
    const { fingerprint } = features;
    const known = { spec, options, data: { fingerprint, examples: data.training } };
    return writeFileAtomic(
      folder.checkpoint,
      encodeCheckpoint({ ...known, engine: engine.description, snapshot }),
    );
  };
  return train({
    options,
    engine,
    sampler,
    from: from?.snapshot,
    clock: () => now() / 1000,
    validateEvery: { steps, seconds: minutes === undefined ? undefined : 60 * minutes },
    saveEvery: { seconds: 60 * job.saveMinutes },
    validate: (weights, position) => judge.validate(engine, weights, position),
    save,
    onStep,
    signal,
  });
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

/** Updates of which a line of the log is the mean. */
const LINE_EVERY = 25;

/** Writes the mean of every few updates into the log. */
function createLineWriter(log: TrainLog): (report: TrainProgress) => void {
  let loss = 0;
  let norm = 0;
  let count = 0;
  return ({ step, seconds, rate, perSecond, ...report }) => {
    loss += report.loss;
    norm += report.gradientNorm;
    count++;
    if (step % LINE_EVERY !== 0) return;
    const means = { loss: loss / count, gradientNorm: norm / count };
    log.add({ type: "train", step, seconds, ...means, rate, perSecond: Number(perSecond.toFixed(1)) });
    loss = norm = count = 0;
  };
}
