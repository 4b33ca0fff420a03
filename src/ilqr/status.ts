import type { SolveStatus } from "../ocp/index.ts";

/** How a solve by iLQR or augmented-Lagrangian iLQR ended; only the latter can end "infeasible". */
export type IlqrStatus = SolveStatus;

const ADVICE: Record<IlqrStatus, string> = {
  converged: "The optimality conditions hold to the tolerance.",
  maxIterations:
    "The iteration limit was reached; raise maxIterations, loosen tol, or start from a better guess.",
  stalled:
    "No step decreases the cost even at the largest regularization; check the derivatives (checkDerivatives), scale the problem, or try another guess.",
  infeasible:
    "Hard constraints stay violated at the largest penalty; make them soft, lengthen the horizon, or start from a guess that satisfies them.",
  unbounded:
    "The cost falls for ever along a direction that nothing stops; bound the controls, or give them or the states a cost that grows.",
  nonFinite:
    "The dynamics, the cost, a row or a derivative is NaN or infinite on the trajectory; check x0 and the model there, or start from a guess that stays bounded.",
  deadline:
    "Time ran out; the best iterate so far is returned. Raise the deadline or start from a better guess.",
};

/** A sentence for people: what the status means and what to try next. */
export function describeIlqrStatus(status: IlqrStatus): string {
  return ADVICE[status];
}
