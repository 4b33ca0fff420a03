export { evaluateGuess, type GuessEvaluation } from "./evaluate-guess.ts";
export type { SqpGuess } from "./guess.ts";
export type { SqpResiduals } from "./kkt.ts";
export {
  DEFAULT_SQP_OPTIONS,
  ENTRY_KINDS,
  type EntryKind,
  GAIN_KINDS,
  type GainKind,
  HESSIAN_KINDS,
  type HessianKind,
  type SqpIteration,
  type SqpOptions,
} from "./options.ts";
export {
  advancePlan,
  feedback,
  feedbackByQp,
  type PreparedFeedback,
  prepareFeedback,
} from "./real-time.ts";
export { type ReferencePoint, type ReferenceStep, referenceStep } from "./reference.ts";
export {
  createSensitivity,
  predictSolution,
  type Solution,
  type SolutionDerivative,
  type SqpSensitivity,
} from "./sensitivity.ts";
export type { TrackedPlan } from "./shift-guess.ts";
export {
  DEFAULT_SOLVE_OPTIONS,
  type SolveOptions,
  type SolveResult,
  type SolverRun,
  solve,
} from "./solve.ts";
export { solveSqp } from "./solve-sqp.ts";
export type { SqpResult } from "./sqp-result.ts";
export { describeSqpStatus, SQP_STATUSES, type SqpStatus } from "./status.ts";
export { createSqpWorkspace, type SqpWorkspace } from "./workspace.ts";
