import { type Ocp, type Trajectory, totalCost } from "../ocp/index.ts";
import type { QpSolution } from "../qp/index.ts";
import { type ConstraintPenalty, constraintChange } from "./constraints.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * The merit function of MATH section 2, step 5:
 *
 *     phi = J + sum_soft (z v + Z/2 v^2) + sum_hard [ -y'(c - s) + rho_k/2 |c - s|^2 ],  v = max(0, -c)
 *
 * Soft constraints enter with their exact penalty; hard ones with an augmented Lagrangian in which
 * slacks s >= 0 and multipliers y move with the step, and each stage has a penalty rho_k of its own.
 * Source: arXiv 2109.07081, section III-C, after Gill, Murray, Saunders and Wright (1986).
 */
export type MeritTerms = { readonly rows: ConstraintPenalty; readonly box: ConstraintPenalty };

const penaltyAt = (terms: MeritTerms, nc: number, i: number): ConstraintPenalty =>
  i < nc ? terms.rows : terms.box;

/** Penalties paid for violated soft constraints. */
export function softPenalty(w: SqpWorkspace, con: Float64Array, terms: MeritTerms): number {
  const { N, nc, m } = w;
  let sum = 0;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < m; i++) {
      const v = -con[k * m + i];
      if (v <= 0) continue;
      const p = penaltyAt(terms, nc, i);
      if (!p.hard) sum += v * (p.linear + 0.5 * p.quadratic * v);
    }
  }
  return sum;
}

/** phi at step alpha of a trajectory whose constraint values are `con`. */
export function merit(
  ocp: Ocp,
  w: SqpWorkspace,
  t: Trajectory,
  con: Float64Array,
  alpha: number,
  terms: MeritTerms,
): number {
  const { N, nc, m, Y, dY, S, dS, rho } = w;
  let phi = totalCost(ocp, t) + softPenalty(w, con, terms);
  if (!terms.rows.hard && !terms.box.hard) return phi;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < m; i++) {
      if (!penaltyAt(terms, nc, i).hard) continue;
      const at = k * m + i;
      const r = con[at] - (S[at] + alpha * dS[at]);
      phi += r * (0.5 * rho[k] * r - (Y[at] + alpha * dY[at]));
    }
  }
  return phi;
}

/** Slacks that minimise phi for the current multipliers and penalties: s = max(0, c - y / rho). */
export function resetSlacks(w: SqpWorkspace): void {
  const { N, m, con, Y, S, rho } = w;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < m; i++) {
      const at = k * m + i;
      const shift = rho[k] > 0 ? Y[at] / rho[k] : 0;
      S[at] = Math.max(0, con[at] - shift);
    }
  }
}

/**
 * Directional derivative of phi along the QP's step, raising the stage penalties by the least-norm
 * amount that makes it at most -1/2 d'Hd. Writes dS; needs dY = QP multipliers - Y.
 *
 * @returns the slope (negative for a descent direction)
 */
export function meritSlope(w: SqpWorkspace, solution: QpSolution, terms: MeritTerms): number {
  const { N, nx, nu, nc, m, qp, con, Y, dY, S, dS, rho, rhoSlope } = w;
  const { dX, dU } = solution;
  let slope = 0;
  for (let i = 0; i < N * nu; i++) slope += qp.r[i] * dU[i];
  for (let i = nx; i < (N + 1) * nx; i++) slope += qp.q[i] * dX[i];
  let penaltySlope = 0;
  let square = 0;
  for (let k = 1; k <= N; k++) {
    rhoSlope[k] = 0;
    if (m > 0) constraintChange(w, k, dX, dS, k * m);
    for (let i = 0; i < m; i++) {
      const at = k * m + i;
      const p = penaltyAt(terms, nc, i);
      const c = con[at];
      const next = c + dS[at];
      if (!p.hard) {
        slope += soft(p, next) - soft(p, c);
        continue;
      }
      dS[at] = Math.max(0, next) - S[at];
      const r = c - S[at];
      const dr = next - c - dS[at];
      slope -= dY[at] * r + Y[at] * dr;
      rhoSlope[k] += r * dr;
    }
    penaltySlope += rho[k] * rhoSlope[k];
    if (rhoSlope[k] < 0) square += rhoSlope[k] * rhoSlope[k];
  }
  const target = -0.5 * curvatureAlong(w, dX, dU);
  const excess = slope + penaltySlope - target;
  if (excess > 0 && square > 0) {
    for (let k = 1; k <= N; k++) {
      if (rhoSlope[k] >= 0) continue;
      const raise = (-rhoSlope[k] * excess) / square;
      rho[k] += raise;
      penaltySlope += raise * rhoSlope[k];
    }
  }
  return slope + penaltySlope;
}

function soft(p: ConstraintPenalty, c: number): number {
  return c >= 0 ? 0 : -c * (p.linear - 0.5 * p.quadratic * c);
}

/** d'Hd of the QP's step. */
function curvatureAlong(w: SqpWorkspace, dX: Float64Array, dU: Float64Array): number {
  const { N, nx, nu, qp } = w;
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
