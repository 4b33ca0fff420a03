import { SOLVE_STATUSES, type SolveStatus } from "../ocp/index.ts";

/** How a solve by SQP may end: as any solve. */
export const SQP_STATUSES = SOLVE_STATUSES;
export type SqpStatus = SolveStatus;

const ADVICE: Record<SqpStatus, string> = {
  converged: "The optimality conditions hold to the tolerance.",
  maxIterations:
    "The iteration limit was reached; raise maxIterations, loosen tol, or start from a better guess.",
  stalled:
    "No step decreases the merit function; check the derivatives (checkDerivatives), scale the problem, or try another guess.",
  infeasible:
    "Hard rows stay violated wherever the solve went; make them soft, lengthen the horizon, start from a guess that satisfies them, or check their derivatives (checkDerivatives).",
  unbounded:
    "The cost falls for ever along a direction that nothing stops; bound the controls, or give them or the states a cost that grows.",
  nonFinite:
    "The dynamics, the cost or a row returned NaN or infinity on the guess; check the model where the guess goes, or shorten the guess.",
  deadline:
    "Time ran out; the best iterate so far is returned. Raise the deadline or start from a better guess.",
};

/** A sentence for people: what the status means and what to try next. */
export function describeSqpStatus(status: SqpStatus): string {
  return ADVICE[status];
}
