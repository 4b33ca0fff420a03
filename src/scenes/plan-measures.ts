import { type Ocp, rowGroups, rowStages, type Vec } from "../ocp/index.ts";
import type { SqpIteration } from "../sqp/index.ts";

/** QPs are counted up to here, as in the paper; a solve that has not converged by then counts as this many. */
export const BENCH_CAP = 10;
/** A plan is good within this share of the best known cost and this violation. [1, m] */
export const GOOD = { gap: 0.02, violation: 0.02 } as const;
/** Costs below this are compared as if they were this: beside the goal a share of next to nothing says nothing. */
const LEAST_COST = 1;

/** A plan beside the best one known. */
export type PlanGap = {
  /** (J - J*) / max(J*, 1), without penalties: of a plan that cuts a corner it may be negative. */
  readonly costGap: number;
  /** By how much it violates the rows at worst. [m] */
  readonly violation: number;
};

/** (J - J*) / max(J*, 1). */
export function costGap(cost: number, best: number): number {
  return (cost - best) / Math.max(best, LEAST_COST);
}

/** Whether a plan is as cheap and as free of violation as {@link GOOD} asks. */
export function isGood({ costGap, violation }: PlanGap): boolean {
  return costGap < GOOD.gap && violation < GOOD.violation;
}

/** By how much the rows of a trajectory X (N + 1, nx) are violated at worst; speed limits are not among them. [m] */
export function rowViolation(ocp: Ocp, X: Vec | undefined): number {
  const rows = rowGroups(ocp);
  if (X === undefined || rows.length === 0) return Number.POSITIVE_INFINITY;
  const { nx } = ocp.dynamics;
  const none = new Float64Array(0);
  let worst = 0;
  for (const group of rows) {
    const values = new Float64Array(group.count);
    for (const k of rowStages(group, ocp.N)) {
      group.value(X.subarray(k * nx, (k + 1) * nx), none, k, values);
      for (const c of values) worst = Math.max(worst, -c);
    }
  }
  return worst;
}

/** QPs until the relative KKT residual of a solve is at most `tolerance`; undefined where it never is. */
export function qpsTo(history: readonly SqpIteration[], tolerance: number): number | undefined {
  return history.find(({ kkt }) => kkt <= tolerance)?.iteration;
}

/** How many QPs a solve took to a tolerance, of those that are counted. */
export type CountedQps = { readonly count: number; readonly converged: boolean };

/** The QPs of a solve to a tolerance, at most {@link BENCH_CAP}. */
export function countQps(history: readonly SqpIteration[], tolerance: number): CountedQps {
  const count = qpsTo(history, tolerance);
  return { count: count ?? BENCH_CAP, converged: count !== undefined };
}

/**
 * The plan after exactly one QP, or after none where its step was refused: then the history has a row without an
 * iterate of its own.
 *
 * @param iterates each (N + 1, nx), the guess first
 */
export function afterOneQp(
  history: readonly SqpIteration[],
  iterates: readonly Vec[],
): { readonly cost: number; readonly X: Vec | undefined } {
  const one = Math.min(1, iterates.length - 1);
  return { cost: history[one]?.cost ?? Number.POSITIVE_INFINITY, X: iterates[one] };
}
