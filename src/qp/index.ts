export { type AdmmOptions, createAdmm, DEFAULT_ADMM_OPTIONS } from "./admm.ts";
export { checkQp } from "./check-qp.ts";
export type { ActiveSet, StageConstraint } from "./held-constraints.ts";
export {
  copySolution,
  createQp,
  createQpShape,
  createQpSolution,
  DEFAULT_QP_WEIGHTS,
  NEVER_LATE,
  type Qp,
  type QpMultipliers,
  type QpRow,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
  type QpWeights,
} from "./qp.ts";
export { offsetQp, type QpOrigin, qpOrigin } from "./qp-offset.ts";
export {
  type QpKktResidual,
  qpDualScale,
  qpKktResidual,
  qpRelativeResidual,
  rowValue,
} from "./qp-residual.ts";
export { createQpSensitivity, type QpChange, type QpResponse, type QpSensitivity } from "./qp-sensitivity.ts";
export { createRiccatiGains, type Regulation, type RiccatiGains } from "./riccati-gains.ts";
export { createRiccatiIpm, DEFAULT_RICCATI_IPM_OPTIONS, type RiccatiIpmOptions } from "./riccati-ipm.ts";
