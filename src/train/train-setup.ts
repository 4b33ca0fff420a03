import { join } from "node:path";
import { ConfigError } from "../base/index.ts";
import {
  type BatchSampler,
  type Checkpoint,
  checkCheckpoint,
  checkpointOf,
  createBatchSampler,
  createNetSpec,
  createSharedSpec,
  initNet,
  type LearnedChoice,
  type NetOptions,
  type NetSpec,
  netLayout,
  robotWords,
  type StartNet,
  selectExamples,
  type TrainOptions,
  takeWeights,
} from "../init-net/index.ts";
import { type RunContext, readForeign } from "../node/index.ts";
import type { AnyLearned } from "../optim/index.ts";
import { resolveNavigationOptions } from "../planner/index.ts";
import type { Robot } from "../sim/index.ts";
import { isOneRobot, oneRobotOf, robotsOfData, type ShardRobot } from "./data-robot.ts";
import { type DataFacts, describeData } from "./describe-data.ts";
import { type Features, prepareFeatures } from "./feature-files.ts";
import { holdOutEnough } from "./held-out.ts";
import type { EngineChoice } from "./open-engine.ts";
import { openSession, type RunJob, type RunSession } from "./run-session.ts";
import { resolveRequest, type TrainRequest } from "./train-request.ts";

/** Everything that one call of `train` was asked for. */
export type TrainJob = RunJob &
  Omit<EngineChoice, "device"> & {
    /** As `resolveDevice` takes it. */
    readonly device: string;
    readonly request: TrainRequest;
    /** Folders of data sets. */
    readonly folders: readonly string[];
    /** Default: the one that the data were collected with. */
    readonly robot?: Robot;
    /** Network that training begins with, as far as its weights fit: path of an .onnx file. */
    readonly startFile?: string;
    /** Where features are kept; beside the data where it is not given. */
    readonly cache?: string;
  };

/** A run before its first update. */
export type TrainSetup = {
  readonly job: TrainJob;
  readonly session: RunSession<Checkpoint>;
  readonly spec: NetSpec;
  readonly options: TrainOptions;
  /** The weights that `options.learned` means. */
  readonly learned?: AnyLearned;
  /** (total) where training begins. */
  readonly parameters: Float32Array;
  /** Held-out scenes of each kind that are planned from predictions. */
  readonly scenes: number;
  readonly features: Features;
  readonly sampler: BatchSampler;
  readonly data: DataFacts;
};

/** Opens the folder of a training run, settles the options and reads the data. */
export async function setUpTraining(job: TrainJob, context: RunContext): Promise<TrainSetup> {
  const session = await openSession("train", job, context, "model.onnx", checkpointOf);
  const { say } = session;
  const { from } = session.folder;
  const robots = await robotsOfData(job.folders, job.robot);
  const start = await openStart(job, from);
  const { net, train: options, scenes } = resolveRequest(job.request, from, start);
  const spec = specOfData(robots, net, job.robot, from?.spec.trainedOn);
  if (from !== undefined) {
    if (job.startFile !== undefined)
      say(`goes on from ${session.folder.checkpoint}; --from ${job.startFile} is not read`);
    for (const change of checkCheckpoint(from, spec, options)) say(`goes on, but ${change}`);
  }
  const parameters = initNet(spec, options.seed);
  if (start !== undefined) say(startText(takeWeights(start, spec, parameters), job.startFile!, spec));
  const learned = options.learned && (await reopenLearned(options.learned));
  const features = await readFeatures(job, robots, spec, context);
  if (features.skipped > 0) say(`${features.skipped} examples hold NaN or infinity and are left out`);
  if (from !== undefined && from.data.fingerprint !== features.fingerprint)
    throw new ConfigError(
      `the checkpoint was made with other data (${from.data.examples} examples to train on, ${from.data.fingerprint}), now they ` +
        `are ${features.fingerprint}: give the same --data, or begin anew with --from ${session.folder.product}`,
    );
  const moved = holdOutEnough(features.set);
  if (moved !== undefined) say(moved);
  const examples = selectExamples(features.set.shards, (rows, i) => rows.heldOut[i] === 0);
  const { batch, seed, mirror } = options;
  const weighting = weightingOf(options, features, examples);
  const sampler = createBatchSampler({ examples, batch, seed, mirror, weighting });
  const data = describeData(features, job.folders);
  return { job, session, spec, options, learned, parameters, scenes, features, sampler, data };
}

/**
 * A network for the one robot of the data, or for any robot where the options say so and the data are of several.
 *
 * @param known what a run that goes on was trained on
 */
function specOfData(
  data: readonly ShardRobot[],
  net: NetOptions,
  asked: Robot | undefined,
  known: NetSpec["trainedOn"],
): NetSpec {
  if (net.robots === "one" || isOneRobot(data)) {
    const robot = oneRobotOf(data, asked);
    return createNetSpec(robot, resolveNavigationOptions(robot), net);
  }
  const seen = data.filter(({ shard }) => !shard.startsWith("validation-"));
  const words = (seen.length > 0 ? seen : data).map(({ robot }) => {
    const { N, dt, lookahead } = resolveNavigationOptions(robot);
    return robotWords(robot, N * dt, lookahead);
  });
  const trainedOn = Array.from(words[0], (_, i) => {
    const said = words.map((word) => word[i]);
    return [Math.min(...said), Math.max(...said)] as const;
  });
  return createSharedSpec(resolveNavigationOptions(data[0].robot).N, net, known ?? trainedOn);
}

/** @throws ConfigError where the file is not what it was */
async function reopenLearned({ file, id }: LearnedChoice): Promise<AnyLearned> {
  const opened = await readForeign("optimizer", file);
  if (opened.id !== id)
    throw new ConfigError(`${file} has content ${opened.id}, expected ${id}: the run was begun with another`);
  return opened.learned;
}

async function openStart(
  { startFile }: TrainJob,
  from: Checkpoint | undefined,
): Promise<StartNet | undefined> {
  if (startFile === undefined || from !== undefined) return undefined; // a run that goes on has begun already
  return readForeign("network", startFile);
}

function startText(left: readonly string[], file: string, spec: NetSpec): string {
  const all = netLayout(spec).entries.length;
  if (left.length === all) throw new ConfigError(`of ${file} no weights fit: it is another kind of network`);
  const rest =
    left.length === 0 ? "" : `; anew begin ${left.slice(0, 6).join(", ")}${left.length > 6 ? " ..." : ""}`;
  return `begins with ${all - left.length} of ${all} arrays of weights of ${file}${rest}`;
}

async function readFeatures(
  job: TrainJob,
  robots: readonly ShardRobot[],
  spec: NetSpec,
  context: RunContext,
): Promise<Features> {
  const { output, signal } = context;
  let progress: ReturnType<typeof output.progress> | undefined;
  const features = await prepareFeatures({
    folders: job.folders,
    cache: job.cache,
    spec,
    robotOf(folder, shard) {
      const known = robots.find((one) => one.folder === folder && one.shard === shard);
      if (known !== undefined) return known.robot;
      throw new ConfigError(
        `${join(folder, shard)} came while ${folder} was read: wait for collect to end, then begin again`,
      );
    },
    jobs: job.cores,
    signal,
    onProgress: (shards, all) => {
      progress ??= output.progress("features", all);
      progress.update(shards);
    },
  });
  progress?.finish();
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
