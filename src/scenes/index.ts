export { type Collector, type CollectorOptions, createCollector } from "./collect-drive.ts";
export { type DatasetSizes, NOT_REACHED } from "./dataset-columns.ts";
export { type Alternative, type Example, SPLITS, type Split, splitOf } from "./dataset-example.ts";
export { DATASET_FORMAT, parseShardInfo, type ShardInfo } from "./dataset-info.ts";
export { readShard, readShards, type Shard } from "./dataset-read.ts";
export { writeShard } from "./dataset-write.ts";
export {
  createExpert,
  EXPERT_DEFAULTS,
  type Expert,
  type ExpertOptions,
  type Label,
  type Optimum,
  QP_TOLERANCES,
} from "./expert.ts";
export { BENCH_CAP, costGap, GOOD, isGood } from "./plan-measures.ts";
export {
  DEFAULT_KIND_SHARES,
  type KindShares,
  kindAt,
  resolveKindShares,
  SCENE_KINDS,
  type SceneKind,
} from "./scene-kind.ts";
export { createSceneSolver, rowViolation, type SceneSolver } from "./scene-solver.ts";
export {
  FIRST_UNSEEN_SEED,
  familySource,
  mapSource,
  type SceneRun,
  type SceneSource,
  worldSource,
} from "./scene-source.ts";
export { type SpiedStart, spyOn } from "./spy-start.ts";
export {
  ambiguityOf,
  CLOSE,
  DISTINCT,
  type KnownOptimum,
  REFERENCE,
  type Survey,
  searchOptima,
  surveyOf,
} from "./sqp-optima.ts";
export { type BenchScene, collectScenes } from "./sqp-scenes.ts";
