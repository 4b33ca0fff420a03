export { evaluateGuess, type GuessEvaluation } from "./evaluate-guess.ts";
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
export { type ReferencePoint, type ReferenceStep, referenceStep } from "./reference.ts";
export { type SqpResult, solveSqp } from "./solve-sqp.ts";
export { describeSqpStatus, SQP_STATUSES, type SqpStatus } from "./status.ts";
export { createSqpWorkspace, type SqpWorkspace } from "./workspace.ts";
