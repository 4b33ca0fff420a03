import type { DynamicsSparsity, Vec } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** A state that moves by less than this share of what controls do to it in one stage is moved by rounding. */
const ROUNDING = 1e-6;

type UnitGroups = Pick<SqpWorkspace, "shape" | "qp" | "costHessian" | "scales">;

/**
 * Units of a QP's states and controls: powers of two, with which no number is rounded, next to their natural sizes. A state that
 * only rounding moves has the size of what controls do to it, at once or by way of other states; where they do nothing, that at
 * which it costs what the others do. Where dynamics declare an entry to be one, it stays one: both of its variables have the
 * larger unit.
 *
 * @param w linearized, with natural sizes and the size of the cost
 * @param x (nx) and u (nu) written
 */
export function qpUnits({ shape, qp, costHessian, scales }: UnitGroups, x: Vec, u: Vec): void {
  const { nx, nu, N, sparsity } = shape;
  x.set(scales.x);
  for (let sweep = 0; sweep < nx && raiseMoved(qp, x, scales.u); sweep++);
  for (let j = 0; j < nu; j++) u[j] = powerOfTwo(scales.u[j]);
  for (let i = 0; i < nx; i++) {
    let bend = 0;
    for (let k = 1; k <= N && x[i] === 0; k++) bend = Math.max(bend, costHessian.Q[(k * nx + i) * nx + i]);
    x[i] = powerOfTwo(bend > 0 ? Math.sqrt(scales.cost / bend) : x[i]);
  }
  while (sparsity !== undefined && tie(sparsity, x, u));
}

/** Gives states that are all but zero the size of what a stage's controls and the other states make of them. @returns whether it did */
function raiseMoved({ A, B, shape: { N, nx, nu } }: UnitGroups["qp"], x: Vec, u: Vec): boolean {
  let raised = false;
  for (let i = 0; i < nx; i++) {
    let moved = 0;
    for (let row = i; row < N * nx; row += nx) {
      for (let j = 0; j < nu; j++) moved = Math.max(moved, Math.abs(B[row * nu + j]) * u[j]);
      for (let j = 0; j < nx; j++) if (j !== i) moved = Math.max(moved, Math.abs(A[row * nx + j]) * x[j]);
    }
    if (!(x[i] < ROUNDING * moved)) continue;
    x[i] = moved;
    raised = true;
  }
  return raised;
}

/** The power of two next to a size; 1 for none. */
function powerOfTwo(size: number): number {
  return size > 0 && size < Infinity ? 2 ** Math.round(Math.log2(size)) : 1;
}

/** Gives variables that an entry of one joins the larger unit of both. @returns whether any changed */
function tie({ A, B }: DynamicsSparsity, x: Vec, u: Vec): boolean {
  let changed = false;
  for (let i = 0; i < x.length; i++) {
    if (tieRow(A[i], x, x, i)) changed = true;
    if (tieRow(B[i], u, x, i)) changed = true;
  }
  return changed;
}

function tieRow(row: string, units: Vec, x: Vec, i: number): boolean {
  let changed = false;
  for (let j = 0; j < units.length; j++) {
    if (row[j] !== "1" || units[j] === x[i]) continue;
    x[i] = units[j] = Math.max(x[i], units[j]);
    changed = true;
  }
  return changed;
}
