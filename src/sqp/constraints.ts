import type { Ocp, Trajectory, Vec } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Stands for "no bound": large enough never to matter, finite so that products with zero stay zero. */
const UNBOUNDED = 1e30;

/** Writes the stacked constraint values [rows | state - lower | upper - state] of every stage into `con`. */
export function evaluateConstraints(
  ocp: Ocp,
  t: Trajectory,
  w: SqpWorkspace,
  con: Vec,
  stages: readonly Vec[],
): void {
  const { N, nc, nb, m } = w;
  if (m === 0) return;
  const box = ocp.stateBox;
  for (let k = 1; k <= N; k++) {
    if (nc > 0) ocp.rows!.value(t.x[k], k, stages[k]);
    if (box === undefined) continue;
    const offset = k * m + nc;
    for (let j = 0; j < nb; j++) {
      const v = t.x[k][box.index[j]];
      con[offset + j] = box.lower[j] === Number.NEGATIVE_INFINITY ? UNBOUNDED : v - box.lower[j];
      con[offset + nb + j] = box.upper[j] === Number.POSITIVE_INFINITY ? UNBOUNDED : box.upper[j] - v;
    }
  }
}

/** Linearized change of the stacked constraints of stage k for dx, into out[offset..]. */
export function constraintChange(w: SqpWorkspace, k: number, dX: Vec, out: Vec, offset: number): void {
  const { nx, nc, nb, shape } = w;
  const C = w.qp.C;
  for (let i = 0; i < nc; i++) {
    let s = 0;
    const row = (k * nc + i) * nx;
    for (let j = 0; j < nx; j++) s += C[row + j] * dX[k * nx + j];
    out[offset + i] = s;
  }
  for (let j = 0; j < nb; j++) {
    const d = dX[k * nx + shape.boxIndex[j]];
    out[offset + nc + j] = d;
    out[offset + nc + nb + j] = -d;
  }
}

/** Weights of the penalty paid for a violated constraint; hard ones have none. */
export type ConstraintPenalty = {
  readonly hard: boolean;
  readonly linear: number;
  readonly quadratic: number;
};

/** Penalty of the rows and of the state box. */
export function constraintPenalties(ocp: Ocp): { rows: ConstraintPenalty; box: ConstraintPenalty } {
  const of = (soft: { linear: number; quadratic: number } | undefined): ConstraintPenalty =>
    soft === undefined ? { hard: true, linear: 0, quadratic: 0 } : { hard: false, ...soft };
  return { rows: of(ocp.rows?.soft), box: of(ocp.stateBox?.soft) };
}

/** Largest violation of any constraint. */
export function largestViolation(con: Vec, m: number): number {
  let worst = 0;
  for (let i = m; i < con.length; i++) if (-con[i] > worst) worst = -con[i];
  return worst;
}
