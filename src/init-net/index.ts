export * from "./attention-choice.ts";
export * from "./batch-sampler.ts";
export * from "./checkpoint.ts";
export * from "./evaluator.ts";
export * from "./example-runner.ts";
export * from "./feature-batch.ts";
export * from "./feature-cache.ts";
export * from "./feature-rows.ts";
export * from "./feature-set.ts";
export * from "./graph-engine.ts";
export * from "./learned-rule.ts";
export { type AttentionReader, createAttentionReader, writeAttentionModel } from "./net-attention.ts";
export * from "./net-file.ts";
export { checkFit, FOOTPRINT_TOLERANCE, netMisfits, robotMisfits } from "./net-fit.ts";
export { netFrame } from "./net-frame.ts";
export * from "./net-inference.ts";
export * from "./net-loss.ts";
export * from "./net-metadata.ts";
export * from "./net-model.ts";
export * from "./net-options.ts";
export {
  BASES,
  createNetSpec,
  createSharedSpec,
  type FeatureSizes,
  featureSizes,
  isShared,
  type NavigationSizes,
  type NetBody,
  type NetScene,
  type NetSpec,
  type NetTrajectory,
  specFor,
} from "./net-spec.ts";
export * from "./open-model.ts";
export { ROBOT_WORDS, robotWords } from "./robot-words.ts";
export { createFeatureWriter, type FeatureWriter } from "./scene-features.ts";
export * from "./start-weights.ts";
export { createArrayEngine, type StepReport, type TrainEngine } from "./train-engine.ts";
export {
  DEFAULT_TRAIN_OPTIONS,
  resolveTrainOptions,
  runBudgetOf,
  TRAIN_SCHEDULES,
  type TrainBudget,
  type TrainOptions,
  type TrainSchedule,
} from "./train-options.ts";
export * from "./trainer.ts";
export * from "./training-models.ts";
export * from "./validation.ts";
