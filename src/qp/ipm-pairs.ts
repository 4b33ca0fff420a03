import type { Vec } from "../ocp/index.ts";
import type { Qp, QpMultipliers, QpShape } from "./qp.ts";
import { isIdleRow, rowSize } from "./qp-residual.ts";
import { addSoftForces, type SoftRows } from "./soft-rows.ts";

/**
 * The complementarity pairs of a QP, as the interior point carries them.
 *
 * A hard pair is one finite control bound: distance `t = +-(u - bound) > 0`, multiplier `l > 0`, `t l = mu`.
 * An inequality `g + s >= 0, s >= 0` (one side of the state box, or a row) is two pairs, `t l = mu` with
 * `t = g + s` and `s n = mu`, tied by the penalty's slope `l + n = linear + quadratic s`. Without a linear
 * penalty s >= 0 holds by itself, and the second pair is left out (n = 0); so it is where the row is hard
 * (s = 0). An equality `g + s1 - s2 = 0` has a multiplier y of either sign and the pairs of its two slacks,
 * `n1 = linear + quadratic s1 - y`, `n2 = linear + quadratic s2 + y`; none where it is hard.
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
  /** (ns) multiplier l of each inequality, y of each equality. */
  readonly sl: Vec;
};

/** Allocates pairs for the most bounds a QP of the shape can have. */
export function createIpmPairs(shape: QpShape): IpmPairs {
  const { N, nu, nr, nb } = shape;
  const boxes = 2 * N * nb;
  const hard = (): Vec => new Float64Array(2 * N * nu);
  const soft = (): Vec => new Float64Array(boxes + nr);
  return {
    nh: 0,
    nbox: 0,
    nq: 0,
    ns: 0,
    count: 0,
    nf: 0,
    fixed: new Int32Array(N * nu),
    hardIndex: new Int32Array(2 * N * nu),
    hardSign: hard(),
    hl: hard(),
    boxAt: new Int32Array(boxes),
    boxFrom: new Int32Array(boxes),
    boxSign: new Float64Array(boxes),
    row: new Int32Array(boxes + nr),
    atC: new Int32Array(boxes + nr),
    atD: new Int32Array(boxes + nr),
    atX: new Int32Array(boxes + nr),
    atU: new Int32Array(boxes + nr),
    linear: soft(),
    quadratic: soft(),
    size: soft(),
    sl: soft(),
  };
}

/** Bounds nearer than this (relative to 1 + |bound|) fix a control: no pair could keep apart from them. */
const FIXED_WIDTH = 1e-11;

/** Whether bounds fix a control. */
export function isFixed(lower: number, upper: number): boolean {
  return upper - lower < Infinity && upper - lower <= FIXED_WIDTH * (1 + Math.abs(lower));
}

/** Lists the finite bounds of a QP, its fixed controls, and the rows whose violation costs anything. */
export function selectPairs(pairs: IpmPairs, qp: Qp): void {
  const { N, nu } = qp.shape;
  let nh = 0;
  let nf = 0;
  for (let i = 0; i < N * nu; i++) {
    const lower = qp.uLower[i];
    const upper = qp.uUpper[i];
    if (isFixed(lower, upper)) {
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
  pairs.nh = nh;
  pairs.nf = nf;
  pairs.count = nh;
  pairs.ns = 0;
  selectBox(pairs, qp);
  pairs.nbox = pairs.ns;
  selectRows(pairs, qp, 0);
  pairs.nq = pairs.ns;
  selectRows(pairs, qp, 1);
}

function selectBox(pairs: IpmPairs, qp: Qp): void {
  const { N, nx, nb, boxIndex } = qp.shape;
  const { boxLinear, boxQuadratic } = qp.weights;
  for (let k = 1; k <= N; k++) {
    for (let j = 0; j < nb; j++) {
      const from = k * nb + j;
      for (let sign = 1; sign >= -1; sign -= 2) {
        const bound = sign > 0 ? qp.xLower[from] : qp.xUpper[from];
        if (bound === -sign * Infinity || !addRow(pairs, boxLinear[from], boxQuadratic[from], 1, 1)) continue;
        pairs.boxAt[pairs.ns - 1] = k * nx + boxIndex[j];
        pairs.boxFrom[pairs.ns - 1] = from;
        pairs.boxSign[pairs.ns - 1] = sign;
      }
    }
  }
}

function selectRows(pairs: IpmPairs, qp: Qp, equality: 0 | 1): void {
  const { shape } = qp;
  const { rowLinear, rowQuadratic } = qp.weights;
  for (let k = 0; k <= shape.N; k++) {
    for (let row = shape.rowStart[k]; row < shape.rowStart[k + 1]; row++) {
      if (shape.equality[row] !== equality) continue;
      const single = equality === 1 ? 0 : 1;
      const size = rowSize(qp, row);
      if (isIdleRow(qp, row, size) || !addRow(pairs, rowLinear[row], rowQuadratic[row], size, single))
        continue;
      const j = pairs.ns - 1;
      pairs.row[j] = row;
      pairs.atC[j] = row * shape.nx;
      pairs.atD[j] = Math.max(-1, shape.controlRow[row] * shape.nu);
      pairs.atX[j] = k * shape.nx;
      pairs.atU[j] = k * shape.nu;
    }
  }
}

/** Whether a row has the pair, or both pairs, of a slack that a linear penalty ties. */
export function isTied(linear: number): boolean {
  return linear > 0 && linear < Infinity;
}

/** Appends a row where its violation costs anything; counts its pairs, `single` where no slack is tied. */
function addRow(pairs: IpmPairs, linear: number, quadratic: number, size: number, single: 0 | 1): boolean {
  if (linear === 0 && quadratic === 0) return false;
  pairs.linear[pairs.ns] = linear;
  pairs.quadratic[pairs.ns] = linear < Infinity ? quadratic : 0;
  pairs.size[pairs.ns] = size;
  pairs.ns++;
  pairs.count += isTied(linear) ? 2 : single;
  return true;
}

/** What violated rows cost at values g (ns). @param scale of the gradients */
export function violationCost(pairs: IpmPairs, g: Vec, scale: number): number {
  const { nq, ns, linear, quadratic, size } = pairs;
  let cost = 0;
  for (let j = 0; j < ns; j++) {
    const slack = j < nq ? Math.max(0, -g[j]) : Math.abs(g[j]);
    if (slack > 0) cost += slack * (slackPrice(linear[j], size[j], scale) + 0.5 * quadratic[j] * slack);
  }
  return cost;
}

/** A hard row has no price: a multiplier of the gradients' size stands for it. */
export function slackPrice(linear: number, size: number, scale: number): number {
  return linear < Infinity ? linear : scale / size;
}

/** Distances t of the hard pairs at U, every `stride` numbers of out. */
export function hardDistances(pairs: IpmPairs, qp: Qp, U: Vec, out: Vec, stride = 1): void {
  const { nh, hardIndex, hardSign } = pairs;
  for (let j = 0; j < nh; j++) {
    const i = hardIndex[j];
    out[j * stride] = hardSign[j] > 0 ? U[i] - qp.uLower[i] : qp.uUpper[i] - U[i];
  }
}

/** Subtracts the multipliers' forces from the cost gradients (gx, gu). */
export function addPairForces(pairs: IpmPairs, qp: Qp, hl: Vec, sl: Vec, gx: Vec, gu: Vec): void {
  const { nh, hardIndex, hardSign } = pairs;
  for (let j = 0; j < nh; j++) gu[hardIndex[j]] -= hardSign[j] * hl[j];
  addSoftForces(pairs, qp, sl, -1, gx, gu);
}

/** Writes the multipliers in the layout of a solution; those of fixed controls stay zero. */
export function writeMultipliers(pairs: IpmPairs, out: QpMultipliers): void {
  const { nh, nbox, ns, hardIndex, hardSign, hl, sl, boxFrom, boxSign, row } = pairs;
  out.uLower.fill(0);
  out.uUpper.fill(0);
  out.xLower.fill(0);
  out.xUpper.fill(0);
  out.rows.fill(0);
  for (let j = 0; j < nh; j++) (hardSign[j] > 0 ? out.uLower : out.uUpper)[hardIndex[j]] = hl[j];
  for (let j = 0; j < nbox; j++) (boxSign[j] > 0 ? out.xLower : out.xUpper)[boxFrom[j]] = sl[j];
  for (let j = nbox; j < ns; j++) out.rows[row[j]] = sl[j];
}

/** Reads multipliers in the layout of a solution into that of the pairs. */
export function readMultipliers(pairs: IpmPairs, from: QpMultipliers, outHard: Vec, outSoft: Vec): void {
  const { nh, nbox, ns, hardIndex, hardSign, boxFrom, boxSign, row } = pairs;
  for (let j = 0; j < nh; j++) outHard[j] = (hardSign[j] > 0 ? from.uLower : from.uUpper)[hardIndex[j]];
  for (let j = 0; j < nbox; j++) outSoft[j] = (boxSign[j] > 0 ? from.xLower : from.xUpper)[boxFrom[j]];
  for (let j = nbox; j < ns; j++) outSoft[j] = from.rows[row[j]];
}
