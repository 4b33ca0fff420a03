import type { Vec } from "../ocp/index.ts";
import type { QpShape, QpSolution } from "./qp.ts";

/**
 * Moves controls and multipliers one stage towards the present, the last stage twice: the warm start of the
 * next tick of a closed loop. dX is left alone; it follows from the dynamics of the next QP.
 */
export function shiftQpSolution(solution: QpSolution, shape: QpShape): void {
  const { nu, nb, nc } = shape;
  const { uLower, uUpper, xLower, xUpper, rows } = solution.multipliers;
  for (const controls of [solution.dU, uLower, uUpper]) shift(controls, nu, 0);
  // Stage 0 of box and rows is not used.
  shift(xLower, nb, nb);
  shift(xUpper, nb, nb);
  shift(rows, nc, nc);
}

function shift(a: Vec, width: number, from: number): void {
  a.copyWithin(from, from + width);
}
