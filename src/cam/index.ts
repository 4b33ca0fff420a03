export * from "./bit-flips.ts";
export * from "./cached-streams.ts";
export {
  type CausalStreams,
  createCausalStreams,
  createStreamStep,
  EMPTY_LOG_SCALE,
  stepStream,
} from "./causal-streams.ts";
export * from "./energy-samples.ts";
export * from "./energy-variance.ts";
export * from "./feature-map.ts";
export * from "./graph-attention.ts";
export * from "./graph-streams.ts";
export { energyChange, estimatedEnergy, exactEnergy, logEnergy } from "./hopfield-energy.ts";
export * from "./kernel-moments.ts";
export * from "./orthogonal-blocks.ts";
export { coefficientsOfA, coefficientsOfRho, type FeatureCoefficients, optimalRho } from "./rho.ts";
export * from "./sample-moments.ts";
export * from "./storage.ts";
