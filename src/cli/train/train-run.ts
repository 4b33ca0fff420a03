import { createExecutor, type OrtDevice } from "../../graph/node.ts";
import {
  type Checkpoint,
  checkCheckpoint,
  createArrayEngine,
  createBatchSampler,
  createExampleRunner,
  createNetSpec,
  type ExampleRunner,
  encodeCheckpoint,
  initNet,
  type NetSpec,
  netLayout,
  selectExamples,
  type TrainOptions,
  type TrainResult,
  train,
} from "../../init-net/index.ts";
import { createParallelRunner } from "../../init-net/node.ts";
import { ConfigError } from "../../linalg/index.ts";
import { resolveNavigationOptions } from "../../planner/index.ts";
import type { Robot } from "../../sim/index.ts";
import { describeMachine } from "../bench/machine.ts";
import { InterruptedError } from "../errors.ts";
import { readPackageJson } from "../package-info.ts";
import { formatDuration } from "../progress.ts";
import type { VerbContext } from "../verb.ts";
import { writeFileAtomic } from "../write-file.ts";
import { drawCurves } from "./curves.ts";
import { describeData } from "./describe-data.ts";
import { type Features, prepareFeatures } from "./feature-files.ts";
import { writeModelCard } from "./model-card.ts";
import { openTrainFolder } from "./train-folder.ts";
import { createTrainJudge } from "./train-judge.ts";
import { openTrainLog, type TrainLog } from "./train-log.ts";
import { createTrainProgress } from "./train-progress.ts";
import { resolveRequest, type TrainRequest } from "./train-request.ts";

/** Everything that one call of `train` was asked for. */
export type TrainJob = {
  readonly request: TrainRequest;
  readonly folders: readonly string[];
  readonly out: string;
  readonly robot: Robot;
  readonly cache?: string;
  readonly resume: boolean;
  readonly device: OrtDevice;
  /** Threads on the CPU; as many as divide the batch where it is not said. */
  readonly threads?: number;
  readonly cores: number;
  readonly validateEvery: { readonly steps?: number; readonly minutes?: number };
  readonly saveMinutes: number;
  /** The command line, for the card. */
  readonly command: string;
};

/** The summary that `train --json` prints. */
export type TrainSummary = {
  readonly verb: "train";
  readonly status: TrainResult["end"];
  readonly out: string;
  readonly model: string;
  readonly robot: string;
  readonly parameters: number;
  readonly examples: { readonly training: number; readonly held_out: number; readonly skipped: number };
  readonly steps: number;
  readonly minutes: number;
  readonly examples_per_s: number;
  readonly loss: number | null;
  readonly best_step: number | null;
  readonly quality: object | null;
  readonly parity: number;
  readonly seed: number;
};

/** Examples per second are averaged over lines of this many updates. */
const LINE_EVERY = 25;

/** Trains a network from data sets into a folder, or goes on with it. */
export async function runTraining(job: TrainJob, context: VerbContext): Promise<TrainSummary> {
  const { output, signal, now, stderr } = context;
  const folder = await openTrainFolder(job.out, job.resume);
  const { from } = folder;
  if (job.resume && from === undefined) output.log(`train: no checkpoint in ${job.out} yet, training begins`);
  const { net, train: options, scenes } = resolveRequest(job.request, from);
  const spec = createNetSpec(job.robot, resolveNavigationOptions(job.robot), net);
  if (from !== undefined) {
    for (const change of checkCheckpoint(from, spec, options)) output.log(`train: goes on, but ${change}`);
  }
  const features = await readFeatures(job, spec, context);
  const training = selectExamples(features.set.shards, (rows, i) => rows.heldOut[i] === 0);
  if (training.length === 0)
    throw new ConfigError("the data holds no example to train on, only held-out worlds");
  if (from !== undefined && from.data.fingerprint !== features.fingerprint)
    output.log("train: the data are not those of the checkpoint; it goes on with what is there now");

  const parameters = netLayout(spec).total;
  const runner = await openRunner(job, spec, options, features);
  const engine = createArrayEngine(runner, spec, options, initNet(spec, options.seed));
  try {
    const data = describeData(features, job.folders);
    output.log(
      `train: ${parameters} parameters, ${data.training} examples of ${data.worlds.training} worlds ` +
        `(held out: ${data.heldOut} of ${data.worlds.heldOut}), ${engine.description}`,
    );
    const log = await openTrainLog(folder.log, from?.snapshot.position.step ?? 0);
    const title = `${spec.robot}, ${parameters} parameters, ${data.training} examples`;
    const facts = {
      version: readPackageJson().version,
      seed: options.seed,
      optimizer: options.optimizer,
      examples: data.training,
      worlds: data.worlds.training,
      batch: options.batch,
    };
    const progress = createTrainProgress(stderr, now);
    const say = (line: string): void => {
      progress.clear();
      output.log(`train: ${line}`);
    };
    const { set, files } = features;
    const { robot } = job;
    const judge = await createTrainJudge({
      set,
      files,
      robot,
      options,
      scenes,
      folder,
      log,
      title,
      facts,
      say,
    });
    const { steps, minutes } = job.validateEvery;
    const line = createLineWriter(log);
    let perSecond = 0;
    const result = await train({
      options,
      engine,
      sampler: createBatchSampler({
        examples: training,
        batch: options.batch,
        seed: options.seed,
        mirror: options.mirror,
        ...weighting(options, features, training),
      }),
      from: from?.snapshot,
      clock: () => now() / 1000,
      validateEvery: { steps, seconds: minutes === undefined ? undefined : 60 * minutes },
      saveEvery: { seconds: 60 * job.saveMinutes },
      validate: (position) => judge.validate(engine, position),
      save: (snapshot) => {
        const kept: Checkpoint = {
          spec,
          options,
          data: { fingerprint: features.fingerprint, examples: training.length },
          engine: engine.description,
          snapshot,
        };
        return writeFileAtomic(folder.checkpoint, encodeCheckpoint(kept));
      },
      onStep(report) {
        perSecond = report.perSecond;
        line(report);
        progress.update(report);
      },
      signal,
    });
    progress.clear();
    const { position } = result;
    if (result.end === "interrupted")
      throw new InterruptedError(
        `interrupted after ${position.step} updates; the checkpoint is in ${job.out}, the same command with --resume goes on`,
      );
    const { best } = position;
    const weights = best?.parameters ?? (await engine.average());
    const parity = await judge.write(engine, weights, best?.step ?? position.step);
    await writeFileAtomic(folder.curves, drawCurves(title, log.lines));
    const validation = best && judge.at(best.step);
    const card = writeModelCard({
      spec,
      options,
      parameters,
      command: job.command,
      data,
      step: position.step,
      seconds: position.seconds,
      end: result.end,
      engine: engine.description,
      machine: describeMachine(),
      version: readPackageJson().version,
      parity,
      validation,
      baselines: judge.baselines,
    });
    await writeFileAtomic(folder.card, card);
    say(`${position.step} updates in ${formatDuration(1000 * position.seconds)}, ended by ${result.end}`);
    return {
      verb: "train",
      status: result.end,
      out: job.out,
      model: folder.model,
      robot: spec.robot,
      parameters,
      examples: { training: data.training, held_out: data.heldOut, skipped: data.skipped },
      steps: position.step,
      minutes: Number((position.seconds / 60).toFixed(2)),
      examples_per_s: Number(perSecond.toFixed(1)),
      loss: validation?.figures.loss ?? null,
      best_step: best?.step ?? null,
      quality: validation?.quality ?? null,
      parity,
      seed: options.seed,
    };
  } finally {
    await engine.dispose();
  }
}

async function readFeatures(job: TrainJob, spec: NetSpec, context: VerbContext): Promise<Features> {
  const { output, signal } = context;
  let progress: ReturnType<typeof output.progress> | undefined;
  const features = await prepareFeatures({
    folders: job.folders,
    cache: job.cache,
    spec,
    robot: job.robot,
    jobs: job.cores,
    signal,
    onProgress: (shards, all) => {
      progress ??= output.progress("features", all);
      progress.update(shards);
    },
  });
  progress?.finish();
  if (features.skipped > 0)
    output.log(`train: ${features.skipped} examples hold NaN or infinity and are left out`);
  return features;
}

async function openRunner(
  job: TrainJob,
  spec: NetSpec,
  { batch, loss }: TrainOptions,
  { set, shards }: Features,
): Promise<ExampleRunner> {
  const { device } = job;
  if (device !== "cpu")
    return createExampleRunner({
      spec,
      shards: set.shards,
      batch,
      loss,
      createExecutor: (model) => createExecutor(model, { device }),
    });
  let threads = job.threads ?? Math.min(job.cores, batch);
  if (job.threads === undefined) while (batch % threads !== 0) threads--;
  return createParallelRunner({ spec, shards: shards.map(({ shared }) => shared), batch, threads, loss });
}

function weighting({ kindWeights }: TrainOptions, { set }: Features, training: Uint32Array) {
  if (Object.keys(kindWeights).length === 0) return {};
  const kinds = new Uint8Array(set.shards.reduce((sum, rows) => sum + rows.length, 0));
  let at = 0;
  for (const { kind } of set.shards) {
    kinds.set(kind, at);
    at += kind.length;
  }
  const classes = Uint8Array.from(training, (example) => kinds[example]);
  return { weighting: { classes, weights: set.kinds.map((kind) => kindWeights[kind] ?? 0) } };
}

/** Writes the mean of every few updates into the log. */
function createLineWriter(
  log: TrainLog,
): (report: Parameters<NonNullable<Parameters<typeof train>[0]["onStep"]>>[0]) => void {
  let loss = 0;
  let norm = 0;
  let count = 0;
  return ({ step, seconds, rate, perSecond, ...report }) => {
    loss += report.loss;
    norm += report.gradientNorm;
    count++;
    if (step % LINE_EVERY !== 0) return;
    const figures = { loss: loss / count, gradientNorm: norm / count };
    log.add({ type: "train", step, seconds, ...figures, rate, perSecond: Number(perSecond.toFixed(1)) });
    loss = norm = count = 0;
  };
}
