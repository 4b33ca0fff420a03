import type { Vec } from "../ocp/index.ts";
import { type NavigationProblem, positionGap } from "../planner/index.ts";
import type { SqpResult, SqpStatus } from "../sqp/index.ts";

/** A solution of a scene, and the start that led there first. */
export type Optimum = {
  readonly start: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** (N m) multipliers of [rows | state - lower | upper - state] at k = 1..N */
  readonly Y: Vec;
  readonly cost: number;
  /** Cost plus penalties. */
  readonly merit: number;
  /** Largest violation of a row [m] or of a speed limit. */
  readonly violation: number;
  readonly status: SqpStatus;
};

/** Where a solve has ended, as a planner's report tells it: an {@link Optimum} that cannot be gone on from. */
export type KnownOptimum = Omit<Optimum, "U" | "Y">;

/** Optima this far apart count as two, as a share of the lookahead. */
export const DISTINCT = 0.1;
/** A trajectory is at an optimum where it is this near, as a share of the lookahead, and its merit, as a share. */
const NEAR = { position: 0.02, merit: 0.01 } as const;

/** Where a solve has ended. */
export function optimumOf(start: string, result: SqpResult): Optimum {
  const { X, U, multipliers, cost, merit, violation, status } = result;
  return { start, X, U, Y: multipliers, cost, merit, violation, status };
}

/** A share of a merit; beside a goal merits are next to nothing, and their share is of 1. */
export function meritShare(merit: number, share: number): number {
  return share * Math.max(1, Math.abs(merit));
}

/** Whether a trajectory X (N + 1, nx) is, but for what is left to its convergence, at an optimum. */
export function isAt(
  { ocp, options }: NavigationProblem,
  optimum: Pick<Optimum, "X" | "merit">,
  X: Vec,
  merit: number,
): boolean {
  return (
    Math.abs(optimum.merit - merit) < meritShare(optimum.merit, NEAR.merit) &&
    positionGap(optimum.X, X, ocp.dynamics.nx) < NEAR.position * options.lookahead
  );
}

/**
 * The converged optima of a scene that are far from its best one and from each other.
 *
 * @param found least merit first
 */
export function distinctFrom<T extends KnownOptimum>(
  { ocp, options }: NavigationProblem,
  best: T,
  found: readonly T[],
): T[] {
  const distinct: T[] = [];
  for (const other of found) {
    if (other.status !== "converged" || other.merit < best.merit) continue;
    const apart = [best, ...distinct].every(
      ({ X }) => positionGap(X, other.X, ocp.dynamics.nx) > DISTINCT * options.lookahead,
    );
    if (apart) distinct.push(other);
  }
  return distinct;
}
