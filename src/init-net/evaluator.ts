import type { Executor } from "../graph/index.ts";
import type { FeatureRows } from "./feature-rows.ts";
import { createBatch, createBatchFiller } from "./feature-set.ts";
import type { LossOptions } from "./net-loss.ts";
import { featureSizes, type NetSpec } from "./net-spec.ts";
import { batchFeeds, type OpenModel, openModel, vectorFeed } from "./open-model.ts";
import { writeEvaluationModel } from "./training-models.ts";

/** What a network makes of examples, example after example. */
export type Evaluation = {
  /** (n, hypotheses, output) */ readonly trajectories: Float32Array;
  /** (n, hypotheses) */ readonly scores: Float32Array;
  /** (n, hypotheses) each hypothesis' error, as the loss measures it. */ readonly errors: Float32Array;
};

export type EvaluatorOptions = {
  readonly spec: NetSpec;
  readonly shards: readonly FeatureRows[];
  readonly loss?: Partial<LossOptions>;
  readonly createExecutor: (model: Uint8Array) => Promise<Executor>;
};

/** Runs a network on any number of examples; its executor is made when it is first asked. */
export type Evaluator = {
  evaluate(parameters: Float32Array, examples: Uint32Array): Promise<Evaluation>;
  dispose(): Promise<void>;
};

/** Examples per run. */
const BATCH = 32;
const OUTPUTS = ["trajectories", "scores", "errors"] as const;

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { spec, shards, loss, createExecutor } = options;
  const H = spec.options.hypotheses;
  const fill = createBatchFiller(spec, shards);
  const batch = createBatch(spec, BATCH);
  const chunk = new Uint32Array(BATCH);
  let model: OpenModel | undefined;
  return {
    async evaluate(parameters, examples) {
      model ??= await openModel(writeEvaluationModel(spec, BATCH, loss), createExecutor);
      const n = examples.length;
      const result: Evaluation = {
        trajectories: new Float32Array(n * H * featureSizes(spec).output),
        scores: new Float32Array(n * H),
        errors: new Float32Array(n * H),
      };
      for (let from = 0; from < n; from += BATCH) {
        const count = Math.min(BATCH, n - from);
        for (let i = 0; i < BATCH; i++) chunk[i] = examples[from + Math.min(i, count - 1)];
        fill(chunk, undefined, batch);
        const outputs = await model.run(
          { ...batchFeeds(spec, batch), parameters: vectorFeed(parameters) },
          OUTPUTS,
        );
        for (const name of OUTPUTS) {
          const width = outputs[name].length / BATCH;
          result[name].set(outputs[name].subarray(0, count * width), from * width);
        }
      }
      return result;
    },
    async dispose() {
      await model?.executor.dispose();
    },
  };
}
