export { addModels } from "./model-flags.ts";
export { parseOptimizees } from "./parse-optimizees.ts";
export { parseOptimizers } from "./parse-optimizers.ts";
export { parseTrainOptimizer, type TrainOptimizer, trainOptimizerNames } from "./parse-train-optimizer.ts";
export { parseFile, parseInteger, parsePath, parseReal } from "./parse-values.ts";
export type { VerbContext } from "./verb.ts";
