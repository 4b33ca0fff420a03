import type { Vec } from "../ocp/index.ts";
import type { QpShape } from "./qp.ts";

/** The soft rows of a QP that can be violated, `G dX + g0 + s >= 0`: sides of the state box, then rows. */
export type SoftRows = {
  /** Number of box sides; of soft rows, box sides included: the others are C's, stage by stage from 1 on. */
  nbox: number;
  ns: number;
  /** (nbox) entry of X, and 1 at a lower bound, -1 at an upper one. */
  readonly boxAt: Int32Array;
  readonly boxSign: Vec;
};

/** Products G dX of every soft row, into out (ns). */
export function softProducts(rows: SoftRows, shape: QpShape, C: Vec, dX: Vec, out: Vec): void {
  const { N, nx, nc } = shape;
  const { nbox, ns, boxAt, boxSign } = rows;
  for (let j = 0; j < nbox; j++) out[j] = boxSign[j] * dX[boxAt[j]];
  let j = nbox;
  for (let k = 1; k <= N && j < ns; k++) {
    const xo = k * nx;
    for (let co = xo * nc; co < (xo + nx) * nc; co += nx) {
      let sum = 0;
      for (let i = 0; i < nx; i++) sum += C[co + i] * dX[xo + i];
      out[j++] = sum;
    }
  }
}

/** Adds forces on the soft rows to a gradient: out (N + 1, nx) += sign G'force. */
export function addSoftForces(
  rows: SoftRows,
  shape: QpShape,
  C: Vec,
  force: Vec,
  sign: 1 | -1,
  out: Vec,
): void {
  const { N, nx, nc } = shape;
  const { nbox, ns, boxAt, boxSign } = rows;
  for (let j = 0; j < nbox; j++) out[boxAt[j]] += sign * boxSign[j] * force[j];
  let j = nbox;
  for (let k = 1; k <= N && j < ns; k++) {
    const xo = k * nx;
    for (let co = xo * nc; co < (xo + nx) * nc; co += nx) {
      const f = sign * force[j++];
      for (let i = 0; i < nx; i++) out[xo + i] += C[co + i] * f;
    }
  }
}

/** Adds weights on the soft rows to a Hessian: Qh (N + 1, nx, nx) += G'diag(weight)G, lower triangles. */
export function addSoftWeights(rows: SoftRows, shape: QpShape, C: Vec, weight: Vec, Qh: Vec): void {
  const { N, nx, nc } = shape;
  const { nbox, ns, boxAt } = rows;
  for (let j = 0; j < nbox; j++) {
    const i = boxAt[j];
    const k = (i / nx) | 0;
    Qh[i * nx + i - k * nx] += weight[j];
  }
  let j = nbox;
  for (let k = 1; k <= N && j < ns; k++) {
    const xo = k * nx;
    for (let co = xo * nc; co < (xo + nx) * nc; co += nx) {
      const w = weight[j++];
      if (w === 0) continue;
      for (let i = 0; i < nx; i++) {
        const f = w * C[co + i];
        if (f === 0) continue;
        for (let m = 0; m <= i; m++) Qh[(xo + i) * nx + m] += f * C[co + m];
      }
    }
  }
}
