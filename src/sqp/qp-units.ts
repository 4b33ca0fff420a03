import type { DynamicsSparsity, Vec } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * Units of a QP's states and controls: powers of two, with which no number is rounded, next to their natural sizes. A state that no
 * step moves has the size at which it costs what the others do. Where dynamics declare an entry to be one, it stays one: both of
 * its variables have the larger unit.
 *
 * @param w with natural sizes and the size of the cost
 * @param x (nx) and u (nu) written
 */
export function qpUnits(
  { shape, costHessian, scales }: Pick<SqpWorkspace, "shape" | "costHessian" | "scales">,
  x: Vec,
  u: Vec,
): void {
  const { nx, nu, N, sparsity } = shape;
  for (let j = 0; j < nu; j++) u[j] = powerOfTwo(scales.u[j]);
  for (let i = 0; i < nx; i++) {
    let bend = 0;
    for (let k = 1; k <= N && scales.x[i] === 0; k++)
      bend = Math.max(bend, costHessian.Q[(k * nx + i) * nx + i]);
    x[i] = powerOfTwo(bend > 0 ? Math.sqrt(scales.cost / bend) : scales.x[i]);
  }
  while (sparsity !== undefined && tie(sparsity, x, u));
}

/** The power of two next to a size; 1 for none. */
function powerOfTwo(size: number): number {
  return size > 0 && size < Infinity ? 2 ** Math.round(Math.log2(size)) : 1;
}

/** Gives variables that an entry of one joins the larger unit of both. @returns whether any changed */
function tie({ A, B }: DynamicsSparsity, x: Vec, u: Vec): boolean {
  let changed = false;
  for (let i = 0; i < x.length; i++) {
    for (const [row, units] of [
      [A[i], x],
      [B[i], u],
    ] as const) {
      for (let j = 0; j < units.length; j++) {
        if (row[j] !== "1" || units[j] === x[i]) continue;
        x[i] = units[j] = Math.max(x[i], units[j]);
        changed = true;
      }
    }
  }
  return changed;
}
