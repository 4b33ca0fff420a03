export { DIGIT_SOURCES, type DigitFile, type DigitSource } from "./digits/digit-files.ts";
export { type DigitSet, digitBatch } from "./digits/digit-set.ts";
export { type IdxTensor, readDigitFiles, readIdx } from "./digits/idx.ts";
export { poolDigits, sliceDigits } from "./digits/pool-digits.ts";
export { createSyntheticDigits } from "./digits/synthetic-digits.ts";
export {
  LEARNED_ENDING,
  type LearnedFile,
  readLearnedOptimizer,
  readLearnedWeights,
  writeLearnedOptimizer,
} from "./learned/learned-file.ts";
export { createLearnedModel, type LearnedModel } from "./learned/learned-model.ts";
export {
  createLearnedOptimizer,
  LEARNED_DEFAULTS,
  type LearnedOptions,
  type LearnedWeights,
} from "./learned/learned-optimizer.ts";
export {
  type CellMemorySpec,
  INPUT_KINDS,
  type InputKind,
  LEARNED_SPECS,
  type LearnedSpec,
  LIGHT_SPEC,
  LSTM_SPEC,
  type LstmSpec,
  MNEMOSYNE_SPEC,
  type MnemosyneSpec,
} from "./learned/learned-spec.ts";
export type { LearnedStep } from "./learned/learned-step.ts";
export {
  checkMetaCheckpoint,
  decodeMetaCheckpoint,
  encodeMetaCheckpoint,
  type MetaCheckpoint,
  type MetaProblem,
} from "./meta/meta-checkpoint.ts";
export {
  createMetaJudge,
  type MetaJudge,
  type MetaJudgement,
  type MetaJudgeParts,
  type MetaTask,
} from "./meta/meta-judge.ts";
export {
  checkMetaOptions,
  META_DEFAULTS,
  type MetaOptions,
  OBJECTIVES,
  type Objective,
} from "./meta/meta-options.ts";
export { type MetaProgress, type MetaRun, type MetaSnapshot, runMetaTraining } from "./meta/meta-run.ts";
export {
  createMetaTrainer,
  type MetaReport,
  type MetaState,
  type MetaTrainer,
  type MetaTrainerParts,
} from "./meta/meta-trainer.ts";
export { createLogistic, LOGISTIC_DEFAULTS, type LogisticOptions } from "./optimizees/logistic.ts";
export { type Activation, createMlp, MLP_DEFAULTS, type MlpOptions } from "./optimizees/mlp.ts";
export { type Feeds, type LossInput, type Optimizee, writeOptimizee } from "./optimizees/optimizee.ts";
export { createQuadratic } from "./optimizees/quadratic.ts";
export {
  getOptimizee,
  OPTIMIZEES,
  type OptimizeeEntry,
  type OptimizeeOptions,
} from "./optimizees/registry.ts";
export { createRosenbrock } from "./optimizees/rosenbrock.ts";
export { createVit, VIT_DEFAULTS, VIT_READOUTS, type VitOptions, type VitReadout } from "./optimizees/vit.ts";
