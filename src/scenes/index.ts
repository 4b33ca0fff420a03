export { type Collector, type CollectorOptions, createCollector } from "./collect-examples.ts";
export { type BenchScene, collectScenes } from "./collect-scenes.ts";
export { type DatasetSizes, NOT_REACHED } from "./dataset-columns.ts";
export { type Alternative, type Example, SPLITS, type Split, splitOf } from "./dataset-example.ts";
export { DATASET_FORMAT, parseShardInfo, type ShardInfo } from "./dataset-info.ts";
export { readShard, readShards, type Shard } from "./dataset-read.ts";
export { writeShard } from "./dataset-write.ts";
export type { SceneCase } from "./drive-scenes.ts";
export {
  createExpert,
  EXPERT_DEFAULTS,
  type Expert,
  type ExpertOptions,
  QP_TOLERANCES,
  type SceneLabel,
} from "./expert.ts";
export { DISTINCT, type KnownOptimum, meritShare, type Optimum } from "./optimum.ts";
export type { SceneHints } from "./optimum-search.ts";
export {
  afterOneQp,
  BENCH_CAP,
  type CountedQps,
  costGap,
  countQps,
  GOOD,
  isGood,
  type PlanGap,
  rowViolation,
} from "./plan-measures.ts";
export {
  DEFAULT_KIND_SHARES,
  type KindShares,
  kindAt,
  resolveKindShares,
  SCENE_KINDS,
  type SceneKind,
} from "./scene-kind.ts";
export { createSceneSolver, type SceneSolver } from "./scene-solver.ts";
export {
  FIRST_UNSEEN_SEED,
  familySource,
  mapSource,
  type SceneRun,
  type SceneSource,
  worldSource,
} from "./scene-source.ts";
export { ambiguityOf, CLOSE, REFERENCE, type Survey, searchOptima, surveyOf } from "./survey.ts";
