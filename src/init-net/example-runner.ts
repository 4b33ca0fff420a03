import { type Executor, readOnnxMetadata, type TensorData } from "../graph/index.ts";
import { FormatError } from "../linalg/index.ts";
import type { FeatureRows } from "./feature-rows.ts";
import { type Batch, createBatch, createBatchFiller } from "./feature-set.ts";
import type { LossOptions } from "./net-loss.ts";
import { BASES, featureSizes, type NetSpec } from "./net-spec.ts";
import { writeEvaluationModel, writeGradientModel } from "./training-models.ts";

/** Examples by number, and which of them are mirrored. */
export type Draw = { readonly examples: Uint32Array; readonly mirrors?: Uint8Array };

/** What a network makes of examples, example after example. */
export type Evaluation = {
  /** (n, hypotheses, output) */ readonly trajectories: Float32Array;
  /** (n, hypotheses) */ readonly scores: Float32Array;
  /** (n, hypotheses) each hypothesis' error, as the loss measures it. */ readonly errors: Float32Array;
};

/** Computes with a network on the examples of a feature set. One call at a time. */
export type ExampleRunner = {
  /** For people: how it computes. */
  readonly description: string;
  /** The mean loss of a batch of the runner's size, and its gradient (total), which the next call overwrites. */
  gradient(
    parameters: Float32Array,
    draw: Draw,
  ): Promise<{ readonly loss: number; readonly gradient: Float32Array }>;
  /** Hint: the batch that will be asked for next, to be made ready meanwhile. */
  prepare?(draw: Draw): void;
  /** @param examples any number of them */
  evaluate(parameters: Float32Array, examples: Uint32Array): Promise<Evaluation>;
  dispose(): Promise<void>;
};

export type ExampleRunnerOptions = {
  readonly spec: NetSpec;
  readonly shards: readonly FeatureRows[];
  /** Examples per gradient. */
  readonly batch: number;
  readonly loss?: Partial<LossOptions>;
  readonly createExecutor: (model: Uint8Array) => Promise<Executor>;
};

/** Examples per run of the network alone. */
const EVALUATION_BATCH = 32;

/** A runner in this thread: one executor for gradients, one, made when it is asked for, for evaluation. */
export async function createExampleRunner(options: ExampleRunnerOptions): Promise<ExampleRunner> {
  const { spec, shards, batch: size, loss, createExecutor } = options;
  const sizes = featureSizes(spec);
  const H = spec.options.hypotheses;
  const fill = createBatchFiller(spec, shards);
  const learner = await openModel(writeGradientModel(spec, size, loss), createExecutor);
  let judge: OpenModel | undefined;
  let batch = createBatch(spec, size);
  let ready: { readonly draw: Draw; readonly batch: Batch } | undefined;
  let spare = createBatch(spec, size);

  const take = (draw: Draw): Batch => {
    if (ready?.draw === draw) {
      [batch, spare] = [spare, batch];
      ready = undefined;
    } else fill(draw.examples, draw.mirrors, batch);
    return batch;
  };

  return {
    description: `1 thread on ${learner.executor.device}`,
    prepare(draw) {
      fill(draw.examples, draw.mirrors, spare);
      ready = { draw, batch: spare };
    },
    async gradient(parameters, draw) {
      const outputs = await learner.run(spec, parameters, take(draw), ["loss", "gradient"]);
      return { loss: outputs.loss[0], gradient: outputs.gradient };
    },
    async evaluate(parameters, examples) {
      judge ??= await openModel(writeEvaluationModel(spec, EVALUATION_BATCH, loss), createExecutor);
      const n = examples.length;
      const result = {
        trajectories: new Float32Array(n * H * sizes.output),
        scores: new Float32Array(n * H),
        errors: new Float32Array(n * H),
      };
      const some = createBatch(spec, EVALUATION_BATCH);
      const chunk = new Uint32Array(EVALUATION_BATCH);
      for (let from = 0; from < n; from += EVALUATION_BATCH) {
        const count = Math.min(EVALUATION_BATCH, n - from);
        for (let i = 0; i < EVALUATION_BATCH; i++) chunk[i] = examples[from + Math.min(i, count - 1)];
        fill(chunk, undefined, some);
        const outputs = await judge.run(spec, parameters, some, ["trajectories", "scores", "errors"]);
        for (const name of ["trajectories", "scores", "errors"] as const) {
          const width = outputs[name].length / EVALUATION_BATCH;
          result[name].set(outputs[name].subarray(0, count * width), from * width);
        }
      }
      return result;
    },
    async dispose() {
      await learner.executor.dispose();
      await judge?.executor.dispose();
    },
  };
}

type OpenModel = {
  readonly executor: Executor;
  run<Name extends string>(
    spec: NetSpec,
    parameters: Float32Array,
    batch: Batch,
    fetch: readonly Name[],
  ): Promise<Record<Name, Float32Array>>;
};

/** A model and its executor; only the inputs that the model has are fed. */
async function openModel(
  model: Uint8Array,
  createExecutor: ExampleRunnerOptions["createExecutor"],
): Promise<OpenModel> {
  const inputs = readOnnxMetadata(model).inputs.map(({ name }) => name);
  const executor = await createExecutor(model);
  return {
    executor,
    async run(spec, parameters, batch, fetch) {
      const feeds = batchFeeds(spec, batch);
      const all: Record<string, TensorData> = {
        ...feeds,
        parameters: { data: parameters, shape: [parameters.length] },
      };
      const values = await executor.run(Object.fromEntries(inputs.map((name) => [name, all[name]])), fetch);
      return Object.fromEntries(
        fetch.map((name) => {
          const { data } = values[name];
          if (!(data instanceof Float32Array)) throw new FormatError(`the model's ${name} is not float32`);
          return [name, data];
        }),
      ) as Record<(typeof fetch)[number], Float32Array>;
    },
  };
}

/** A batch by the names of the models' inputs. */
export function batchFeeds(
  spec: NetSpec,
  batch: Batch,
): Record<"patches" | "vector" | "bases" | "target", TensorData> {
  const sizes = featureSizes(spec);
  return {
    patches: { data: batch.patches, shape: [batch.size, sizes.tokens, sizes.patch] },
    vector: { data: batch.vector, shape: [batch.size, sizes.vector] },
    bases: { data: batch.bases, shape: [batch.size, BASES, sizes.target] },
    target: { data: batch.target, shape: [batch.size, sizes.target] },
  };
}
