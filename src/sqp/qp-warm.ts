import type { Vec } from "../ocp/index.ts";
import type { Qp, QpSolution } from "./qp.ts";
import { type QpKktResidual, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
import type { RiccatiKernels } from "./riccati-kernels.ts";

/**
 * Puts the better starting controls into a solution, judged by the KKT residual with its multipliers: the ones
 * it holds (right where the same QP is solved again), or dU = 0 (right where the plan was moved to the
 * last solution and linearized there). Controls are clipped to their bounds; dX follows by the dynamics.
 *
 * @param last (N, nu) overwritten
 */
export function chooseWarmControls(
  kernels: RiccatiKernels,
  qp: Qp,
  solution: QpSolution,
  last: Vec,
  scratch: Vec,
  kkt: QpKktResidual,
): void {
  last.set(solution.dU);
  const kept = tryControls(kernels, qp, solution, last, scratch, kkt);
  solution.dU.fill(0);
  const moved = tryControls(kernels, qp, solution, solution.dU, scratch, kkt);
  if (moved > kept) tryControls(kernels, qp, solution, last, scratch, kkt);
}

function tryControls(
  kernels: RiccatiKernels,
  qp: Qp,
  solution: QpSolution,
  from: Vec,
  scratch: Vec,
  kkt: QpKktResidual,
): number {
  const { dX, dU } = solution;
  for (let i = 0; i < dU.length; i++) dU[i] = Math.min(Math.max(from[i], qp.uLower[i]), qp.uUpper[i]);
  kernels.rollout(qp.shape.N, qp.A, qp.B, dU, dX);
  return qpRelativeResidual(qp, solution, qpKktResidual(qp, solution, scratch, kkt));
}
