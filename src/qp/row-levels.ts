import {
  createQp,
  createQpShape,
  type Qp,
  type QpRow,
  type QpShape,
  type QpSolution,
  type QpSolver,
} from "./qp.ts";

/** A QP with the data of a larger one, but at each stage its equalities and some of its inequalities only. */
export type RowLevel = {
  /** Inequalities that a stage has room for. */
  readonly room: number;
  readonly qp: { -readonly [Name in keyof Qp]: Qp[Name] };
  /** (its nr) which row of the larger QP each row is, -1 for none. */
  readonly of: Int32Array;
  readonly solver: QpSolver;
  /** The solver's, once it has solved something. */
  solution: QpSolution | undefined;
};

/** Allocates a level with room for so many inequalities at a stage. */
export function createRowLevel(whole: QpShape, room: number, create: (shape: QpShape) => QpSolver): RowLevel {
  const { N, rowStart, equality, controlRow } = whole;
  const rows: QpRow[] = [];
  for (let k = 0; k <= N; k++) {
    let inequalities = 0;
    let controls = false;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      if (equality[row] === 1) rows.push({ k, equality: true, controls: controlRow[row] >= 0 });
      else {
        inequalities++;
        controls ||= controlRow[row] >= 0;
      }
    }
    for (let i = 0; i < Math.min(room, inequalities); i++) rows.push({ k, controls });
  }
  const shape = createQpShape({ ...whole, rows });
  const qp = createQp(shape);
  return { room, qp, of: new Int32Array(rows.length), solver: create(shape), solution: undefined };
}

/** Writes a QP's data and those of its rows that are `taken`: no more inequalities at a stage than there is room. */
export function packLevel({ qp: to, of }: RowLevel, qp: Qp, taken: Uint8Array): void {
  const { N, rowStart, equality } = qp.shape;
  const { A, B, Q, R, M, q, r, uLower, uUpper, xLower, xUpper, scale } = qp;
  const { rowLinear, rowQuadratic } = to.weights;
  const weights = {
    rowLinear,
    rowQuadratic,
    boxLinear: qp.weights.boxLinear,
    boxQuadratic: qp.weights.boxQuadratic,
  };
  Object.assign(to, { A, B, Q, R, M, q, r, uLower, uUpper, xLower, xUpper, scale, weights });
  for (let k = 0, slot = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) if (equality[row] === 1) of[slot++] = row;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      if (equality[row] === 0 && taken[row] === 1) of[slot++] = row;
    }
    while (slot < to.shape.rowStart[k + 1]) of[slot++] = -1;
  }
  for (let slot = 0; slot < of.length; slot++) copyRow(qp, of[slot], to, slot);
}

/** Copies a row, or writes one that says nothing. */
function copyRow(qp: Qp, row: number, to: Qp, slot: number): void {
  const { nx, nu } = qp.shape;
  const none = row < 0;
  to.c[slot] = none ? 0 : qp.c[row];
  to.weights.rowLinear[slot] = none ? 0 : qp.weights.rowLinear[row];
  to.weights.rowQuadratic[slot] = none ? 0 : qp.weights.rowQuadratic[row];
  for (let i = 0; i < nx; i++) to.C[slot * nx + i] = none ? 0 : qp.C[row * nx + i];
  const d = to.shape.controlRow[slot];
  if (d < 0) return;
  const from = none ? -1 : qp.shape.controlRow[row];
  for (let i = 0; i < nu; i++) to.D[d * nu + i] = from < 0 ? 0 : qp.D[from * nu + i];
}

const BOUNDS = ["uLower", "uUpper", "xLower", "xUpper"] as const;

/** Copies a solution of the level to one of the whole QP, in which rows that were left out have no force. */
export function readLevel(of: Int32Array, from: QpSolution, to: QpSolution): void {
  copyPoint(from, to);
  to.status = from.status;
  to.residual = from.residual;
  to.multipliers.rows.fill(0);
  for (let slot = 0; slot < of.length; slot++)
    if (of[slot] >= 0) to.multipliers.rows[of[slot]] = from.multipliers.rows[slot];
}

/** Copies a solution of the whole QP to one of the level. */
export function writeLevel(of: Int32Array, from: QpSolution, to: QpSolution): void {
  copyPoint(from, to);
  for (let slot = 0; slot < of.length; slot++)
    to.multipliers.rows[slot] = of[slot] < 0 ? 0 : from.multipliers.rows[of[slot]];
}

function copyPoint(from: QpSolution, to: QpSolution): void {
  to.dX.set(from.dX);
  to.dU.set(from.dU);
  for (const name of BOUNDS) to.multipliers[name].set(from.multipliers[name]);
}
