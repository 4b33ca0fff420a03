import { createEvaluator, type Evaluation, type EvaluatorOptions } from "./evaluator.ts";
import { createBatchQueue, type ExampleDraw } from "./feature-set.ts";
import { batchFeeds, openModel, vectorFeed } from "./open-model.ts";
import { writeGradientModel } from "./training-models.ts";

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

export type ExampleRunnerOptions = EvaluatorOptions & {
  /** Examples per gradient. */
  readonly batch: number;
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
