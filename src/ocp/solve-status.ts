/** How a solve of an optimal control problem ended, whichever solver it was. */
export const SOLVE_STATUSES = [
  "converged",
  "maxIterations",
  "stalled",
  "infeasible",
  "unbounded",
  "nonFinite",
  "deadline",
] as const;
/** One of the {@link SOLVE_STATUSES}. */
export type SolveStatus = (typeof SOLVE_STATUSES)[number];
