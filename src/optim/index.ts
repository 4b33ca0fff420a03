export * from "./digits/digit-files.ts";
export { type DigitSet, digitBatch } from "./digits/digit-set.ts";
export * from "./digits/idx.ts";
export * from "./digits/pool-digits.ts";
export * from "./digits/synthetic-digits.ts";
export * from "./learned/learned-file.ts";
export { createLearnedModel, type LearnedModel } from "./learned/learned-model.ts";
export * from "./learned/learned-optimizer.ts";
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
export * from "./learned/learned-step.ts";
export * from "./meta/meta-checkpoint.ts";
export * from "./meta/meta-judge.ts";
export * from "./meta/meta-options.ts";
export * from "./meta/meta-run.ts";
export * from "./meta/meta-trainer.ts";
export * from "./optimizees/logistic.ts";
export * from "./optimizees/mlp.ts";
export * from "./optimizees/optimizee.ts";
export * from "./optimizees/quadratic.ts";
export * from "./optimizees/registry.ts";
export * from "./optimizees/rosenbrock.ts";
export * from "./optimizees/vit.ts";
