import { copyBlock } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Qp } from "./qp.ts";

/** What an offset of the initial state changes of a QP. */
export type QpOrigin = Pick<Qp, "q" | "r" | "c" | "xLower" | "xUpper">;

/** A copy of what {@link offsetQp} changes. */
export function qpOrigin({ q, r, c, xLower, xUpper }: Qp): QpOrigin {
  return { q: q.slice(), r: r.slice(), c: c.slice(), xLower: xLower.slice(), xUpper: xUpper.slice() };
}

/**
 * Rewrites a QP, whose dx_0 is 0, as if it were e_0: steps are counted from what the offset alone would do,
 *
 *     e_{k+1} = A e_k,   q += Q e,  r += M e,  c += C e,  bounds of the state -= e,
 *
 * so that the step of the offset problem is the solution's dX plus e, and its dU. It costs a multiplication per entry.
 *
 * @param origin the QP's own data
 * @param e0 (nx)
 * @param E (N + 1, nx) written: e
 */
export function offsetQp(qp: Qp, origin: QpOrigin, e0: Vec, E: Vec): void {
  const { N, nx, nu, nb, boxIndex, rowStart } = qp.shape;
  const inner = (M: Vec, row: number, k: number): number => {
    let sum = 0;
    for (let j = 0; j < nx; j++) sum += M[row * nx + j] * E[k * nx + j];
    return sum;
  };
  E.set(e0);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nx; i++) E[(k + 1) * nx + i] = inner(qp.A, k * nx + i, k);
    for (let i = 0; i < nu; i++) qp.r[k * nu + i] = origin.r[k * nu + i] + inner(qp.M, k * nu + i, k);
  }
  copyBlock(origin.q, 0, qp.q);
  for (let i = nx; i < (N + 1) * nx; i++) qp.q[i] += inner(qp.Q, i, Math.floor(i / nx));
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) qp.c[row] = origin.c[row] + inner(qp.C, row, k);
    for (let j = 0; j < nb; j++) {
      const [at, e] = [k * nb + j, E[k * nx + boxIndex[j]]];
      qp.xLower[at] = origin.xLower[at] - e;
      qp.xUpper[at] = origin.xUpper[at] - e;
    }
  }
}
