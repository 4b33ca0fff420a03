export { benchFeedback, feedbackRounds, feedbackText } from "./bench-feedback.ts";
export { drawBenchFigures, readBenchObject } from "./bench-figures.ts";
export { benchLoop, loopSteps } from "./bench-loop.ts";
export { type ModelRef, openBenchStarts, RESERVED_STARTS } from "./bench-models.ts";
export { benchOptimizers, type OptimizerCosts, optimizerRounds } from "./bench-optimizers.ts";
export { benchQp } from "./bench-qp.ts";
export {
  type BenchSqpOptions,
  type BenchSqpResult,
  benchSqp,
  createSqpBench,
  type SceneMeasure,
  type SqpBench,
  summarizeSqp,
} from "./bench-sqp.ts";
export * from "./bench-text.ts";
export * from "./capacity/capacity-figures.ts";
export * from "./capacity/capacity-text.ts";
export { measureEnergyVariances } from "./capacity/energy-variances.ts";
export { measureMapVariances, measureQrBias } from "./capacity/map-variances.ts";
export { measureRetrieval } from "./capacity/retrieval-rates.ts";
export { measureMargins, measureStorage } from "./capacity/storage.ts";
export { benchDerivatives, derivativesText } from "./derivatives/bench-derivatives.ts";
export { GRADIENT_SOURCES, type GradientSourceName } from "./gradient-sources.ts";
export {
  MEMFORMER_STUDIES,
  type MemformerStudy,
  type MemformerTrained,
  memformerAll,
} from "./memformer/memformer-all.ts";
export * from "./memformer/memformer-figure.ts";
export {
  COVARIANCE_NAMES,
  type CovarianceName,
  MEMFORMER_MODEL_NAMES,
  type MemformerModel,
} from "./memformer/memformer-models.ts";
export { memformerText } from "./memformer/memformer-text.ts";
export * from "./net-latency.ts";
export { type TrainingVariant, timeTraining } from "./net-training.ts";
export { benchOcp, type OcpRow } from "./ocp/bench-ocp.ts";
export { benchScale, type ScaleRow } from "./ocp/bench-scale.ts";
export { OCP_SOLVER_NAMES, type OcpSolverName } from "./ocp/ocp-solvers.ts";
export * from "./ocp/ocp-text.ts";
export { ocpText, scaleText } from "./ocp/ocp-text.ts";
export { exportStep } from "./optimize/export-step.ts";
export { gateText, runGate } from "./optimize/fair/bank-gate.ts";
export * from "./optimize/fair/fair-comparison.ts";
export { drawFair } from "./optimize/fair/fair-figure.ts";
export { fairText } from "./optimize/fair/fair-text.ts";
export { optimizeFairly } from "./optimize/fair/optimize-fairly.ts";
export { optimizeAll } from "./optimize/optimize-all.ts";
export * from "./optimize/optimize-figure.ts";
export type { OptimizeFlags } from "./optimize/optimize-plan.ts";
export * from "./optimize/optimize-text.ts";
export * from "./optimize/optimizer-list.ts";
export { saveWeights } from "./optimize/save-weights.ts";
export { DEFAULT_RATES, type RateGrid } from "./optimize/tune-rates.ts";
export { benchPeers, type PeerRow } from "./peers/bench-peers.ts";
export { type AnswerRow, exchangeLines, judgeAnswers } from "./peers/exchange.ts";
export { answersText, peersText } from "./peers/peers-text.ts";
export * from "./sqp-text.ts";
