import type { Vec } from "../ocp/index.ts";
import type { Qp, QpMultipliers } from "./qp.ts";
import { isIdleRow, rowSize } from "./qp-residual.ts";

/** Share of the terms of a sum below which its sign is rounding. */
const ROUNDING = 1e-9;

/** Whether any row or bound of a state is hard. */
export function hasHardRows({ weights, xLower, xUpper, shape }: Qp): boolean {
  if (weights.rowLinear.includes(Infinity)) return true;
  for (let at = shape.nb; at < xLower.length; at++) {
    if (weights.boxLinear[at] === Infinity && xUpper[at] - xLower[at] < Infinity) return true;
  }
  return false;
}

/** Whether a hard row has no coefficient and is not met: no step can meet it. */
export function hasImpossibleRow(qp: Qp): boolean {
  const { rowLinear } = qp.weights;
  for (let row = 0; row < rowLinear.length; row++) {
    if (rowLinear[row] === Infinity && rowSize(qp, row) === 0 && !isIdleRow(qp, row, 0)) return true;
  }
  return false;
}

/**
 * Whether the multipliers of the hard rows prove that these cannot be met (Farkas): where rows hold,
 * `sum_j l_j g_j >= 0`, so that there is no such point if over all controls within their bounds
 *
 *     max_dU sum_j l_j g_j(dU) = sum_j l_j g_j(0) + sum_i max(v_i uLower_i, v_i uUpper_i) < 0
 *
 * with v the gradient of that sum in the controls, by the adjoint of the dynamics. Multipliers of a QP without a
 * feasible point grow into the direction that shows it.
 *
 * @param scratch (2 nx) overwritten
 */
export function provesInfeasible(qp: Qp, l: QpMultipliers, scratch: Vec): boolean {
  const { A, B, C, D, c, weights, shape } = qp;
  const { N, nx, nu, nb, boxIndex, rowStart, controlRow } = shape;
  let most = 0;
  let terms = 0;
  // scratch[0..nx) is the costate of k + 1; scratch[nx..2nx) becomes that of k.
  scratch.fill(0);
  for (let k = N; k >= 0 && most < Infinity; k--) {
    for (let i = 0; i < nu && k < N; i++) {
      let v = 0;
      for (let j = 0; j < nx; j++) v += B[(k * nx + j) * nu + i] * scratch[j];
      for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
        const d = controlRow[row];
        if (d >= 0 && weights.rowLinear[row] === Infinity) v += D[d * nu + i] * l.rows[row];
      }
      if (v !== 0) {
        const term = v * (v > 0 ? qp.uUpper : qp.uLower)[k * nu + i];
        most += term;
        terms += Math.abs(term);
      }
    }
    for (let i = 0; i < nx; i++) {
      let p = 0;
      if (k < N) for (let j = 0; j < nx; j++) p += A[(k * nx + j) * nx + i] * scratch[j];
      scratch[nx + i] = p;
    }
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      if (weights.rowLinear[row] < Infinity) continue;
      if (l.rows[row] === 0) continue;
      most += l.rows[row] * c[row];
      terms += Math.abs(l.rows[row] * c[row]);
      for (let i = 0; i < nx; i++) scratch[nx + i] += C[row * nx + i] * l.rows[row];
    }
    for (let j = 0; j < nb && k > 0; j++) {
      const at = k * nb + j;
      if (weights.boxLinear[at] < Infinity) continue;
      const lower = l.xLower[at] === 0 ? 0 : -l.xLower[at] * qp.xLower[at];
      const upper = l.xUpper[at] === 0 ? 0 : l.xUpper[at] * qp.xUpper[at];
      most += lower + upper;
      terms += Math.abs(lower) + Math.abs(upper);
      scratch[nx + boxIndex[j]] += l.xLower[at] - l.xUpper[at];
    }
    scratch.copyWithin(0, nx);
  }
  return most < -ROUNDING * terms;
}
