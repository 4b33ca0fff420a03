export * from "./digits/cifar.ts";
export * from "./digits/digit-files.ts";
export { type DigitSet, digitBatch } from "./digits/digit-set.ts";
export * from "./digits/idx.ts";
export * from "./digits/pool-digits.ts";
export * from "./digits/synthetic-digits.ts";
export { meansReadout } from "./encoder/class-means.ts";
export * from "./encoder/encoder-classifier.ts";
export {
  encodeSentences,
  SENTENCE_ENCODER,
  SENTENCE_LAYOUT,
  sentenceWeights,
} from "./encoder/sentence-encoder.ts";
export * from "./encoder/sentence-piece.ts";
export * from "./encoder/token-set.ts";
export * from "./language/byte-pair-encoder.ts";
export * from "./language/byte-pair-file.ts";
export {
  type BytePairs,
  FIRST_BYTE,
  LARGEST_VOCABULARY,
  SMALLEST_VOCABULARY,
  SPECIAL_TOKENS,
  type SpecialToken,
  specialId,
  trainBytePairs,
} from "./language/byte-pairs.ts";
export * from "./language/man-text.ts";
export * from "./language/masked-tokens.ts";
export * from "./language/token-windows.ts";
export * from "./learned/learned-file.ts";
export { createLearnedModel, type LearnedModel } from "./learned/learned-model.ts";
export * from "./learned/learned-optimizer.ts";
export * from "./learned/learned-spec.ts";
export * from "./learned/learned-step.ts";
export * from "./memformer/index.ts";
export * from "./meta/evolution.ts";
export * from "./meta/meta-checkpoint.ts";
export * from "./meta/meta-judge.ts";
export * from "./meta/meta-options.ts";
export * from "./meta/meta-run.ts";
export * from "./meta/meta-trainer.ts";
export * from "./meta/task-bank.ts";
export * from "./optimizees/autoencoder.ts";
export * from "./optimizees/convnet.ts";
export * from "./optimizees/fine-tune.ts";
export * from "./optimizees/logistic.ts";
export * from "./optimizees/masked-language.ts";
export * from "./optimizees/mlp.ts";
export * from "./optimizees/optimizee.ts";
export * from "./optimizees/quadratic.ts";
export * from "./optimizees/registry.ts";
export * from "./optimizees/rosenbrock.ts";
export * from "./optimizees/vit.ts";
export * from "./steered/any-learned.ts";
export * from "./steered/steered-file.ts";
export { createSteeredModel, type SteeredModel } from "./steered/steered-model.ts";
export * from "./steered/steered-optimizer.ts";
export * from "./steered/steered-spec.ts";
export * from "./texts/csv-texts.ts";
export * from "./texts/debian-texts.ts";
export * from "./texts/text-set.ts";
