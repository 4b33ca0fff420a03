import type { Ocp, Vec } from "../ocp/index.ts";
import type { Qp, QpSolution, QpSolver } from "../qp/index.ts";
import { type ConstraintPenalties, constraintPenalties, linearizedRow } from "./constraints.ts";
import type { SqpOptions } from "./options.ts";

/** Linearized hard rows whose violations add up to no more than this share of the tolerance can be met. */
const FEASIBLE = 0.1;
/** A step that leaves more than this share of the violation does not help against it. */
const HOPE = 0.999;

/** What the QPs of a solve know of its hard constraints. */
export type Elasticity = {
  /** Weight of hard constraints, which the QP takes as soft ones. */
  hardWeight: number;
  /** The last QP could not meet the linearized hard constraints, at the largest weight. */
  elastic: boolean;
  /** QPs in a row that saw no way to lessen the violation of the hard constraints. */
  hopeless: number;
};

/**
 * Solves the QP with hard rows as soft ones of a large weight; where the QP leaves such a row violated,
 * the weight goes up tenfold, so that a solution that satisfies the linearized rows is found if one exists.
 *
 * @param e updated
 * @param warm whether the solver starts from the multipliers of its last QP
 */
export function solveElastic(
  ocp: Ocp,
  qp: Qp,
  solver: QpSolver,
  o: Pick<SqpOptions, "tol" | "maxHardWeight">,
  e: Elasticity,
  warm: boolean,
): QpSolution {
  const penalties = constraintPenalties(ocp);
  for (;;) {
    setPenalties(qp, elasticPenalties(penalties, e.hardWeight));
    const solution = solver.solve(qp, warm ? { warm } : undefined);
    const slack = hardSlack(qp, penalties, solution.dX);
    const violated = solution.status === "solved" && slack > FEASIBLE * o.tol;
    e.elastic = violated && e.hardWeight >= o.maxHardWeight;
    e.hopeless = e.elastic && slack > HOPE * hardSlack(qp, penalties) ? e.hopeless + 1 : 0;
    if (e.elastic || !violated) return solution;
    e.hardWeight = Math.min(10 * e.hardWeight, o.maxHardWeight);
  }
}

/** The penalties with hard constraints as the QP takes them: soft ones of its weight. */
export function elasticPenalties(penalties: ConstraintPenalties, weight: number): ConstraintPenalties {
  const soft = { hard: false, linear: weight, quadratic: weight };
  const { rows, box } = penalties;
  return { rows: rows.hard ? soft : rows, box: box.hard ? soft : box };
}

/** Sets the QP's penalties, which must all be soft. */
export function setPenalties(qp: Qp, { rows, box }: ConstraintPenalties): void {
  qp.penalty.rowLinear = rows.linear;
  qp.penalty.rowQuadratic = rows.quadratic;
  qp.penalty.boxLinear = box.linear;
  qp.penalty.boxQuadratic = box.quadratic;
}

/** Sum of the violations of the linearized hard constraints at the QP's step dX (N + 1, nx), or without one. */
function hardSlack(qp: Qp, penalties: ConstraintPenalties, dX?: Vec): number {
  const { N, nx, nc, nb, boxIndex } = qp.shape;
  let sum = 0;
  for (let k = 1; k <= N; k++) {
    if (penalties.rows.hard) {
      for (let i = 0; i < nc; i++) sum += Math.max(0, -linearizedRow(qp, k, i, dX));
    }
    if (penalties.box.hard) {
      for (let j = 0; j < nb; j++) {
        const dx = dX === undefined ? 0 : dX[k * nx + boxIndex[j]];
        sum += Math.max(0, qp.xLower[k * nb + j] - dx, dx - qp.xUpper[k * nb + j]);
      }
    }
  }
  return sum;
}
