import { copySolution, type QpSolution, type QpSolveOptions, type QpSolver } from "../qp/index.ts";
import { holdInQp, withoutHeld } from "./convexity.ts";
import { addClosingStep, offsetByDefects } from "./defects.ts";
import { qpUnits } from "./qp-units.ts";
import type { SqpWorkspace } from "./workspace.ts";

type ScaledGroups = Pick<
  SqpWorkspace,
  "shape" | "qp" | "costHessian" | "scaled" | "scales" | "held" | "defects"
>;

/**
 * Solves the QP in natural units, so that what a solver calls small is small, whatever the units of the problem:
 * controls, states ({@link qpUnits}) and rows as shares of their sizes, the cost as shares of what a control's size is worth.
 *
 * @param call what the solver is told of this call
 * @returns the solution in the problem's units; it belongs to the workspace
 */
export function solveScaled(w: ScaledGroups, solver: QpSolver, call: QpSolveOptions): QpSolution {
  const { shape, qp, scaled, scales } = w;
  const { qp: to, solution, rowSize, controlSize: size, stateSize: x } = scaled;
  const { N, nx, nu } = shape;
  qpUnits(w, x, size);
  const cost = 1 / scales.cost;
  for (let i = 0; i < to.r.length; i++) to.r[i] = cost * qp.r[i];
  for (let i = 0; i < to.R.length; i++) to.R[i] = cost * qp.R[i];
  for (let i = 0; i < to.q.length; i++) to.q[i] = cost * qp.q[i] * x[i % nx];
  for (let i = 0, at = 0; at < to.Q.length; i++) {
    for (let j = 0; j < nx; j++, at++) to.Q[at] = cost * qp.Q[at] * x[i % nx] * x[j];
  }
  for (let i = 0, at = 0; at < to.A.length; i++) {
    for (let j = 0; j < nx; j++, at++) to.A[at] = (qp.A[at] / x[i % nx]) * x[j];
  }
  for (let i = 0; i < N * nu; i++) {
    const u = size[i % nu];
    to.r[i] *= u;
    to.uLower[i] = qp.uLower[i] / u;
    to.uUpper[i] = qp.uUpper[i] / u;
    for (let j = 0; j < nu; j++) to.R[i * nu + j] *= u * size[j];
    for (let j = 0; j < nx; j++) to.M[i * nx + j] = cost * u * qp.M[i * nx + j] * x[j];
  }
  for (let i = 0, at = 0; at < to.B.length; i++) {
    for (let j = 0; j < nu; j++, at++) to.B[at] = (qp.B[at] * size[j]) / x[i % nx];
  }
  copyRows(w, cost);
  if (w.defects.open) offsetByDefects(w, to, { u: size, x });
  if (w.held.inQp) holdInQp(w, to, { cost, u: size, x, row: rowSize });
  const found = solver.solve(to, call);
  copySolution(found, solution);
  solution.status = found.status;
  solution.iterations = found.iterations;
  const { uLower, uUpper, xLower, xUpper, rows } = solution.multipliers;
  for (let i = 0; i < N * nu; i++) {
    const u = size[i % nu];
    solution.dU[i] *= u;
    uLower[i] /= cost * u;
    uUpper[i] /= cost * u;
  }
  for (let i = 0; i < solution.dX.length; i++) solution.dX[i] *= x[i % nx];
  for (const y of [xLower, xUpper]) {
    for (let i = 0; i < y.length; i++) y[i] /= cost * x[shape.boxIndex[i % shape.nb]];
  }
  for (let i = 0; i < rows.length; i++) rows[i] /= cost * rowSize[i];
  if (w.defects.open) addClosingStep(w, solution);
  if (w.held.inQp) withoutHeld(w, solution);
  return solution;
}

/** Rows and the box as shares of their sizes, with their weights. */
function copyRows({ shape, qp, scaled, scales }: ScaledGroups, cost: number): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { qp: to, rowSize, controlSize: size, stateSize: x } = scaled;
  const { weights } = to;
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k], at = start[k]; row < rowStart[k + 1]; row++, at++) {
      const c = scales.c[at];
      rowSize[row] = c;
      to.c[row] = qp.c[row] / c;
      for (let i = 0; i < nx; i++) to.C[row * nx + i] = (qp.C[row * nx + i] / c) * x[i];
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) to.D[d + j] = (qp.D[d + j] * size[j]) / c;
      weights.rowLinear[row] = cost * c * qp.weights.rowLinear[row];
      weights.rowQuadratic[row] = cost * c * c * qp.weights.rowQuadratic[row];
    }
  }
  for (let i = nb; i < to.xLower.length; i++) {
    const s = x[boxIndex[i % nb]];
    to.xLower[i] = qp.xLower[i] / s;
    to.xUpper[i] = qp.xUpper[i] / s;
    weights.boxLinear[i] = cost * s * qp.weights.boxLinear[i];
    weights.boxQuadratic[i] = cost * s * s * qp.weights.boxQuadratic[i];
  }
}
