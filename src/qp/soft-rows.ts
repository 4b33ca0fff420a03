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
  /** (ns) from nbox on: the row of the QP, and where its parts of C, of D (-1: none), of x_k and of u_k begin. */
  readonly row: Int32Array;
  readonly atC: Int32Array;
  readonly atD: Int32Array;
  readonly atX: Int32Array;
  readonly atU: Int32Array;
};

/** Products G (dX, dU) of every row, into out (ns). */
export function softProducts(rows: SoftRows, qp: Qp, dX: Vec, dU: Vec, out: Vec): void {
  const { C, D, shape } = qp;
  const { nx, nu } = shape;
  const { nbox, ns, boxAt, boxSign, atC, atD, atX, atU } = rows;
  for (let j = 0; j < nbox; j++) out[j] = boxSign[j] * dX[boxAt[j]];
  for (let j = nbox; j < ns; j++) {
    const co = atC[j];
    const xo = atX[j];
    let sum = 0;
    for (let i = 0; i < nx; i++) sum += C[co + i] * dX[xo + i];
    const d = atD[j];
    if (d >= 0) for (let i = 0; i < nu; i++) sum += D[d + i] * dU[atU[j] + i];
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
  const { nx, nu } = shape;
  const { nbox, ns, boxAt, boxSign, atC, atD, atX, atU } = rows;
  for (let j = 0; j < nbox; j++) gx[boxAt[j]] += sign * boxSign[j] * force[j];
  for (let j = nbox; j < ns; j++) {
    const f = sign * force[j];
    if (f === 0) continue;
    const co = atC[j];
    const xo = atX[j];
    for (let i = 0; i < nx; i++) gx[xo + i] += C[co + i] * f;
    const d = atD[j];
    if (d >= 0) for (let i = 0; i < nu; i++) gu[atU[j] + i] += D[d + i] * f;
  }
}

/** Blocks of a Hessian, of which lower triangles of Q and R are enough; R and M only where rows have controls. */
export type RowHessian = { readonly Qh: Vec; readonly Rh: Vec; readonly Mh: Vec };

/** Adds weights on the rows to a Hessian: H += G'diag(weight)G, lower triangles. */
export function addSoftWeights(rows: SoftRows, qp: Qp, weight: Vec, H: RowHessian): void {
  const { nbox, ns, boxAt } = rows;
  const { nx } = qp.shape;
  for (let j = 0; j < nbox; j++) {
    const i = boxAt[j];
    H.Qh[i * nx + (i % nx)] += weight[j];
  }
  for (let j = nbox; j < ns; j++) if (weight[j] !== 0) addRowWeight(rows, qp, j, weight[j], H);
}

/**
 * {@link addSoftWeights} and two {@link addSoftForces} in one pass over the rows: their `weight` to the Hessian,
 * minus G'force to (qh, rh), minus G'l to (gx, gu).
 */
export function assembleRows(
  rows: SoftRows,
  qp: Qp,
  weight: Vec,
  force: Vec,
  l: Vec,
  H: RowHessian,
  [gx, gu, qh, rh]: readonly [Vec, Vec, Vec, Vec],
): void {
  const { nbox, ns, boxAt, boxSign, atC, atD, atX, atU } = rows;
  const { C, D, shape } = qp;
  const { nx, nu } = shape;
  const { Qh } = H;
  for (let j = 0; j < nbox; j++) {
    const i = boxAt[j];
    Qh[i * nx + (i % nx)] += weight[j];
    gx[i] -= boxSign[j] * l[j];
    qh[i] -= boxSign[j] * force[j];
  }
  for (let j = nbox; j < ns; j++) {
    const w = weight[j];
    const f = force[j];
    const y = l[j];
    const co = atC[j];
    const xo = atX[j];
    for (let i = 0; i < nx; i++) {
      const c = C[co + i];
      if (c === 0) continue;
      gx[xo + i] -= c * y;
      qh[xo + i] -= c * f;
      const wc = w * c;
      const at = (xo + i) * nx;
      for (let m = 0; m <= i; m++) Qh[at + m] += wc * C[co + m];
    }
    if (atD[j] < 0) continue;
    addControlWeight(rows, qp, j, w, H);
    for (let i = 0; i < nu; i++) {
      gu[atU[j] + i] -= D[atD[j] + i] * y;
      rh[atU[j] + i] -= D[atD[j] + i] * f;
    }
  }
}

function addRowWeight(rows: SoftRows, qp: Qp, j: number, w: number, H: RowHessian): void {
  const { nx } = qp.shape;
  const { C } = qp;
  const co = rows.atC[j];
  const xo = rows.atX[j];
  for (let i = 0; i < nx; i++) {
    const f = w * C[co + i];
    if (f === 0) continue;
    const at = (xo + i) * nx;
    for (let m = 0; m <= i; m++) H.Qh[at + m] += f * C[co + m];
  }
  if (rows.atD[j] >= 0) addControlWeight(rows, qp, j, w, H);
}

function addControlWeight(
  { atC, atD, atU }: SoftRows,
  { C, D, shape }: Qp,
  j: number,
  w: number,
  { Rh, Mh }: RowHessian,
): void {
  const { nx, nu } = shape;
  const [c, d, uo] = [atC[j], atD[j], atU[j]];
  for (let i = 0; i < nu; i++) {
    const f = w * D[d + i];
    if (f === 0) continue;
    for (let m = 0; m <= i; m++) Rh[(uo + i) * nu + m] += f * D[d + m];
    for (let m = 0; m < nx; m++) Mh[(uo + i) * nx + m] += f * C[c + m];
  }
}
