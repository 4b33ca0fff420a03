export { type AttendOptions, type AttendWorkspace, camAttend, createAttendWorkspace } from "./attend.ts";
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
export {
  estimateKernel,
  hyperbolicVarianceRatio,
  kernelSecondMoment,
  kernelVariance,
} from "./kernel-moments.ts";
export { drawProjections, type ProjectionOptions } from "./orthogonal-blocks.ts";
export {
  coefficientsOfA,
  coefficientsOfRho,
  type FeatureCoefficients,
  meanSquaredSum,
  optimalRho,
} from "./rho.ts";
