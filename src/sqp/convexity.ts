import { addRowWeight } from "./gains.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** A control this near its bound, as a share of its size, with a gradient of this share of its terms, is held there. */
const HELD = 1e-5;
/** A constraint this near zero, as a share of what it changes by, with a multiplier, is active. */
const HELD_CONSTRAINT = 1e-3;
/** Curvature that fixes a control or a constraint, relative to the cost's. */
const FIXED = 1e6;
/** Less curvature than this share of the cost's is none. */
export const LEAST_CURVATURE = 1e-4;

type ConvexityGroups = Pick<
  SqpWorkspace,
  "shape" | "current" | "qp" | "costHessian" | "adjoint" | "duals" | "scratch" | "regulator" | "scales"
>;

/**
 * Whether the QP is convex where it can move: R + B'PB stays positive in the backward recursion, a ten-thousandth of the
 * cost's own Hessian taken off (of its diagonal alone would be too much where a control sees far more than the lightest
 * combination of controls does, as the rotors of a quadrotor), with what is held taken as fixed ({@link holdActive}).
 */
export function isConvexInControls(w: ConvexityGroups): boolean {
  const { qp, costHessian, scratch } = w;
  const { Q, R, M, gains } = scratch;
  for (const name of ["Q", "R", "M"] as const) {
    const [of, all, cost] = [scratch[name], qp[name], costHessian[name]];
    for (let i = 0; i < of.length; i++) of[i] = all[i] - LEAST_CURVATURE * cost[i];
  }
  holdActive(w);
  return gains.exist({ A: qp.A, B: qp.B, Q, R, M });
}

/** Adds to the scratch Q, R, M what fixes controls held at a bound and constraints held by their multipliers. */
export function holdActive(w: ConvexityGroups): void {
  const { shape, current, qp, adjoint, duals, scratch, regulator, scales } = w;
  const { N, nx, nu, nb, boxIndex, rowStart, start, equal } = shape;
  const { Q, R } = scratch;
  for (let i = 0; i < N * nu; i++) {
    const j = i % nu;
    const g = adjoint.gradient[i];
    const room = g > 0 ? -qp.uLower[i] : qp.uUpper[i];
    const held = room <= HELD * scales.u[j] && Math.abs(g) > HELD * scales.gradient[j];
    if (held) R[i * nu + j] += FIXED * regulator.curvature[i];
  }
  const isHeld = (at: number): boolean =>
    Math.abs(current.con[at]) <= HELD_CONSTRAINT * scales.c[at] &&
    (equal[at] === 1 || duals.Y[at] * scales.c[at] > HELD * scales.cost);
  const weight = (at: number): number => (FIXED * scales.cost) / scales.c[at] ** 2;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (isHeld(at)) addRowWeight(qp, k, row, weight(at), scratch);
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      const i = k * nx + boxIndex[j % nb];
      if (isHeld(at)) Q[i * nx + boxIndex[j % nb]] += weight(at);
    }
  }
}
