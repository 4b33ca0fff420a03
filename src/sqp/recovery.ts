import { type Ocp, rollout, type Vec, violationOf } from "../ocp/index.ts";
import { beginAnew } from "./begin-anew.ts";
import { evaluateConstraints, largestViolation } from "./constraints.ts";
import { defectShare } from "./defects.ts";
import type { SqpOptions } from "./options.ts";
import { restore } from "./restore.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** What a solve keeps for where its steps end with hard constraints violated. */
export type Recovery = {
  /** (N, nu) controls at the beginning; undefined where no constraint is hard. */
  readonly U0: Vec | undefined;
  restored: boolean;
  /** How often it began anew. */
  attempts: number;
  /** The end that came nearest to feasible. */
  best: End | undefined;
};

/** Where steps ended. */
type End = {
  /** {@link missedShare} there. */
  readonly missed: number;
  readonly U: Vec;
  readonly Y: Vec;
};

/** A recovery before the first step. */
export function startRecovery({ penalties, current }: Pick<SqpWorkspace, "penalties" | "current">): Recovery {
  const hard = penalties.linear.includes(Infinity);
  return { U0: hard ? current.U.slice() : undefined, restored: false, attempts: 0, best: undefined };
}

/**
 * What follows an end with constraints violated: feasibility is restored, once; then, while hard ones are violated, the solve
 * begins anew, as often as the options say.
 *
 * @param until when to stop, on the options' clock [ms]
 * @returns whether there is a new iterate to go on from
 */
export function recover(
  ocp: Ocp,
  w: SqpWorkspace,
  x0: Vec,
  r: Recovery,
  o: SqpOptions,
  until: number,
): boolean {
  if (r.U0 === undefined || largestViolation(w.shape, w.current.con) === 0) return false;
  const missed = missedShare(w);
  const { U } = w.current;
  // Controls are all that is kept: with gaps open they do not lead to where the states are.
  if (!w.defects.open && !(missed >= (r.best?.missed ?? Infinity)) && Number.isFinite(missed))
    r.best = { missed, U: U.slice(), Y: w.duals.Y.slice() };
  if (!r.restored) {
    r.restored = true;
    if (restore(ocp, w, x0, r.U0, o, until)) return true;
  }
  while (!(missed <= o.tol) && r.attempts < o.restarts)
    if (beginAnew(ocp, w, x0, r.U0, ++r.attempts)) return true;
  return false;
}

/** Makes the end that came nearest to feasible `current` again, where that is neither as near nor within `tol`. @returns whether it did */
export function takeBest(ocp: Ocp, w: SqpWorkspace, { best }: Recovery, tol: number): boolean {
  if (best === undefined || missedShare(w) <= Math.max(best.missed, tol)) return false;
  const x0 = w.current.x[0].slice();
  w.current.U.set(best.U);
  rollout(ocp, x0, w.current);
  evaluateConstraints(ocp, w.shape, w.current);
  w.defects.open = false;
  w.duals.Y.set(best.Y);
  return true;
}

/** Whether nothing that was tried met the hard constraints to `tol`: the end that came nearest is `current`. */
export function lacksFeasibility(w: SqpWorkspace, { best }: Recovery, tol: number): boolean {
  return best !== undefined && missedShare(w) > tol;
}

/** Largest violation of a hard constraint, or gap, at the workspace's iterate, as the stopping test measures it. */
export function missedShare(w: SqpWorkspace): number {
  const { shape, current, penalties, scales } = w;
  let missed = defectShare(w);
  for (let i = 0; i < shape.m; i++) {
    const violation = penalties.linear[i] < Infinity ? 0 : violationOf(shape, i, current.con[i]);
    if (violation !== 0) missed = Math.max(missed, violation / scales.c[i]);
  }
  return missed;
}
