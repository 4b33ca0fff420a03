export * from "./collect-examples.ts";
export {
  type BenchScene,
  collectScenes,
  createHarvest,
  type Harvest,
  scenesOfDrive,
} from "./collect-scenes.ts";
export * from "./dataset-columns.ts";
export { type DatasetSizes, NOT_REACHED } from "./dataset-columns.ts";
export {
  type Alternative,
  DATA_FAMILIES,
  type Example,
  type ExampleWorld,
  SPLITS,
  type Split,
  splitOf,
} from "./dataset-example.ts";
export * from "./dataset-read.ts";
export * from "./dataset-write.ts";
export type { SceneCase } from "./drive-scenes.ts";
export * from "./expert.ts";
export * from "./nearby-labels.ts";
export { DISTINCT, type KnownOptimum, meritShare, type Optimum, type SceneHints } from "./optimum-search.ts";
export * from "./plan-measures.ts";
export * from "./scene-kind.ts";
export * from "./scene-solver.ts";
export * from "./scene-source.ts";
export * from "./survey.ts";
