import type { Vec } from "../ocp/index.ts";
import type { QpShape, QpSolution } from "./qp.ts";

/**
 * Moves controls and multipliers one stage towards the present, the last stage twice: the warm start of the
 * next tick of a closed loop. Where two stages differ in their number of rows, the first keeps its multipliers.
 * dX is left alone; it follows from the dynamics of the next QP.
 */
export function shiftQpSolution(solution: QpSolution, shape: QpShape): void {
  const { N, nu, nb, rowStart } = shape;
  const { uLower, uUpper, xLower, xUpper, rows } = solution.multipliers;
  for (const controls of [solution.dU, uLower, uUpper]) shift(controls, nu, 0);
  // Stage 0 of the box is not used.
  shift(xLower, nb, nb);
  shift(xUpper, nb, nb);
  for (let k = 0; k < N; k++) {
    const [to, from, end] = [rowStart[k], rowStart[k + 1], rowStart[k + 2]];
    if (from - to === end - from) rows.copyWithin(to, from, end);
  }
}

function shift(a: Vec, width: number, from: number): void {
  a.copyWithin(from, from + width);
}
