export { type Manifest, openDatasetFolder, writeManifest } from "./collect/dataset-folder.ts";
export { firstWorlds, MAX_WORLDS, planShards } from "./collect/plan-shards.ts";
export { type Collection, countKinds, runCollection } from "./collect/run-collection.ts";
export {
  openLearned,
  parseTrainOptimizer,
  type TrainOptimizer,
  trainOptimizerNames,
} from "./learned-file.ts";
export { describeDesign } from "./meta/describe-design.ts";
export { DESIGN_NAMES } from "./meta/design.ts";
export { runMetaSession } from "./meta/meta-session.ts";
export type { MetaSummary } from "./meta/meta-summary.ts";
export { DEFAULT_OPTIMIZEES, type OptimizeeRef, parseOptimizees } from "./meta/optimizee-list.ts";
export { type EngineFeatures, openEngine } from "./open-engine.ts";
export { PRESET_NAMES, PRESETS, type PresetName } from "./presets.ts";
export { runTraining } from "./train-run.ts";
export type { TrainSummary } from "./train-summary.ts";
