import { type ConstraintPenalties, violationOf } from "../ocp/index.ts";
import { type Qp, type QpSolution, type QpSolver, rowValue } from "../qp/index.ts";
import type { SqpOptions } from "./options.ts";
import { solveScaled } from "./scaled-qp.ts";
import type { SqpShape, SqpWorkspace } from "./workspace.ts";

type ElasticGroups = Pick<
  SqpWorkspace,
  "shape" | "qp" | "costHessian" | "scaled" | "scales" | "held" | "defects" | "penalties" | "elastic"
>;

/** Linearized hard rows whose violations add up to no more than this share of the tolerance can be met. */
const FEASIBLE = 0.1;
/** A step that leaves more than this share of the violation does not help against it. */
const HOPE = 0.999;

/** What the QPs of a solve know of its hard constraints. */
export type Elasticity = {
  /** Weight of hard constraints in a QP that takes them as soft ones. */
  hardWeight: number;
  /** The last QP could not meet the linearized hard constraints. */
  elastic: boolean;
  /** QPs in a row that saw no way to lessen the violation of the hard constraints, at the largest weight. */
  hopeless: number;
  /** Whether time is up: asked before each iteration of a QP. */
  readonly late: () => boolean;
};

/**
 * Solves the QP with its hard rows; where they cannot be met, with soft ones in their place, whose weight goes up
 * tenfold with each QP in a row and until the violation gets less.
 *
 * @param w its penalties are the problem's; `elastic` is written where they are softened
 * @param e updated
 * @param warm whether the solver starts from the multipliers of its last QP
 */
export function solveElastic(
  w: ElasticGroups,
  solver: QpSolver,
  o: Pick<SqpOptions, "tol" | "hardWeight" | "maxHardWeight">,
  e: Elasticity,
  warm: boolean,
): QpSolution {
  const { qp, shape, penalties } = w;
  setWeights(shape, qp, penalties);
  const firm = solveScaled(w, solver, { warm, late: e.late });
  if (firm.status === "solved" || firm.status === "nonFinite" || !penalties.linear.includes(Infinity)) {
    e.elastic = false;
    e.hopeless = 0;
    e.hardWeight = o.hardWeight;
    return firm;
  }
  if (e.late()) return firm;
  if (e.elastic) e.hardWeight = Math.min(10 * e.hardWeight, o.maxHardWeight);
  const before = hardSlack(w);
  for (;;) {
    elasticPenalties(w, e.hardWeight);
    setWeights(shape, qp, w.elastic);
    const solution = solveScaled(w, solver, { late: e.late });
    const slack = hardSlack(w, solution);
    e.elastic = solution.status === "solved" && slack > FEASIBLE * o.tol;
    const helps = !e.elastic || slack <= HOPE * before;
    if (helps || e.late() || e.hardWeight >= o.maxHardWeight) {
      e.hopeless = helps ? 0 : e.hopeless + 1;
      return solution;
    }
    e.hardWeight = Math.min(10 * e.hardWeight, o.maxHardWeight);
  }
}

/**
 * Writes the penalties with hard constraints as the QP takes them: soft ones of a weight in natural units, which is
 * what a control's size is worth for a violation of the constraint's size.
 */
export function elasticPenalties(
  { penalties: from, elastic: to, scales }: Pick<SqpWorkspace, "penalties" | "elastic" | "scales">,
  weight: number,
): void {
  for (let i = 0; i < from.linear.length; i++) {
    const hard = from.linear[i] === Infinity;
    to.linear[i] = hard ? (weight * scales.cost) / scales.c[i] : from.linear[i];
    to.quadratic[i] = hard ? to.linear[i] / scales.c[i] : from.quadratic[i];
  }
}

/** Sets the QP's weights, stacked as the constraints are; the sides of a box have the same. */
export function setWeights(
  shape: SqpShape,
  { weights }: Qp,
  { linear, quadratic }: ConstraintPenalties,
): void {
  const { N, nb, rowStart, start } = shape;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      weights.rowLinear[row] = linear[at];
      weights.rowQuadratic[row] = quadratic[at];
    }
    for (let j = 0; k > 0 && j < nb; j++, at++) {
      weights.boxLinear[k * nb + j] = linear[at];
      weights.boxQuadratic[k * nb + j] = quadratic[at];
    }
  }
}

/** Sum of the violations of the linearized hard constraints at the QP's step, or without one, as shares of their sizes. */
function hardSlack(
  { shape, qp, penalties, scales }: ElasticGroups,
  step?: Pick<QpSolution, "dX" | "dU">,
): number {
  const { N, nx, nb, boxIndex, rowStart, start } = shape;
  let sum = 0;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (penalties.linear[at] < Infinity) continue;
      const c = step === undefined ? qp.c[row] : rowValue(qp, k, row, step.dX, step.dU);
      sum += violationOf(shape, at, c) / scales.c[at];
    }
    for (let j = 0; k > 0 && j < nb; j++, at++) {
      if (penalties.linear[at] < Infinity) continue;
      const dx = step === undefined ? 0 : step.dX[k * nx + boxIndex[j]];
      sum += Math.max(0, qp.xLower[k * nb + j] - dx, dx - qp.xUpper[k * nb + j]) / scales.c[at];
    }
  }
  return sum;
}
