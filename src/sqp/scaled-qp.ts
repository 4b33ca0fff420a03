import { copySolution, type QpSolution, type QpSolver } from "../qp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

type ScaledGroups = Pick<SqpWorkspace, "shape" | "qp" | "scaled" | "scales">;

/**
 * Solves the QP in natural units, so that what a solver calls small is small, whatever the units of the problem:
 * controls and rows as shares of their sizes, the cost as shares of what a control's size is worth.
 *
 * @param warm whether the solver starts from its last solution
 * @returns the solution in the problem's units; it belongs to the workspace
 */
export function solveScaled(w: ScaledGroups, solver: QpSolver, warm: boolean): QpSolution {
  const { shape, qp, scaled, scales } = w;
  const { qp: to, solution, rowSize, controlSize: size } = scaled;
  const { N, nx, nu, sparsity } = shape;
  // A column that is declared to hold ones must keep them.
  for (let j = 0; j < nu; j++) size[j] = sparsity?.B.some((row) => row[j] === "1") ? 1 : scales.u[j] || 1;
  const cost = 1 / scales.cost;
  to.A.set(qp.A);
  for (const name of ["Q", "q", "R", "r", "M"] as const) {
    const [a, b] = [qp[name], to[name]];
    for (let i = 0; i < a.length; i++) b[i] = cost * a[i];
  }
  for (let i = 0; i < N * nu; i++) {
    const u = size[i % nu];
    to.r[i] *= u;
    to.uLower[i] = qp.uLower[i] / u;
    to.uUpper[i] = qp.uUpper[i] / u;
    for (let j = 0; j < nu; j++) to.R[i * nu + j] *= u * size[j];
    for (let j = 0; j < nx; j++) to.M[i * nx + j] *= u;
  }
  for (let i = 0; i < N * nx * nu; i++) to.B[i] = qp.B[i] * size[i % nu];
  copyRows(w, cost);
  const found = solver.solve(to, warm ? { warm } : undefined);
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
  for (const y of [xLower, xUpper]) for (let i = 0; i < y.length; i++) y[i] /= cost;
  for (let i = 0; i < rows.length; i++) rows[i] /= cost * rowSize[i];
  return solution;
}

/** Rows as shares of their sizes, with their weights; the box, which is of the states, with its weights. */
function copyRows({ shape, qp, scaled, scales }: ScaledGroups, cost: number): void {
  const { N, nx, nu, rowStart, start, controlRow } = shape;
  const { qp: to, rowSize, controlSize: size } = scaled;
  const { weights } = to;
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k], at = start[k]; row < rowStart[k + 1]; row++, at++) {
      const c = scales.c[at];
      rowSize[row] = c;
      to.c[row] = qp.c[row] / c;
      for (let i = row * nx; i < (row + 1) * nx; i++) to.C[i] = qp.C[i] / c;
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) to.D[d + j] = (qp.D[d + j] * size[j]) / c;
      weights.rowLinear[row] = cost * c * qp.weights.rowLinear[row];
      weights.rowQuadratic[row] = cost * c * c * qp.weights.rowQuadratic[row];
    }
  }
  to.xLower.set(qp.xLower);
  to.xUpper.set(qp.xUpper);
  for (const name of ["boxLinear", "boxQuadratic"] as const) {
    for (let i = 0; i < weights[name].length; i++) weights[name][i] = cost * qp.weights[name][i];
  }
}
