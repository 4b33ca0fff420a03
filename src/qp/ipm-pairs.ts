import type { Vec } from "../ocp/index.ts";
import type { Qp, QpMultipliers, QpShape } from "./qp.ts";
import { rowSize } from "./qp-residual.ts";
import { addSoftForces, type SoftRows } from "./soft-rows.ts";

/**
 * The complementarity pairs of a QP, as the interior point carries them.
 *
 * A hard pair is one finite control bound: distance `t = +-(u - bound) > 0`, multiplier `l > 0`, `t l = mu`.
 * A soft row `g + s >= 0, s >= 0` (one side of the state box, or a row) is two pairs, `t l = mu` with
 * `t = g + s` and `s n = mu`, tied by the penalty's slope `l + n = linear + quadratic s`. Without a linear
 * penalty s >= 0 holds by itself, and the second pair is left out (n = 0).
 *
 * Entries 0..nbox of the soft arrays are box sides, nbox..ns are rows k nc + j of the stages 1..N in order.
 */
export type IpmPairs = SoftRows & {
  /** Number of hard pairs, of pairs in all. */
  nh: number;
  count: number;
  /** Number of controls whose bounds coincide, and (nf) which entries of U they are. */
  nf: number;
  readonly fixed: Int32Array;
  /** (nh) entry of U, and 1 at a lower bound, -1 at an upper one. */
  readonly hardIndex: Int32Array;
  readonly hardSign: Vec;
  /** (nh) multiplier. */
  readonly hl: Vec;
  /** (ns) penalty of each soft row. */
  readonly linear: Vec;
  readonly quadratic: Vec;
  /** (ns) largest coefficient of each soft row. */
  readonly size: Vec;
  /** (ns) multiplier l of each soft row. */
  readonly sl: Vec;
};

/** Allocates pairs for the most bounds a QP of the shape can have. */
export function createIpmPairs(shape: QpShape): IpmPairs {
  const { N, nu, nc, nb } = shape;
  const hard = (): Vec => new Float64Array(2 * N * nu);
  const soft = (): Vec => new Float64Array(2 * N * nb + N * nc);
  return {
    nh: 0,
    nbox: 0,
    ns: 0,
    count: 0,
    nf: 0,
    fixed: new Int32Array(N * nu),
    hardIndex: new Int32Array(2 * N * nu),
    hardSign: hard(),
    hl: hard(),
    boxAt: new Int32Array(2 * N * nb),
    boxSign: new Float64Array(2 * N * nb),
    linear: soft(),
    quadratic: soft(),
    size: soft(),
    sl: soft(),
  };
}

/** Bounds nearer than this (relative to 1 + |bound|) fix a control: no pair could keep apart from them. */
const FIXED_WIDTH = 1e-11;

/** Lists the finite bounds of a QP, its fixed controls, and the rows whose violation costs anything. */
export function selectPairs(pairs: IpmPairs, qp: Qp): void {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.penalty;
  let nh = 0;
  let nf = 0;
  for (let i = 0; i < N * nu; i++) {
    const lower = qp.uLower[i];
    const upper = qp.uUpper[i];
    if (upper - lower < Infinity && upper - lower <= FIXED_WIDTH * (1 + Math.abs(lower))) {
      pairs.fixed[nf++] = i;
      continue;
    }
    if (lower !== -Infinity) {
      pairs.hardIndex[nh] = i;
      pairs.hardSign[nh++] = 1;
    }
    if (upper !== Infinity) {
      pairs.hardIndex[nh] = i;
      pairs.hardSign[nh++] = -1;
    }
  }
  let ns = 0;
  if (boxLinear > 0 || boxQuadratic > 0) {
    for (let k = 1; k <= N; k++) {
      for (let j = 0; j < nb; j++) {
        if (qp.xLower[k * nb + j] !== -Infinity) {
          pairs.boxAt[ns] = k * nx + boxIndex[j];
          pairs.boxSign[ns++] = 1;
        }
        if (qp.xUpper[k * nb + j] !== Infinity) {
          pairs.boxAt[ns] = k * nx + boxIndex[j];
          pairs.boxSign[ns++] = -1;
        }
      }
    }
  }
  pairs.nh = nh;
  pairs.nf = nf;
  pairs.nbox = ns;
  pairs.ns = rowLinear > 0 || rowQuadratic > 0 ? ns + N * nc : ns;
  pairs.count = nh + (boxLinear > 0 ? 2 : 1) * ns + (rowLinear > 0 ? 2 : 1) * (pairs.ns - ns);
  pairs.size.fill(1, 0, ns);
  for (let j = ns; j < pairs.ns; j++) pairs.size[j] = rowSize(qp, j - ns + nc);
  pairs.linear.fill(boxLinear, 0, ns);
  pairs.quadratic.fill(boxQuadratic, 0, ns);
  pairs.linear.fill(rowLinear, ns, pairs.ns);
  pairs.quadratic.fill(rowQuadratic, ns, pairs.ns);
}

/** Distances t of the hard pairs at U, every `stride` numbers of out. */
export function hardDistances(pairs: IpmPairs, qp: Qp, U: Vec, out: Vec, stride = 1): void {
  const { nh, hardIndex, hardSign } = pairs;
  for (let j = 0; j < nh; j++) {
    const i = hardIndex[j];
    out[j * stride] = hardSign[j] > 0 ? U[i] - qp.uLower[i] : qp.uUpper[i] - U[i];
  }
}

/** Values g of the soft rows at X. */
export function softValues(pairs: IpmPairs, qp: Qp, X: Vec, out: Vec): void {
  const { N, nx, nc, nb, boxIndex } = qp.shape;
  const { nbox, ns } = pairs;
  let j = 0;
  for (let k = 1; k <= N && nbox > 0; k++) {
    for (let b = 0; b < nb; b++) {
      const x = X[k * nx + boxIndex[b]];
      if (qp.xLower[k * nb + b] !== -Infinity) out[j++] = x - qp.xLower[k * nb + b];
      if (qp.xUpper[k * nb + b] !== Infinity) out[j++] = qp.xUpper[k * nb + b] - x;
    }
  }
  for (let k = 1; k <= N && j < ns; k++) {
    for (let row = k * nc; row < (k + 1) * nc; row++) {
      let g = qp.c[row];
      for (let i = 0; i < nx; i++) g += qp.C[row * nx + i] * X[k * nx + i];
      out[j++] = g;
    }
  }
}

/** Subtracts the multipliers' forces from the cost gradients (gx, gu). */
export function addPairForces(pairs: IpmPairs, qp: Qp, hl: Vec, sl: Vec, gx: Vec, gu: Vec): void {
  const { nh, hardIndex, hardSign } = pairs;
  for (let j = 0; j < nh; j++) gu[hardIndex[j]] -= hardSign[j] * hl[j];
  addSoftForces(pairs, qp.shape, qp.C, sl, -1, gx);
}

/** Writes the multipliers in the layout of a solution; those of fixed controls stay zero. */
export function writeMultipliers(pairs: IpmPairs, qp: Qp, out: QpMultipliers): void {
  const { nh, nbox, ns, hardIndex, hardSign, hl, sl } = pairs;
  const { N, nc, nb } = qp.shape;
  out.uLower.fill(0);
  out.uUpper.fill(0);
  out.xLower.fill(0);
  out.xUpper.fill(0);
  out.rows.fill(0);
  for (let j = 0; j < nh; j++) (hardSign[j] > 0 ? out.uLower : out.uUpper)[hardIndex[j]] = hl[j];
  let j = 0;
  for (let at = nb; at < (N + 1) * nb && nbox > 0; at++) {
    if (qp.xLower[at] !== -Infinity) out.xLower[at] = sl[j++];
    if (qp.xUpper[at] !== Infinity) out.xUpper[at] = sl[j++];
  }
  for (let row = nc; j < ns; row++) out.rows[row] = sl[j++];
}

/** Reads multipliers in the layout of a solution into that of the pairs. */
export function readMultipliers(
  pairs: IpmPairs,
  qp: Qp,
  from: QpMultipliers,
  outHard: Vec,
  outSoft: Vec,
): void {
  const { nh, nbox, ns, hardIndex, hardSign } = pairs;
  const { N, nc, nb } = qp.shape;
  for (let j = 0; j < nh; j++) outHard[j] = (hardSign[j] > 0 ? from.uLower : from.uUpper)[hardIndex[j]];
  let j = 0;
  for (let at = nb; at < (N + 1) * nb && nbox > 0; at++) {
    if (qp.xLower[at] !== -Infinity) outSoft[j++] = from.xLower[at];
    if (qp.xUpper[at] !== Infinity) outSoft[j++] = from.xUpper[at];
  }
  for (let row = nc; j < ns; row++) outSoft[j++] = from.rows[row];
}
