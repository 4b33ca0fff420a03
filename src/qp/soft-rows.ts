import type { Vec } from "../ocp/index.ts";
import type { Qp } from "./qp.ts";

/**
 * The rows of a QP that can be violated, `g = G (dX, dU) + g0`: sides of the state box, then inequality rows,
 * then equalities, those whose violation costs anything.
 */
export type SoftRows = {
  /** Number of box sides; of these and the inequality rows; of all. */
  nbox: number;
  nq: number;
  ns: number;
  /** (nbox) entry of X, entry of the box arrays, and 1 at a lower bound, -1 at an upper one. */
  readonly boxAt: Int32Array;
  readonly boxFrom: Int32Array;
  readonly boxSign: Vec;
  /** (ns) row of the QP and its stage, from nbox on. */
  readonly row: Int32Array;
  readonly stage: Int32Array;
};

/** Products G (dX, dU) of every row, into out (ns). */
export function softProducts(rows: SoftRows, qp: Qp, dX: Vec, dU: Vec, out: Vec): void {
  const { C, D, shape } = qp;
  const { nx, nu, controlRow } = shape;
  const { nbox, ns, boxAt, boxSign, row, stage } = rows;
  for (let j = 0; j < nbox; j++) out[j] = boxSign[j] * dX[boxAt[j]];
  for (let j = nbox; j < ns; j++) {
    const co = row[j] * nx;
    const xo = stage[j] * nx;
    let sum = 0;
    for (let i = 0; i < nx; i++) sum += C[co + i] * dX[xo + i];
    const d = controlRow[row[j]];
    if (d >= 0) for (let i = 0; i < nu; i++) sum += D[d * nu + i] * dU[stage[j] * nu + i];
    out[j] = sum;
  }
}

/** Values g of every row at (X, U), into out (ns). */
export function softValues(rows: SoftRows, qp: Qp, X: Vec, U: Vec, out: Vec): void {
  const { nbox, ns, boxFrom, boxSign, row } = rows;
  softProducts(rows, qp, X, U, out);
  for (let j = 0; j < nbox; j++) out[j] -= boxSign[j] * (boxSign[j] > 0 ? qp.xLower : qp.xUpper)[boxFrom[j]];
  for (let j = nbox; j < ns; j++) out[j] += qp.c[row[j]];
}

/** Adds forces on the rows to a gradient: (gx, gu) += sign G'force. */
export function addSoftForces(rows: SoftRows, qp: Qp, force: Vec, sign: 1 | -1, gx: Vec, gu: Vec): void {
  const { C, D, shape } = qp;
  const { nx, nu, controlRow } = shape;
  const { nbox, ns, boxAt, boxSign, row, stage } = rows;
  for (let j = 0; j < nbox; j++) gx[boxAt[j]] += sign * boxSign[j] * force[j];
  for (let j = nbox; j < ns; j++) {
    const f = sign * force[j];
    if (f === 0) continue;
    const co = row[j] * nx;
    const xo = stage[j] * nx;
    for (let i = 0; i < nx; i++) gx[xo + i] += C[co + i] * f;
    const d = controlRow[row[j]];
    if (d >= 0) for (let i = 0; i < nu; i++) gu[stage[j] * nu + i] += D[d * nu + i] * f;
  }
}

/** Blocks of a Hessian, of which lower triangles of Q and R are enough; R and M only where rows have controls. */
export type RowHessian = { readonly Qh: Vec; readonly Rh: Vec; readonly Mh: Vec };

/** Adds weights on the rows to a Hessian: H += G'diag(weight)G, lower triangles. */
export function addSoftWeights(
  rows: SoftRows,
  { C, D, shape }: Qp,
  weight: Vec,
  { Qh, Rh, Mh }: RowHessian,
): void {
  const { nx, nu, controlRow } = shape;
  const { nbox, ns, boxAt, row, stage } = rows;
  for (let j = 0; j < nbox; j++) {
    const i = boxAt[j];
    const k = (i / nx) | 0;
    Qh[i * nx + i - k * nx] += weight[j];
  }
  for (let j = nbox; j < ns; j++) {
    const w = weight[j];
    if (w === 0) continue;
    const co = row[j] * nx;
    const xo = stage[j] * nx;
    for (let i = 0; i < nx; i++) {
      const f = w * C[co + i];
      if (f === 0) continue;
      for (let m = 0; m <= i; m++) Qh[(xo + i) * nx + m] += f * C[co + m];
    }
    if (controlRow[row[j]] < 0) continue;
    const d = controlRow[row[j]] * nu;
    const uo = stage[j] * nu;
    for (let i = 0; i < nu; i++) {
      const f = w * D[d + i];
      if (f === 0) continue;
      for (let m = 0; m <= i; m++) Rh[(uo + i) * nu + m] += f * D[d + m];
      for (let m = 0; m < nx; m++) Mh[(uo + i) * nx + m] += f * C[co + m];
    }
  }
}
