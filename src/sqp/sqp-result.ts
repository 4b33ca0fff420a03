import {
  type ConstraintAt,
  constraintsAlong,
  type Ocp,
  totalCost,
  type Vec,
  violationOf,
} from "../ocp/index.ts";
import { largestViolation } from "./constraints.ts";
import { largestDefect } from "./defects.ts";
import type { SqpResiduals } from "./kkt.ts";
import { softPenalty } from "./merit.ts";
import type { SqpIteration } from "./options.ts";
import type { SqpProgress } from "./sqp-step.ts";
import { describeSqpStatus, type SqpStatus } from "./status.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Outcome of a solve; plain data, copies. */
export type SqpResult = {
  readonly status: SqpStatus;
  /** What the status means and what to try next. */
  readonly message: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** J of the trajectory. */
  readonly cost: number;
  /** J plus the penalties of violated soft constraints. */
  readonly merit: number;
  /** Number of QPs solved. */
  readonly iterations: number;
  /** Row 0 is the guess, the last row the result. */
  readonly history: readonly SqpIteration[];
  readonly residuals: SqpResiduals;
  /** Largest violation of any constraint, soft ones too. */
  readonly violation: number;
  /**
   * Largest difference between a state and what the dynamics make of the one before: zero, but where a solve with
   * `entry: "defects"` ended before the gaps of its guess were closed, and never where it is "converged".
   */
  readonly defect: number;
  /** Hard constraints that are violated where the problem is `infeasible`, the worst first; none elsewhere. */
  readonly conflict: readonly ConstraintAt[];
  /** Whether a soft constraint is violated by more than the tolerance's share of its size. */
  readonly slackInUse: boolean;
  /**
   * (m) multipliers by stage, those of k = 1..N of [rows | state - lower | upper - state], of k = 0 of the rows there;
   * >= 0 but those of equalities. A later guess may bring them.
   */
  readonly multipliers: Vec;
  /** (N, nu, nx) gains of the time-varying LQR around the result, to track it with; zero where it is not finite. */
  readonly K: Vec;
  /** Milliseconds by part; zero without a clock. */
  readonly ms: {
    readonly linearize: number;
    readonly qp: number;
    readonly lineSearch: number;
    readonly total: number;
  };
};

/** Hard constraints that are violated, the worst first. */
function conflictOf(ocp: Ocp, { current, duals, penalties }: SqpWorkspace): ConstraintAt[] {
  const hard = constraintsAlong(ocp, { ...current, multipliers: hardMarks(penalties.linear) });
  const all = constraintsAlong(ocp, { ...current, multipliers: duals.Y });
  const violated = all.filter(({ violation }, i) => hard[i].multiplier === 1 && violation > 0);
  return violated.sort((a, b) => b.violation - a.violation);
}

/** 1 where a constraint is hard. */
function hardMarks(linear: Vec): Vec {
  return linear.map((z) => (z === Infinity ? 1 : 0));
}

/** Whether a soft constraint is violated, by more than `tol` of what it changes by. */
function usesSlack(
  { shape, current: { con }, penalties: { linear }, scales: { c } }: SqpWorkspace,
  tol: number,
): boolean {
  for (let at = 0; at < linear.length; at++)
    if (linear[at] < Infinity && violationOf(shape, at, con[at]) > tol * c[at]) return true;
  return false;
}

function nameWorst([worst]: readonly ConstraintAt[]): string {
  if (worst === undefined) return "";
  const { of, group, index, k, violation } = worst;
  const what = of === "row" ? `row ${index} of group ${group}` : `the ${of} bound of state ${index}`;
  return ` The worst is ${what} at stage ${k}, by ${violation.toPrecision(3)}.`;
}

function nameDefect(defect: number): string {
  if (defect === 0) return "";
  return ` Its states are not yet those that its controls lead to: they part by up to ${defect.toPrecision(3)}.`;
}

/** What a solve tells of the iterate that it ended at. */
export function report(
  ocp: Ocp,
  w: SqpWorkspace,
  s: SqpProgress,
  history: readonly SqpIteration[],
  status: SqpStatus,
  tol: number,
  total: number,
): SqpResult {
  const last = history.at(-1);
  const conflict = status === "infeasible" ? conflictOf(ocp, w) : [];
  const { shape, penalties } = w;
  const defect = largestDefect(w.defects);
  const { X, U, con } = w.current;
  const cost = last === undefined ? Number.NaN : totalCost(ocp, w.current);
  const violation = last === undefined ? Number.NaN : largestViolation(shape, con);
  return {
    status,
    message: describeSqpStatus(status) + nameWorst(conflict) + nameDefect(defect),
    X: X.slice(),
    U: U.slice(),
    cost,
    merit: last === undefined ? Number.NaN : cost + softPenalty(shape, con, penalties),
    iterations: last?.iteration ?? 0,
    history,
    residuals: s.residuals,
    violation,
    defect,
    conflict,
    slackInUse: last !== undefined && usesSlack(w, tol),
    multipliers: w.duals.Y.slice(),
    K: w.K.slice(),
    ms: { ...s.ms, total },
  };
}
