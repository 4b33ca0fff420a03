// The planner's second door: data sets of solved scenes. It loads Apache Arrow, which index.ts does not.
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
