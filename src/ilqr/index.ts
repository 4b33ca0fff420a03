export {
  type AlIlqrGuess,
  type AlIlqrIteration,
  type AlIlqrResult,
  type AlIlqrWorkspace,
  createAlIlqrWorkspace,
  solveAlIlqr,
} from "./al-ilqr.ts";
export { type AlIlqrOptions, DEFAULT_AL_ILQR_OPTIONS } from "./al-options.ts";
export { type BoxQpScratch, type BoxQpStatus, createBoxQpScratch, solveBoxQp } from "./box-qp.ts";
export type { IlqrGuess } from "./enter-guess.ts";
export { type IlqrIteration, type IlqrResult, type IlqrSolution, solveIlqr } from "./ilqr.ts";
export { DEFAULT_ILQR_OPTIONS, type IlqrHessian, type IlqrOptions } from "./options.ts";
export { describeIlqrStatus, type IlqrStatus } from "./status.ts";
export { createIlqrWorkspace, type IlqrWorkspace } from "./workspace.ts";
