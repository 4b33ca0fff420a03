import { addTransposed } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Adjoint, Regulator, SqpShape, SqpWorkspace, StagedQp } from "./workspace.ts";

/**
 * Costates and gradient of the Lagrangian at a linearized iterate with multipliers Y (m), backwards:
 *
 *     p_k = q_k + A_k'p_{k+1} - C_k'y_k,   g_k = r_k + B_k'p_{k+1} - D_k'y_k
 *
 * where C_k y_k counts the state box too (docs/solver.md#adjoint).
 *
 * @param out written; costates of k = 1..N
 */
export function adjoint(shape: SqpShape, qp: StagedQp, Y: Vec, out: Adjoint): void {
  out.costate.set(qp.q);
  out.gradient.set(qp.r);
  pullBack(shape, qp, Y, out);
}

/** Gains (N, nu, nx) and curvature (N, nu) of a feedback. */
type Feedback = Pick<Regulator, "K" | "curvature">;

/** Dynamics along which costates grow this many times more than with feedback are unstable. */
const UNSTABLE = 1e6;

type StableGroups = Pick<
  SqpWorkspace,
  "shape" | "qp" | "duals" | "regulator" | "scales" | "adjoint" | "defects"
>;

/**
 * {@link adjoint}, and where the dynamics are unstable (or have gaps) that of the closed loop instead: `p_k` takes `K_k'g_k` too,
 * as far as the controls have room to answer with `-g / curvature`. In the open loop a gradient that is not quite zero late in the
 * horizon makes costates grow towards its beginning until all is rounding. Where every g is zero, or held at a bound, both are the same.
 *
 * @param w with its natural sizes
 */
export function stableAdjoint(w: StableGroups): void {
  const { shape, qp, duals, regulator, adjoint: out, defects } = w;
  out.costate.set(qp.q);
  out.gradient.set(qp.r);
  pullBack(shape, qp, duals.Y, out, defects.open || isUnstable(w) ? regulator : undefined);
}

/** Whether a costate of the last stage grows far more towards the first, `p <- A'p`, than with feedback, `p <- (A + BK)'p`. */
function isUnstable({ shape, qp, regulator: { K }, scales }: StableGroups): boolean {
  const { N, nx, nu } = shape;
  const { x: size, free: open, freeNext: closed, next } = scales;
  for (let i = 0; i < nx; i++) open[i] = closed[i] = 1 / (size[i] || 1);
  let most = 0;
  let mostClosed = 0;
  for (let k = N - 1; k > 0; k--) {
    next.fill(0);
    addTransposed(qp.A, k * nx * nx, open, 0, nx, nx, 1, next, 0);
    open.set(next);
    next.fill(0);
    addTransposed(qp.A, k * nx * nx, closed, 0, nx, nx, 1, next, 0);
    for (let j = 0; j < nu; j++) {
      let pull = 0;
      for (let i = 0; i < nx; i++) pull += qp.B[(k * nx + i) * nu + j] * closed[i];
      for (let i = 0; i < nx; i++) next[i] += K[(k * nu + j) * nx + i] * pull;
    }
    closed.set(next);
    for (let i = 0; i < nx; i++) {
      most = Math.max(most, Math.abs(open[i]) * size[i]);
      mostClosed = Math.max(mostClosed, Math.abs(closed[i]) * size[i]);
    }
  }
  return most > UNSTABLE * Math.max(1, mostClosed);
}

/** The same with what stands in `out` for the gradients q and r of the cost. */
export function pullBack(shape: SqpShape, qp: StagedQp, Y: Vec, out: Adjoint, feedback?: Feedback): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { costate, gradient } = out;
  for (let k = N; k >= 0; k--) {
    const x = k * nx;
    if (k < N) {
      addTransposed(qp.B, x * nu, costate, x + nx, nu, nx, 1, gradient, k * nu);
      if (k > 0) addTransposed(qp.A, x * nx, costate, x + nx, nx, nx, 1, costate, x);
    }
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      const d = controlRow[row] * nu;
      for (let i = 0; d >= 0 && i < nu; i++) gradient[k * nu + i] -= qp.D[d + i] * Y[at];
      if (k > 0) for (let i = 0; i < nx; i++) costate[x + i] -= qp.C[row * nx + i] * Y[at];
    }
    for (let j = 0; k > 0 && j < nb; j++) costate[x + boxIndex[j]] += Y[at + nb + j] - Y[at + j];
    if (feedback !== undefined && k > 0 && k < N) {
      const { K, curvature } = feedback;
      for (let j = 0; j < nu; j++) {
        const i = k * nu + j;
        const g = gradient[i];
        const room = curvature[i] * (g > 0 ? -qp.uLower[i] : qp.uUpper[i]);
        const used = g > 0 ? Math.min(g, room) : Math.max(g, -room);
        for (let l = 0; l < nx; l++) costate[x + l] += K[i * nx + l] * used;
      }
    }
  }
}
