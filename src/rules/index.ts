export {
  ADAM_DEFAULTS,
  ADAMW_DEFAULTS,
  type AdamOptions,
  type AdamwOptions,
  createAdam,
  createAdamw,
} from "./adam.ts";
export {
  clipByGlobalNorm,
  clipTensorByGlobalNorm,
  globalNorm,
  tensorGlobalNorm,
} from "./clip-global-norm.ts";
export { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
export type { FlatRange } from "./decay-mask.ts";
export { createEma, EMA_DEFAULTS, type Ema, type EmaOptions, type EmaState, type GraphEma } from "./ema.ts";
export { allFinite } from "./finite-tensor.ts";
export { GRADIENT_LIMIT, limitGradient } from "./gradient-limit.ts";
export type { GraphOptimizer, GraphStep } from "./graph-optimizer.ts";
export { createHybrid, HYBRID_DEFAULTS, type HybridOptions } from "./hybrid.ts";
export { createMomentum, createNesterov, MOMENTUM_DEFAULTS, type MomentumOptions } from "./momentum.ts";
export { applyUpdates, type Optimizer, type OptimizerState, type OptimizerStep } from "./optimizer.ts";
export { type PlainData, packState, unpackState } from "./pack-state.ts";
export { createPartition, type OptimizerPart, type PartitionOptions } from "./partition.ts";
export type { PartChoice, TensorPlace, TensorPlaces } from "./partition-ranges.ts";
export { getOptimizer, OPTIMIZERS, type OptimizerEntry } from "./registry.ts";
export { createRmsprop, RMSPROP_DEFAULTS, type RmspropOptions } from "./rmsprop.ts";
export type { Schedule } from "./schedule.ts";
export { createSgd, SGD_DEFAULTS, type SgdOptions } from "./sgd.ts";
export { createTfOptimizer, type StatefulTfOptimizer, type TfjsTraining } from "./tf-adapter.ts";
export type { RuleInput, RuleOutput, RuleTensors, UpdateRule } from "./update-rule.ts";
