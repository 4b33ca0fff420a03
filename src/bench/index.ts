export { drawBenchFigures, readBenchObject } from "./bench-figures.ts";
export { benchLoop, loopSteps } from "./bench-loop.ts";
export { type ModelRef, openBenchStarts, RESERVED_STARTS } from "./bench-models.ts";
export { benchOptimizers, type OptimizerCosts, optimizerRounds } from "./bench-optimizers.ts";
export { benchQp } from "./bench-qp.ts";
export { benchSqp } from "./bench-sqp.ts";
export { loopText, machineText, optimizersText, qpText } from "./bench-text.ts";
export { drawCapacityFigures } from "./capacity/capacity-figures.ts";
export { CAPACITY_PARTS, type CapacityPart, type CapacityResult } from "./capacity/capacity-result.ts";
export { capacityText } from "./capacity/capacity-text.ts";
export { measureEnergyVariances } from "./capacity/energy-variances.ts";
export { measureStorage } from "./capacity/flip-energies.ts";
export { measureMapVariances } from "./capacity/map-variances.ts";
export { measureMargins } from "./capacity/margin-curves.ts";
export { measureQrBias } from "./capacity/qr-bias.ts";
export { measureRetrieval } from "./capacity/retrieval-rates.ts";
export { benchDerivatives } from "./derivatives/bench-derivatives.ts";
export { derivativesText } from "./derivatives/derivatives-text.ts";
export { GRADIENT_SOURCES, type GradientSourceName } from "./gradient-sources.ts";
export {
  type LatencyRow,
  type LatencyVariant,
  latencySteps,
  timeLatency,
  untrainedVariant,
} from "./net-latency.ts";
export { netText } from "./net-text.ts";
export { type TrainingVariant, timeTraining } from "./net-training.ts";
export { benchOcp, type OcpRow } from "./ocp/bench-ocp.ts";
export { benchScale, type ScaleRow } from "./ocp/bench-scale.ts";
export { OCP_SOLVER_NAMES, type OcpSolverName } from "./ocp/ocp-solvers.ts";
export { ocpText, scaleText } from "./ocp/ocp-text.ts";
export { openChoice } from "./optimize/open-choice.ts";
export { drawOptimize } from "./optimize/optimize-figure.ts";
export type { OptimizeFlags } from "./optimize/optimize-flags.ts";
export {
  checkpointsOf,
  contestantsOf,
  horizonsOf,
  namesToTune,
  requestOf,
  runsToTune,
  seedsOf,
} from "./optimize/optimize-plan.ts";
export { dataName, heldOutText, type OptimizeResult, rowsOf } from "./optimize/optimize-result.ts";
export { optimizeText } from "./optimize/optimize-text.ts";
export { MAX_RATE, type OptimizerChoice, withRate } from "./optimize/optimizer-list.ts";
export { type RunAllOptions, runAll } from "./optimize/run-all.ts";
export { createRunFiles, type RunKey } from "./optimize/run-files.ts";
export { createRunner, type OptimizeTask, type Runner } from "./optimize/run-job.ts";
export { DEFAULT_RATES, type RateGrid, type RateTuning, ratesOf, tuneRates } from "./optimize/tune-rates.ts";
export { benchPeers, type PeerRow } from "./peers/bench-peers.ts";
export { peersText } from "./peers/peers-text.ts";
export { sqpText } from "./sqp-text.ts";
