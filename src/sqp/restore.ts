import { solveAlIlqr } from "../ilqr/index.ts";
import { type Ocp, rollout, type Vec } from "../ocp/index.ts";
import { evaluateConstraints, largestViolation } from "./constraints.ts";
import type { SqpOptions } from "./options.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * How closely constraints are met before the QPs go on. From less near, rows that are each other's opposites keep the
 * QPs from long steps: the constrained car takes 74 of them from 1e-4 and 8 from 1e-7.
 */
const ENOUGH = 1e-7;
/** Steps that restoring feasibility may take; a step costs a small part of a QP. */
const STEPS = 300;
/** A restored violation of more than this share of the old one is none. */
const WORTH = 0.5;

/**
 * Restores feasibility where linearized hard constraints lead nowhere: an augmented Lagrangian, which sees the cost of
 * a violation instead of a QP that has none without it, from where the solve began.
 *
 * @param U0 (N, nu) controls at the beginning
 * @returns whether the violation is at most half of what it was; then `current` and the multipliers are the new ones
 */
export function restore(ocp: Ocp, w: SqpWorkspace, x0: Vec, U0: Vec, o: SqpOptions, until: number): boolean {
  const { shape, current: t, candidate, duals } = w;
  const before = largestViolation(shape, t.con);
  const clock = o.clock;
  const found = solveAlIlqr(
    ocp,
    x0,
    { U: U0 },
    {
      tol: ENOUGH,
      constraintTol: ENOUGH,
      maxIterations: STEPS,
      restarts: o.restarts,
      ...(clock === undefined ? {} : { clock, deadline: Math.max(0, until - clock()) }),
    },
  );
  candidate.U.set(found.U);
  if (found.status === "nonFinite" || !rollout(ocp, x0, candidate)) return false;
  evaluateConstraints(ocp, shape, candidate);
  if (!(largestViolation(shape, candidate.con) <= WORTH * before)) return false;
  w.current = candidate;
  w.candidate = t;
  w.defects.open = false;
  duals.Y.set(found.multipliers);
  w.merit.rho.fill(0);
  return true;
}
