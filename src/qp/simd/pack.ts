import type { Vec } from "../../ocp/index.ts";
import type { Qp } from "../qp.ts";
import { hasLegalBounds } from "../qp-residual.ts";
import type { SimdRoutes } from "./routes.ts";
import { recordAt, type SimdState } from "./state.ts";

/** Which kernels wrote to a memory last: what does not change from one QP to the next may be there still. */
const owners = new WeakMap<ArrayBufferLike, SimdState>();

/** Copies a QP's data, all but its bounds and penalties, to its kernels' memory; false where a number is not finite. */
export function packQp(s: SimdState, qp: Qp): boolean {
  const { all, integers, layout } = s;
  const { N } = layout;
  if (owners.get(all.buffer) !== s) {
    all.fill(0, 0, layout.bytes / 8);
    owners.set(all.buffer, s);
    for (let k = 0; k <= N; k++)
      integers[layout.table / 4 + k] = 16 * (layout.rowVector + layout.pairStart[k + 1]);
  }
  clearPoint(s);
  // Of stage 0 only what concerns u, of stage N only what concerns x.
  const sum =
    send(s, qp, "A", 0, N) +
    send(s, qp, "B", 0, N) +
    send(s, qp, "R", 0, N) +
    (send(s, qp, "M", 0, N) + send(s, qp, "r", 0, N) + send(s, qp, "Q", 1, N + 1)) +
    (send(s, qp, "q", 1, N + 1) + packRows(s, qp));
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

/**
 * Copies an array's blocks of the stages from `first` up to `end` to their records, entry by entry, each for all stages.
 *
 * @returns 0 where all of the array is finite
 */
function send(s: SimdState, qp: Qp, name: keyof SimdRoutes, first: number, end: number): number {
  const { all, layout, routes } = s;
  const { size, from, to, rest } = routes[name];
  const source = qp[name];
  const stride = layout.stride / 8;
  let finite = 0;
  for (let i = 0; i < first * size; i++) finite += source[i] * 0;
  for (let e = 0; e < from.length; e++) {
    let at = first * size + from[e];
    let place = layout.stages / 8 + first * stride + to[e];
    for (let k = first; k < end; k++, at += size, place += stride) {
      const value = source[at];
      all[place] = value;
      finite += value * 0;
    }
  }
  for (let e = 0; e < rest.length; e++)
    for (let at = first * size + rest[e]; at < end * size; at += size) finite += source[at] * 0;
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
