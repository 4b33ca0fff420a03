import { lqrGains } from "../linalg/index.ts";
import type { Ocp } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** A control this near its bound, with a gradient this large, is held there. */
const HELD = 1e-5;
/** A constraint this near zero, with a multiplier, is active. */
const HELD_CONSTRAINT = 1e-3;
/** Weight that fixes a control. */
const FIXED = 1e6;

type ConvexityGroups = Pick<SqpWorkspace, "shape" | "current" | "qp" | "adjoint" | "duals" | "scratch">;

/**
 * Whether the QP is convex where it can move: R + B'PB stays above rFloor / 2 in the backward recursion,
 * with controls held at a bound and constraints held by their multipliers taken as fixed.
 */
export function isConvexInControls(ocp: Ocp, w: ConvexityGroups, rFloor: number): boolean {
  const { shape, qp, current, adjoint, scratch } = w;
  const { N, nx, nu, m } = shape;
  const { Q, R, K, lqr } = scratch;
  R.set(qp.R);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      const g = adjoint.gradient[k * nu + i];
      const room = g > 0 ? current.u[k][i] - ocp.uLower[i] : ocp.uUpper[i] - current.u[k][i];
      const held = room <= HELD && Math.abs(g) > HELD;
      R[(k * nu + i) * nu + i] += held ? FIXED : -0.5 * rFloor;
    }
  }
  Q.set(qp.Q);
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < m; i++) {
      const at = k * m + i;
      if (w.duals.Y[at] > HELD && current.con[at] <= HELD_CONSTRAINT) fixConstraint(w, k, i);
    }
  }
  return lqrGains({ N, nx, nu, A: qp.A, B: qp.B, Q, R, M: qp.M }, K, lqr);
}

/** Adds FIXED times the outer product of a constraint's gradient to the scratch Q of its stage. */
function fixConstraint(w: Pick<SqpWorkspace, "qp" | "scratch">, k: number, i: number): void {
  const { C, shape } = w.qp;
  const { nx, nc, nb, boxIndex } = shape;
  const { Q } = w.scratch;
  if (i >= nc) {
    const j = boxIndex[(i - nc) % nb];
    Q[(k * nx + j) * nx + j] += FIXED;
    return;
  }
  const row = (k * nc + i) * nx;
  for (let a = 0; a < nx; a++) {
    for (let b = 0; b < nx; b++) Q[(k * nx + a) * nx + b] += FIXED * C[row + a] * C[row + b];
  }
}
