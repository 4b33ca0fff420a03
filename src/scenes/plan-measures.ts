/** QPs are counted up to here, as in the paper; a solve that has not converged by then counts as this many. */
export const BENCH_CAP = 10;
/** A plan is good within this share of the best known cost and this violation. [1, m] */
export const GOOD = { gap: 0.02, violation: 0.02 } as const;
/** Costs below this are compared as if they were this: beside the goal a share of next to nothing says nothing. */
const LEAST_COST = 1;

/** (J - J*) / max(J*, 1). */
export function costGap(cost: number, best: number): number {
  return (cost - best) / Math.max(best, LEAST_COST);
}

/** Whether a plan is as cheap and as free of violation as {@link GOOD} asks. */
export function isGood({
  costGap,
  violation,
}: {
  readonly costGap: number;
  readonly violation: number;
}): boolean {
  return costGap < GOOD.gap && violation < GOOD.violation;
}
