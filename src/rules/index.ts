export * from "./adam.ts";
export { areFinite } from "./are-finite.ts";
export * from "./clip-global-norm.ts";
export { type CommonOptions, createOptimizer, type Schedule } from "./create-optimizer.ts";
export * from "./ema.ts";
export { type DirectionReader, EVEN, ODD } from "./feedback/direction-reader.ts";
export * from "./feedback/feedback.ts";
export { FEEDBACK_LAW, type FeedbackLaw, ORTHOGONAL_LAW } from "./feedback/feedback-law.ts";
export { createOrthogonalBlock, fanIn } from "./feedback/orthogonal.ts";
export { STATISTICS, type TensorReader, TOKENS } from "./feedback/tensor-reader.ts";
export { TOKEN_CHUNK } from "./feedback/tensor-tokens.ts";
export {
  type FlatRange,
  keepTensors,
  type PartChoice,
  type TensorPlace,
  type TensorPlaces,
} from "./flat-ranges.ts";
export * from "./gradient-limit.ts";
export type { GraphOptimizer, GraphStep } from "./graph-optimizer.ts";
export * from "./hybrid.ts";
export * from "./momentum.ts";
export * from "./muon.ts";
export * from "./optimizer.ts";
export * from "./pack-state.ts";
export * from "./partition.ts";
export * from "./registry.ts";
export * from "./rmsprop.ts";
export * from "./sgd.ts";
export * from "./tensor-pattern.ts";
export * from "./tf-adapter.ts";
export type { RuleInput, RuleOutput, RuleTensors, UpdateRule } from "./update-rule.ts";
export * from "./write-step.ts";
