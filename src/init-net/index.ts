export { type AttentionChoice, attentionOf, type NetAttention } from "./attention-choice.ts";
export { type BatchSampler, type BatchSamplerOptions, createBatchSampler } from "./batch-sampler.ts";
export { type Checkpoint, checkCheckpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { createEvaluator, type Evaluation, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
export {
  createExampleRunner,
  type ExampleDraw,
  type ExampleRunner,
  type ExampleRunnerOptions,
} from "./example-runner.ts";
export {
  createMirror,
  fillPatches,
  fillRows,
  type Mirror,
  type Reflection,
} from "./feature-batch.ts";
export {
  type Checksum,
  encodeFeatureCache,
  type FeatureCacheHeader,
  featureKey,
  openFeatureCache,
} from "./feature-cache.ts";
export {
  createFeatureRows,
  type FeatureRows,
  featureRowsBytes,
  shrinkFeatureRows,
  viewFeatureRows,
} from "./feature-rows.ts";
export {
  type Batch,
  createBatch,
  createBatchFiller,
  createFeatureIndex,
  type FeatureSet,
  selectExamples,
} from "./feature-set.ts";
export { createGraphEngine, type GraphEngineOptions } from "./graph-engine.ts";
export { createLearnedRule, type LearnedChoice } from "./learned-rule.ts";
export { type AttentionReader, createAttentionReader, writeAttentionModel } from "./net-attention.ts";
export { readNetMetadata } from "./net-file.ts";
export {
  createNetInference,
  NET_INPUTS,
  NET_OUTPUTS,
  type NetHypothesis,
  type NetInference,
  type NetPrediction,
  type NetSession,
  netShapes,
} from "./net-inference.ts";
export { DEFAULT_LOSS, type LossOptions, netLoss } from "./net-loss.ts";
export {
  formatNetMetadata,
  NET_FORMAT,
  NET_METADATA_KEY,
  type NetMetadata,
  parseNetMetadata,
} from "./net-metadata.ts";
export {
  type AttentionWatcher,
  buildNet,
  type NetInputs,
  type NetOutputs,
  netParameters,
  predicted,
} from "./net-model.ts";
export {
  ATTENTION_MAPS,
  type AttentionMapName,
  GRID_CHANNELS,
  type GridChannel,
  MNEMOSYNE_NET,
  type NetOptions,
  PAPER_NET,
  PATCH,
  resolveNetOptions,
} from "./net-options.ts";
export {
  BASES,
  createNetSpec,
  type FeatureSizes,
  featureSizes,
  type NetScene,
  type NetSpec,
  type NetTrajectory,
} from "./net-spec.ts";
export { createFeatureWriter, type FeatureWriter } from "./scene-features.ts";
export { createArrayEngine, type StepReport, type TrainEngine } from "./train-engine.ts";
export {
  DEFAULT_TRAIN_OPTIONS,
  resolveTrainOptions,
  TRAIN_SCHEDULES,
  type TrainBudget,
  type TrainOptions,
  type TrainSchedule,
} from "./train-options.ts";
export { type TrainProgress, type TrainRun, type TrainSnapshot, train } from "./trainer.ts";
export {
  initNet,
  netLayout,
  writeEvaluationModel,
  writeGradientModel,
  writeInferenceModel,
} from "./training-models.ts";
export { type Figures, type KindFigures, measureFigures } from "./validation.ts";
