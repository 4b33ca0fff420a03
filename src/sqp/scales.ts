import { violationOf } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

type ScaleGroups = Pick<SqpWorkspace, "shape" | "current" | "qp" | "regulator" | "scales">;

/**
 * Natural sizes of a problem at an iterate, which every tolerance is a share of, so that units decide nothing:
 *
 *     u_j  how large control j is over the horizon, or the regulator would make it
 *     x_i  how far state i moves from x_0, or the regulator would move it
 *     c_i  what constraint i changes by then, sum_j |C_ij| x_j + |D_ij| u_j; its violation where by nothing
 *
 * @param w linearized, with the regulator of its cost
 */
export function naturalSizes(w: ScaleGroups): void {
  const { shape, current, qp, regulator, scales } = w;
  const { N, nx, nu } = shape;
  const { u, x, dx, next } = scales;
  const { A, B } = qp;
  u.fill(0);
  x.fill(0);
  dx.fill(0);
  for (let k = 0; k < N; k++) {
    next.fill(0);
    for (let j = 0; j < nu; j++) {
      const at = k * nu + j;
      let du = regulator.feed[at];
      for (let i = 0; i < nx; i++) du += regulator.K[at * nx + i] * dx[i];
      du = Math.min(Math.max(du, qp.uLower[at]), qp.uUpper[at]);
      u[j] = Math.max(u[j], Math.abs(current.U[at]), Math.abs(du));
      for (let i = 0; i < nx; i++) next[i] += B[(k * nx + i) * nu + j] * du;
    }
    for (let i = 0; i < nx; i++) {
      for (let l = 0; l < nx; l++) next[i] += A[(k * nx + i) * nx + l] * dx[l];
      const moved = Math.abs(current.x[k + 1][i] - current.x[0][i]);
      x[i] = Math.max(x[i], moved, Math.abs(next[i]));
    }
    dx.set(next);
  }
  constraintSizes(w);
}

function constraintSizes({ shape, current, qp, scales }: ScaleGroups): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { u, x, c } = scales;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      c[at] = 0;
      for (let j = 0; j < nx; j++) c[at] += Math.abs(qp.C[row * nx + j]) * x[j];
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) c[at] += Math.abs(qp.D[d + j]) * u[j];
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) c[at] = x[boxIndex[j % nb]];
  }
  for (let at = 0; at < c.length; at++) {
    if (!(c[at] > 0)) c[at] = violationOf(shape, at, current.con[at]) || 1;
  }
}
