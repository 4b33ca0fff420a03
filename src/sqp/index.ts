export { type AdmmOptions, createAdmm, DEFAULT_ADMM_OPTIONS } from "./admm.ts";
export type { SqpGuess } from "./guess.ts";
export type { SqpResiduals } from "./kkt.ts";
export {
  DEFAULT_SQP_OPTIONS,
  GAIN_KINDS,
  type GainKind,
  HESSIAN_KINDS,
  type HessianKind,
  type SqpIteration,
  type SqpOptions,
} from "./options.ts";
export * from "./qp.ts";
export { type QpKktResidual, qpDualScale, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
export { createRiccatiIpm, DEFAULT_RICCATI_IPM_OPTIONS, type RiccatiIpmOptions } from "./riccati-ipm.ts";
export type { RiccatiSparsity } from "./riccati-kernel-type.ts";
export { type SqpResult, solveSqp } from "./solve-sqp.ts";
export { describeSqpStatus, SQP_STATUSES, type SqpStatus } from "./status.ts";
export { createSqpWorkspace, type SqpWorkspace } from "./workspace.ts";
