import type { Executor } from "../graph/index.ts";
import { createEvaluator, type Evaluation } from "./evaluator.ts";
import type { FeatureRows } from "./feature-rows.ts";
import { type Batch, createBatch, createBatchFiller } from "./feature-set.ts";
import type { LossOptions } from "./net-loss.ts";
import type { NetSpec } from "./net-spec.ts";
import { batchFeeds, openModel, vectorFeed } from "./open-model.ts";
import { writeGradientModel } from "./training-models.ts";

/** Examples by number, and which of them are mirrored. */
export type ExampleDraw = { readonly examples: Uint32Array; readonly mirrors?: Uint8Array };

/** Computes with a network on the examples of a feature set. One call at a time. */
export type ExampleRunner = {
  /** For people: how it computes. */
  readonly description: string;
  /** The mean loss of a batch of the runner's size, and its gradient (total), which the next call overwrites. */
  gradient(
    parameters: Float32Array,
    draw: ExampleDraw,
  ): Promise<{ readonly loss: number; readonly gradient: Float32Array }>;
  /** Hint: the batch that will be asked for next, to be made ready meanwhile. */
  prepare?(draw: ExampleDraw): void;
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

/** A runner in this thread: an executor for gradients, and one for evaluation. */
export async function createExampleRunner(options: ExampleRunnerOptions): Promise<ExampleRunner> {
  const { spec, shards, batch: size, loss, createExecutor } = options;
  const learner = await openModel(writeGradientModel(spec, size, loss), createExecutor);
  const evaluator = createEvaluator({ spec, shards, loss, createExecutor });
  const batches = createBatchQueue(spec, shards, size);
  return {
    description: `1 thread on ${learner.executor.device}`,
    prepare: batches.prepare,
    async gradient(parameters, draw) {
      const feeds = { ...batchFeeds(spec, batches.take(draw)), parameters: vectorFeed(parameters) };
      const { loss: values, gradient } = await learner.run(feeds, ["loss", "gradient"]);
      return { loss: values[0], gradient };
    },
    evaluate: evaluator.evaluate,
    async dispose() {
      await learner.executor.dispose();
      await evaluator.dispose();
    },
  };
}

/** Fills batches, the next one in advance where it is told; two sets of arrays take turns. */
export function createBatchQueue(spec: NetSpec, shards: readonly FeatureRows[], size: number) {
  const fill = createBatchFiller(spec, shards);
  let batch = createBatch(spec, size);
  let spare = createBatch(spec, size);
  let ready: ExampleDraw | undefined;
  return {
    prepare(draw: ExampleDraw): void {
      fill(draw.examples, draw.mirrors, spare);
      ready = draw;
    },
    /** The batch of a draw; valid until the next is taken. */
    take(draw: ExampleDraw): Batch {
      if (ready === draw) [batch, spare] = [spare, batch];
      else fill(draw.examples, draw.mirrors, batch);
      ready = undefined;
      return batch;
    },
  };
}
