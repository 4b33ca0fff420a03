import { ConfigError } from "../base/index.ts";
import {
  type BatchSampler,
  type Checkpoint,
  checkCheckpoint,
  createBatchSampler,
  createNetSpec,
  type LearnedChoice,
  type NetSpec,
  selectExamples,
  type TrainOptions,
} from "../init-net/index.ts";
import type { RunContext } from "../node/index.ts";
import type { LearnedWeights } from "../optim/index.ts";
import { resolveNavigationOptions } from "../planner/index.ts";
import type { Robot } from "../sim/index.ts";
import { type DataFacts, describeData } from "./describe-data.ts";
import { type Features, prepareFeatures } from "./feature-files.ts";
import { openLearned } from "./learned-file.ts";
import type { EngineChoice } from "./open-engine.ts";
import { openTrainFolder, type TrainFolder } from "./train-folder.ts";
import { resolveRequest, type TrainRequest } from "./train-request.ts";

/** Everything that one call of `train` was asked for. */
export type TrainJob = EngineChoice & {
  readonly request: TrainRequest;
  readonly folders: readonly string[];
  readonly out: string;
  readonly robot: Robot;
  readonly cache?: string;
  readonly resume: boolean;
  readonly validateEvery: { readonly steps?: number; readonly minutes?: number };
  readonly saveMinutes: number;
  /** The command line, for the card. */
  readonly command: string;
};

/** A run before its first update. */
export type TrainSetup = {
  readonly job: TrainJob;
  readonly folder: TrainFolder;
  /** Where it goes on. */
  readonly from?: Checkpoint;
  readonly spec: NetSpec;
  readonly options: TrainOptions;
  /** The weights that `options.learned` means. */
  readonly learned?: LearnedWeights;
  /** Held-out scenes of each kind that are planned from predictions. */
  readonly scenes: number;
  readonly features: Features;
  readonly sampler: BatchSampler;
  readonly data: DataFacts;
};

/** Opens the folder, settles the options and reads the data. */
export async function setUpTraining(job: TrainJob, context: RunContext): Promise<TrainSetup> {
  const { output } = context;
  const folder = await openTrainFolder(job.out, job.resume);
  const { from } = folder;
  if (job.resume && from === undefined) output.log(`train: no checkpoint in ${job.out} yet, training begins`);
  const { net, train: options, scenes } = resolveRequest(job.request, from);
  const spec = createNetSpec(job.robot, resolveNavigationOptions(job.robot), net);
  if (from !== undefined) {
    for (const change of checkCheckpoint(from, spec, options)) output.log(`train: goes on, but ${change}`);
  }
  const learned = options.learned && (await reopenLearned(options.learned));
  const features = await readFeatures(job, spec, context);
  if (from !== undefined && from.data.fingerprint !== features.fingerprint)
    output.log("train: the data are not those of the checkpoint; it goes on with what is there now");
  const examples = selectExamples(features.set.shards, (rows, i) => rows.heldOut[i] === 0);
  if (examples.length === 0)
    throw new ConfigError("the data holds no example to train on, only held-out worlds");
  const { batch, seed, mirror } = options;
  const weighting = weightingOf(options, features, examples);
  const sampler = createBatchSampler({ examples, batch, seed, mirror, weighting });
  const data = describeData(features, job.folders);
  return { job, folder, from, spec, options, learned, scenes, features, sampler, data };
}

/** @throws ConfigError where the file is not what it was */
async function reopenLearned({ file, id }: LearnedChoice): Promise<LearnedWeights> {
  const opened = await openLearned(file);
  if (opened.id !== id)
    throw new ConfigError(`${file} has content ${opened.id}, expected ${id}: the run was begun with another`);
  return opened.learned;
}

async function readFeatures(job: TrainJob, spec: NetSpec, context: RunContext): Promise<Features> {
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

/** The kinds of the examples and how often each is to be drawn, where the options say so. */
function weightingOf({ kindWeights }: TrainOptions, { set }: Features, examples: Uint32Array) {
  if (Object.keys(kindWeights).length === 0) return undefined;
  const kinds = new Uint8Array(set.shards.reduce((sum, rows) => sum + rows.length, 0));
  let at = 0;
  for (const { kind } of set.shards) {
    kinds.set(kind, at);
    at += kind.length;
  }
  const classes = Uint8Array.from(examples, (example) => kinds[example]);
  return { classes, weights: set.kinds.map((kind) => kindWeights[kind] ?? 0) };
}
