export { type AdmmOptions, createAdmm, DEFAULT_ADMM_OPTIONS } from "./admm.ts";
export {
  checkQp,
  createQp,
  createQpShape,
  createQpSolution,
  DEFAULT_QP_WEIGHTS,
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
export {
  type QpKktResidual,
  qpDualScale,
  qpKktResidual,
  qpRelativeResidual,
  rowValue,
} from "./qp-residual.ts";
export { createRiccatiIpm, DEFAULT_RICCATI_IPM_OPTIONS, type RiccatiIpmOptions } from "./riccati-ipm.ts";
