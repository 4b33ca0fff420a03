import { boundsOffset, type Ocp } from "../ocp/index.ts";
import { addRowWeight } from "./gains.ts";
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
  const { N, nx, nu, nb, boxIndex, rowStart, start, equal } = shape;
  const { Q, R, M, gains } = scratch;
  R.set(qp.R);
  M.set(qp.M);
  for (let k = 0; k < N; k++) {
    const o = boundsOffset(ocp.uLower, nu, k);
    for (let i = 0; i < nu; i++) {
      const g = adjoint.gradient[k * nu + i];
      const room = g > 0 ? current.u[k][i] - ocp.uLower[o + i] : ocp.uUpper[o + i] - current.u[k][i];
      const held = room <= HELD && Math.abs(g) > HELD;
      R[(k * nu + i) * nu + i] += held ? FIXED : -0.5 * rFloor;
    }
  }
  Q.set(qp.Q);
  const isHeld = (at: number): boolean =>
    equal[at] === 1
      ? Math.abs(current.con[at]) <= HELD_CONSTRAINT
      : w.duals.Y[at] > HELD && current.con[at] <= HELD_CONSTRAINT;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (isHeld(at)) addRowWeight(qp, k, row, FIXED, scratch);
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      const i = k * nx + boxIndex[j % nb];
      if (isHeld(at)) Q[i * nx + boxIndex[j % nb]] += FIXED;
    }
  }
  return gains.exist({ A: qp.A, B: qp.B, Q, R, M });
}
