import type { Vec } from "../../ocp/index.ts";
import type { Qp } from "../qp.ts";
import { hasLegalBounds } from "../qp-residual.ts";
import { recordAt, type SimdState } from "./state.ts";

/** Which kernels wrote to a memory last: what does not change from one QP to the next may be there still. */
const owners = new WeakMap<ArrayBufferLike, SimdState>();

/** Copies a QP's data, all but its bounds and penalties, to its kernels' memory; false where a number is not finite. */
export function packQp(s: SimdState, qp: Qp): boolean {
  const { all, integers, layout } = s;
  if (owners.get(all.buffer) !== s) {
    all.fill(0, 0, layout.bytes / 8);
    owners.set(all.buffer, s);
    for (let k = 0; k <= s.shape.N; k++)
      integers[layout.table / 4 + k] = 16 * (layout.rowVector + layout.pairStart[k + 1]);
  }
  clearPoint(s);
  const sum = packDynamics(s, qp) + packCost(s, qp) + packRows(s, qp);
  return sum === 0 && hasLegalBounds(qp);
}

/** Zeros for the point and its step: where no number of theirs is, one that is not finite would stay. */
function clearPoint({ all, layout }: SimdState): void {
  const { stages, stride, record, ld, N } = layout;
  const apart = (record.dw - record.w) / 8;
  for (let k = 0, at = (stages + record.w) / 8; k <= N; k++, at += stride / 8) {
    for (let i = at; i < at + ld; i++) {
      all[i] = 0;
      all[i + apart] = 0;
    }
  }
}

/** F = [B A], less the known ones of A's diagonal, by rows and by columns. @returns 0 where all of it is finite */
function packDynamics(s: SimdState, qp: Qp): number {
  const { all, layout } = s;
  const { N, nx, nu } = s.shape;
  const { Lu, Lx, ld, unit, stride } = layout;
  const [F0, Ft0] = [recordAt(s, "F"), recordAt(s, "Ft")];
  let finite = 0;
  for (let k = 0; k < N; k++) {
    const F = F0 + (k * stride) / 8;
    const Ft = Ft0 + (k * stride) / 8;
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < nu; j++) {
        const b = qp.B[(k * nx + i) * nu + j];
        all[F + i * ld + j] = b;
        all[Ft + j * 2 * Lx + i] = b;
        finite += b * 0;
      }
      for (let j = 0; j < nx; j++) {
        const known = unit && i === j;
        const a = qp.A[(k * nx + i) * nx + j];
        finite += a * 0;
        if (known) continue;
        all[F + i * ld + 2 * Lu + j] = a;
        all[Ft + (nu + j) * 2 * Lx + i] = a;
      }
    }
  }
  return finite;
}

/** H = [R M; M' Q] and h = [r | q]; of stage 0 only what concerns u, of stage N only x. @returns 0 where all of it is finite */
function packCost(s: SimdState, qp: Qp): number {
  const { all, layout } = s;
  const { N, nx, nu } = s.shape;
  const { Lu, ld, stride } = layout;
  const { Q, R, M, q, r } = qp;
  const [H0, h0] = [recordAt(s, "H"), recordAt(s, "h")];
  let finite = 0;
  for (let k = 0; k <= N; k++) {
    const H = H0 + (k * stride) / 8;
    const h = h0 + (k * stride) / 8;
    for (let i = 0; i < nu && k < N; i++) {
      all[h + i] = r[k * nu + i];
      finite += r[k * nu + i] * 0;
      for (let j = 0; j < nu; j++) {
        const value = R[(k * nu + i) * nu + j];
        all[H + i * ld + j] = value;
        finite += value * 0;
      }
      for (let j = 0; j < nx; j++) {
        const m = M[(k * nu + i) * nx + j];
        all[H + i * ld + 2 * Lu + j] = m;
        all[H + (nu + j) * ld + i] = m;
        finite += m * 0;
      }
    }
    for (let i = 0; i < nx; i++) {
      finite += q[k * nx + i] * 0;
      if (k > 0) all[h + 2 * Lu + i] = q[k * nx + i];
      for (let j = 0; j < nx; j++) {
        const value = Q[(k * nx + i) * nx + j];
        finite += value * 0;
        if (k > 0) all[H + (nu + i) * ld + 2 * Lu + j] = value;
      }
    }
  }
  return finite;
}

/** The coefficients of the rows, two rows lane by lane. @returns 0 where all of it and their values are finite */
function packRows(s: SimdState, { C, D, c }: Qp): number {
  const { all, layout, rowAt } = s;
  const { nx, nu, nr, nd, controlRow } = s.shape;
  const n = layout.rowColumns.length;
  const first = nd > 0 ? nu : 0;
  const G0 = layout.G / 8;
  let finite = 0;
  for (let row = 0; row < nr; row++) {
    const slot = rowAt[row] - 2 * layout.rowVector;
    const at = G0 + (slot >> 1) * 2 * n + (slot & 1);
    if (nd > 0) {
      const d = controlRow[row];
      for (let i = 0; i < nu; i++) {
        const value = d < 0 ? 0 : D[d * nu + i];
        all[at + 2 * i] = value;
        finite += value * 0;
      }
    }
    finite += c[row] * 0;
    for (let i = 0; i < nx; i++) {
      const value = C[row * nx + i];
      all[at + 2 * (first + i)] = value;
      finite += value * 0;
    }
  }
  return finite;
}

/** Copies the point to X (N + 1, nx) and U (N, nu). */
export function readPoint(s: SimdState, name: "w" | "dw", X: Vec, U: Vec): void {
  const { all, layout } = s;
  const { N, nx, nu } = s.shape;
  let at = recordAt(s, name);
  for (let k = 0; k <= N; k++, at += layout.stride / 8) {
    if (k < N) for (let i = 0; i < nu; i++) U[k * nu + i] = all[at + i];
    for (let i = 0; i < nx; i++) X[k * nx + i] = all[at + 2 * layout.Lu + i];
  }
}

/** Copies controls U (N, nu) to the point. */
export function writeControls(s: SimdState, U: Vec): void {
  const { all, layout } = s;
  const { N, nu } = s.shape;
  let at = recordAt(s, "w");
  for (let k = 0; k < N; k++, at += layout.stride / 8)
    for (let i = 0; i < nu; i++) all[at + i] = U[k * nu + i];
}
