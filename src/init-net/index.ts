export {
  createMirror,
  fillPatches,
  fillTrajectories,
  fillVector,
  type Mirror,
} from "./feature-batch.ts";
export {
  createNetInference,
  NET_INPUTS,
  NET_OUTPUTS,
  type NetHypothesis,
  type NetInference,
  type NetPrediction,
  type NetSession,
  netShapes,
} from "./net-inference.ts";
export { DEFAULT_LOSS, type LossOptions, netLoss } from "./net-loss.ts";
export {
  formatNetMetadata,
  NET_FORMAT,
  NET_METADATA_KEY,
  type NetMetadata,
  parseNetMetadata,
} from "./net-metadata.ts";
export { buildNet, type NetInputs, type NetOutputs, netParameters, predicted } from "./net-model.ts";
export {
  ATTENTION_MAPS,
  type AttentionMap,
  GRID_CHANNELS,
  type GridChannel,
  MNEMOSYNE_NET,
  type NetOptions,
  PAPER_NET,
  PATCH,
  resolveNetOptions,
} from "./net-options.ts";
export {
  BASES,
  createNetSpec,
  type FeatureSizes,
  featureSizes,
  type NetScene,
  type NetSpec,
  type Trajectory,
} from "./net-spec.ts";
export { createFeatureWriter, type FeatureWriter } from "./scene-features.ts";
