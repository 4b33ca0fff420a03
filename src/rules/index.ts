export * from "./adam.ts";
export {
  clipByGlobalNorm,
  clipTensorByGlobalNorm,
  globalNorm,
  tensorGlobalNorm,
} from "./clip-global-norm.ts";
export { type CommonOptions, createOptimizer, type Schedule } from "./create-optimizer.ts";
export type { FlatRange } from "./decay-mask.ts";
export * from "./ema.ts";
export * from "./gradient-limit.ts";
export type { GraphOptimizer, GraphStep } from "./graph-optimizer.ts";
export * from "./hybrid.ts";
export * from "./momentum.ts";
export * from "./optimizer.ts";
export * from "./pack-state.ts";
export * from "./partition.ts";
export type { PartChoice, TensorPlace, TensorPlaces } from "./partition-ranges.ts";
export * from "./registry.ts";
export * from "./rmsprop.ts";
export * from "./sgd.ts";
export * from "./tf-adapter.ts";
export type { RuleInput, RuleOutput, RuleTensors, UpdateRule } from "./update-rule.ts";
