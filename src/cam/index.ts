export { type AttendOptions, type AttendWorkspace, camAttend, createAttendWorkspace } from "./attend.ts";
export { type PatternRetrieval, type RetrieveOptions, retrieve } from "./bit-flips.ts";
export {
  type CachedStreams,
  type CachedStreamsOptions,
  createCachedStreams,
  stepCachedStream,
} from "./cached-streams.ts";
export { type CausalDesign, type CausalMemoryOptions, DEFAULT_TAU } from "./causal-design.ts";
export {
  type CausalMemory,
  causalSquaredSum,
  createCausalMemory,
  readCausal,
  writeCausal,
} from "./causal-memory.ts";
export {
  type CausalStreams,
  createCausalStreams,
  createStreamStep,
  EMPTY_LOG_SCALE,
  type StreamStep,
  stepStream,
} from "./causal-streams.ts";
export { type BitFlip, type EnergySampleOptions, sampleEnergyChanges } from "./energy-samples.ts";
export {
  type EnergyChangeVariance,
  energyChangeVariance,
  type PsiForm,
} from "./energy-variance.ts";
export {
  ATTENTION_KINDS,
  type AttentionKind,
  type AttentionMap,
  createFeatureMap,
  type ExactKernel,
  FEATURE_MAP_KINDS,
  type FeatureMap,
  type FeatureMapKind,
  type FeatureMapOptions,
  isFitted,
  isHyperbolic,
} from "./feature-map.ts";
export { type CamAttentionOptions, camAttention, camWeights } from "./graph-attention.ts";
export { stepCachedStreams } from "./graph-cached.ts";
export { type StreamTensors, stepStreams } from "./graph-causal.ts";
export {
  energyChange,
  estimatedEnergy,
  exactEnergy,
  type HopfieldEnergy,
  logEnergy,
} from "./hopfield-energy.ts";
export {
  estimateKernel,
  kernelVariance,
} from "./kernel-moments.ts";
export { kernelPowerMoment } from "./kernel-power-moment.ts";
export { clearMemory, createMemory, type Memory, readPattern, writePattern } from "./memory.ts";
export { drawProjections, type ProjectionOptions } from "./orthogonal-blocks.ts";
export {
  coefficientsOfA,
  coefficientsOfRho,
  type FeatureCoefficients,
  meanSquaredSum,
  optimalRho,
} from "./rho.ts";
export {
  addSample,
  createMoments,
  type MomentSummary,
  type Moments,
  summarizeMoments,
} from "./sample-moments.ts";
export { drawPatterns, statesWithin, storageBound, worstFlipMargins } from "./storage.ts";
