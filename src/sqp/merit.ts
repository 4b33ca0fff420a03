import {
  type ConstraintPenalties,
  costTerms,
  type Ocp,
  totalCost,
  type Vec,
  violationOf,
} from "../ocp/index.ts";
import type { Qp, QpSolution } from "../qp/index.ts";
import { constraintChange } from "./constraints.ts";
import { priceGaps, priceOfGaps } from "./defects.ts";
import type { Iterate, SqpShape, SqpWorkspace } from "./workspace.ts";

/** Share of the terms of a merit below which its differences are rounding, of it and of its QP's solution. */
const ROUNDING = 1e-10;

/** Penalties paid for violated soft constraints, of stacked constraint values (m). */
export function softPenalty(shape: SqpShape, con: Vec, penalties: ConstraintPenalties): number {
  let sum = 0;
  for (let at = 0; at < con.length; at++) {
    if (penalties.linear[at] < Infinity) sum += price(penalties, at, violationOf(shape, at, con[at]));
  }
  return sum;
}

function price({ linear, quadratic }: ConstraintPenalties, at: number, v: number): number {
  return v * (linear[at] + 0.5 * quadratic[at] * v);
}

/**
 * Merit phi of a trajectory whose constraints are evaluated, at step alpha of multipliers and slacks
 * (docs/solver.md#merit-and-line-search):
 *
 *     phi = J + sum_soft (z v + Z/2 v^2) + sum_hard [ -y'(c - s) + rho_k/2 w |c - s|^2 ]
 *
 * Soft constraints enter with their exact penalty of the violation v; hard ones with an augmented Lagrangian in
 * which slacks s >= 0 and multipliers y move with the step, and each stage has a penalty rho_k of its own. An
 * equality has no slack: s = 0.
 * Source: arXiv 2109.07081, section III-C, after Gill, Murray, Saunders and Wright (1986).
 */
export function merit(
  ocp: Ocp,
  w: Pick<SqpWorkspace, "shape" | "duals" | "merit">,
  t: Iterate,
  alpha: number,
  penalties: ConstraintPenalties,
): number {
  let phi = totalCost(ocp, t) + softPenalty(w.shape, t.con, penalties);
  for (let k = 0; k <= ocp.N; k++) phi += hardTerms(w, t, k, alpha, penalties);
  return phi;
}

/** What the hard constraints of stage k add to the merit; a function of its own, which is compiled long before a loop over all is. */
function hardTerms(
  { shape: { start }, duals: { Y, dY }, merit: { S, dS, rho, weight } }: Omit<MeritGroups, "current">,
  { con }: Iterate,
  k: number,
  alpha: number,
  { linear }: ConstraintPenalties,
): number {
  let sum = 0;
  for (let at = start[k]; at < start[k + 1]; at++) {
    if (linear[at] < Infinity) continue;
    const r = con[at] - (S[at] + alpha * dS[at]);
    sum += r * (0.5 * rho[k] * weight[at] * r - (Y[at] + alpha * dY[at]));
  }
  return sum;
}

type MeritGroups = Pick<SqpWorkspace, "shape" | "current" | "duals" | "merit">;

/**
 * Weights of the constraints in the merit, `cost / c^2` in natural sizes, and the least penalties in these units: a
 * violation of a constraint's size costs no less than its multiplier takes for it, old or new. With less, a constraint that is met more amply than its
 * linearization says is rewarded by its multiplier without end, whatever the cost.
 *
 * @param w with the multipliers of the QP in `duals.Y + duals.dY`
 */
export function weighConstraints(
  { shape, duals: { Y, dY }, merit: { rho, weight }, scales }: MeritGroups & Pick<SqpWorkspace, "scales">,
  { linear }: ConstraintPenalties,
): void {
  const { N, start } = shape;
  for (let k = 0; k <= N; k++) {
    for (let at = start[k]; at < start[k + 1]; at++) {
      if (linear[at] < Infinity) continue;
      weight[at] = scales.cost / scales.c[at] ** 2;
      const force = Math.max(Math.abs(Y[at]), Math.abs(Y[at] + dY[at])) * scales.c[at];
      rho[k] = Math.max(rho[k], force / scales.cost);
    }
  }
}

/** Rounding of the merit: a share of its {@link meritSize}. */
export function meritNoise(ocp: Ocp, w: MeritGroups, penalties: ConstraintPenalties): number {
  return ROUNDING * meritSize(ocp, w, penalties);
}

/** Size of the merit: the sum of its terms' sizes, with multipliers and penalties as they stand. */
export function meritSize(ocp: Ocp, w: MeritGroups, penalties: ConstraintPenalties): number {
  let sum = costTerms(ocp, w.current) + softPenalty(w.shape, w.current.con, penalties);
  for (let k = 0; k <= ocp.N; k++) sum += hardSizes(w, k, penalties);
  return sum;
}

/** The same of the hard constraints of stage k. */
function hardSizes(
  { shape: { start }, current: { con }, duals: { Y }, merit: { S, rho, weight } }: MeritGroups,
  k: number,
  { linear }: ConstraintPenalties,
): number {
  let sum = 0;
  for (let at = start[k]; at < start[k + 1]; at++) {
    if (linear[at] < Infinity) continue;
    const r = con[at] - S[at];
    sum += Math.abs(r * Y[at]) + rho[k] * weight[at] * r * r;
  }
  return sum;
}

type SlopeGroups = Pick<
  SqpWorkspace,
  "shape" | "qp" | "current" | "defects" | "adjoint" | "scales" | "duals" | "merit"
>;

/** Slacks that minimise phi for the current multipliers and penalties: s = max(0, c - y / rho), 0 of equalities. */
export function resetSlacks(w: Pick<SlopeGroups, "shape" | "duals" | "merit">, { con }: Iterate): void {
  const { N, start, equal } = w.shape;
  const { S, rho, weight } = w.merit;
  for (let k = 0; k <= N; k++) {
    for (let at = start[k]; at < start[k + 1]; at++) {
      const shift = rho[k] > 0 ? w.duals.Y[at] / (rho[k] * weight[at]) : 0;
      S[at] = equal[at] === 1 ? 0 : Math.max(0, con[at] - shift);
    }
  }
}

/**
 * Directional derivative of phi along the QP's step, raising the stage penalties (or, of an iterate with gaps, the prices of these,
 * which the step closes) by the least-norm amount that makes it at most -1/2 d'Hd. Writes dS; needs dY = QP multipliers - Y.
 *
 * @returns the slope (negative for a descent direction)
 */
export function meritSlope(w: SlopeGroups, solution: QpSolution, penalties: ConstraintPenalties): number {
  const { shape, qp, defects } = w;
  const { N, nx, nu, start, equal } = shape;
  const { con } = w.current;
  const { Y, dY } = w.duals;
  const { S, dS, rho, rhoSlope, weight } = w.merit;
  const { dX, dU } = solution;
  let slope = 0;
  for (let i = 0; i < N * nu; i++) slope += qp.r[i] * dU[i];
  for (let i = nx; i < (N + 1) * nx; i++) slope += qp.q[i] * dX[i];
  let penaltySlope = 0;
  let square = 0;
  for (let k = 0; k <= N; k++) {
    rhoSlope[k] = 0;
    constraintChange(shape, qp, k, solution, dS);
    for (let at = start[k]; at < start[k + 1]; at++) {
      const c = con[at];
      const next = c + dS[at];
      if (penalties.linear[at] < Infinity) {
        slope += price(penalties, at, violationOf(shape, at, next));
        slope -= price(penalties, at, violationOf(shape, at, c));
        continue;
      }
      dS[at] = equal[at] === 1 ? 0 : Math.max(0, next) - S[at];
      const r = c - S[at];
      const dr = next - c - dS[at];
      slope -= dY[at] * r + Y[at] * dr;
      rhoSlope[k] += weight[at] * r * dr;
    }
    penaltySlope += rho[k] * rhoSlope[k];
    if (rhoSlope[k] < 0) square += rhoSlope[k] * rhoSlope[k];
  }
  const target = -0.5 * curvatureAlong(qp, dX, dU);
  if (defects.open) {
    priceGaps(w, slope + penaltySlope - target);
    slope -= priceOfGaps(defects, defects.E);
  }
  const excess = slope + penaltySlope - target;
  if (excess > 0 && square > 0) {
    for (let k = 0; k <= N; k++) {
      if (rhoSlope[k] >= 0) continue;
      const raise = (-rhoSlope[k] * excess) / square;
      rho[k] += raise;
      penaltySlope += raise * rhoSlope[k];
    }
  }
  return slope + penaltySlope;
}

/** d'Hd of the QP's step. */
function curvatureAlong(qp: Qp, dX: Vec, dU: Vec): number {
  const { N, nx, nu } = qp.shape;
  let sum = 0;
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx; i++) {
      let s = 0;
      for (let j = 0; j < nx; j++) s += qp.Q[(k * nx + i) * nx + j] * dX[k * nx + j];
      sum += s * dX[k * nx + i];
    }
    if (k === N) break;
    for (let i = 0; i < nu; i++) {
      let s = 0;
      for (let j = 0; j < nu; j++) s += qp.R[(k * nu + i) * nu + j] * dU[k * nu + j];
      for (let j = 0; j < nx; j++) s += 2 * qp.M[(k * nu + i) * nx + j] * dX[k * nx + j];
      sum += s * dU[k * nu + i];
    }
  }
  return sum;
}
