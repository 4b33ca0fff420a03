import { largestMagnitude } from "../linalg/index.ts";
import type { AdmmState } from "./admm-state.ts";
import { readMultipliers, writeMultipliers } from "./ipm-pairs.ts";
import type { Qp, QpSolveOptions } from "./qp.ts";
import { meanCurvature, qpKktResidual } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import { chooseWarmControls } from "./qp-warm.ts";
import {
  costGradient,
  FIXED_WEIGHT,
  factorSystem,
  reducedGradient,
  resetHessian,
  resetWeights,
  rolloutControls,
  solveSystem,
} from "./riccati-system.ts";
import { addSoftForces, addSoftWeights, softValues } from "./soft-rows.ts";

/** A change of rho by less than this factor is not worth a factorization. */
const RHO_STEP = 3;
/** Range of rho, relative to the mean diagonal entry of the Hessian. */
const RHO_RANGE = { least: 1e-6, most: 1e9 };

const isFree = (qp: Qp, i: number): boolean => qp.uLower[i] === -Infinity && qp.uUpper[i] === Infinity;

function clip(qp: Qp, value: number, i: number): number {
  const { uLower, uUpper } = qp;
  if (uLower[i] > uUpper[i]) return 0.5 * (uLower[i] + uUpper[i]);
  return Math.min(Math.max(value, uLower[i]), uUpper[i]);
}

/** Starts at zeros, or at the last solution's controls and multipliers; sets g0, the row norms, the first rho. */
export function startSplitting(s: AdmmState, qp: Qp, call: QpSolveOptions, rho: number): void {
  const { pairs, solution, share } = s;
  s.X.fill(0);
  s.U.fill(0);
  softValues(pairs, qp, s.X, s.U, s.g0);
  share.fill(1, 0, pairs.nbox);
  for (let j = pairs.nbox; j < pairs.ns; j++) share[j] = 1 / (rowNorm(qp, pairs.row[j]) || 1);
  s.curvature = meanCurvature(qp) || 1;
  if (call.warm === true && s.usable) enterLastSolution(s, qp, call.shift === true);
  else {
    s.lambda.fill(0);
    s.lambdaU.fill(0);
    solution.dU.fill(0);
    solution.dX.fill(0);
    s.rho = Math.max(rho, RHO_RANGE.least) * s.curvature;
  }
  softValues(pairs, qp, solution.dX, solution.dU, s.y);
  for (let i = 0; i < s.yU.length; i++) s.yU[i] = clip(qp, solution.dU[i], i);
}

/** Squared norm of a row. */
function rowNorm({ C, D, shape: { nx, nu, controlRow } }: Qp, row: number): number {
  const d = controlRow[row];
  let norm = 0;
  for (let i = row * nx; i < (row + 1) * nx; i++) norm += C[i] ** 2;
  if (d >= 0) for (let i = d * nu; i < (d + 1) * nu; i++) norm += D[i] ** 2;
  return norm;
}

function enterLastSolution(s: AdmmState, qp: Qp, shifted: boolean): void {
  const { pairs, solution } = s;
  const { dU, multipliers } = solution;
  if (shifted) shiftQpSolution(solution, s.shape);
  readMultipliers(pairs, multipliers, pairs.hl, pairs.sl);
  chooseWarmControls(s.warm, qp, dU, shifted, s.last);
  for (let j = 0; j < pairs.ns; j++) s.lambda[j] = -pairs.sl[j];
  for (let i = 0; i < s.lambdaU.length; i++) s.lambdaU[i] = multipliers.uUpper[i] - multipliers.uLower[i];
}

/** Factorizes with the present rho; false where the QP is not convex. */
export function factorSplitting(s: AdmmState, qp: Qp): boolean {
  const { system, pairs, rho, g, share } = s;
  resetHessian(system, qp);
  resetWeights(system, pairs, 0);
  for (let i = 0; i < system.dR.length; i++) if (system.dR[i] === 0 && !isFree(qp, i)) system.dR[i] = rho;
  for (let j = 0; j < pairs.ns; j++) g[j] = rho * share[j];
  addSoftWeights(pairs, qp, g, system);
  return factorSystem(system, qp, true);
}

/** Takes one splitting step. */
export function stepSplitting(s: AdmmState, qp: Qp, relaxation: number): void {
  const { system, pairs, rho, X, U, qh, rh, yU, lambdaU, g0, g, y, lambda, share } = s;
  const { linear, quadratic } = pairs;
  qh.set(qp.q);
  for (let i = 0; i < U.length; i++) rh[i] = isFree(qp, i) ? qp.r[i] : qp.r[i] - rho * yU[i] + lambdaU[i];
  for (let j = 0; j < pairs.ns; j++) g[j] = rho * share[j] * (g0[j] - y[j]) + lambda[j];
  addSoftForces(pairs, qp, g, 1, qh, rh);
  // A fixed control rests on its value by a weight no other term can move.
  for (let j = 0; j < pairs.nf; j++) rh[pairs.fixed[j]] = -FIXED_WEIGHT * yU[pairs.fixed[j]];
  solveSystem(system, qp, qh, rh, X, U);
  softValues(pairs, qp, X, U, g);
  for (let i = 0; i < U.length; i++) {
    if (isFree(qp, i)) {
      yU[i] = U[i];
      continue;
    }
    const v = relaxation * U[i] + (1 - relaxation) * yU[i] + lambdaU[i] / rho;
    yU[i] = clip(qp, v, i);
    lambdaU[i] = rho * (v - yU[i]);
  }
  for (let j = 0; j < pairs.ns; j++) {
    const r = rho * share[j];
    const v = relaxation * g[j] + (1 - relaxation) * y[j] + lambda[j] / r;
    if (v >= 0 && j < pairs.nq) y[j] = v;
    else y[j] = (Math.sign(v) * Math.max(0, r * Math.abs(v) - linear[j])) / (r + quadratic[j]);
    lambda[j] = r * (v - y[j]);
  }
}

/** Compares OSQP's residuals with the tolerances: "done" where both are small; may change rho. */
export function checkSplitting(
  s: AdmmState,
  qp: Qp,
  epsAbs: number,
  epsRel: number,
): "done" | "same" | "rho" {
  const { pairs, rho, U, yU, lambdaU, g0, g, y } = s;
  let primal = 0;
  let primalSize = 0;
  for (let i = 0; i < U.length; i++) {
    if (isFree(qp, i)) continue;
    primal = Math.max(primal, Math.abs(U[i] - yU[i]));
    primalSize = Math.max(primalSize, Math.abs(U[i]), Math.abs(yU[i]));
  }
  for (let j = 0; j < pairs.ns; j++) {
    primal = Math.max(primal, Math.abs(g[j] - y[j]));
    primalSize = Math.max(primalSize, Math.abs(g[j] - g0[j]), Math.abs(y[j] - g0[j]));
  }
  const { kernels } = s.system;
  costGradient(kernels, qp, s.X, U, s.gx, s.gu);
  reducedGradient(kernels, qp, s.gx, s.gu, s.ru);
  const dualSize = Math.max(largestMagnitude(s.ru), largestMagnitude(lambdaU));
  addSoftForces(pairs, qp, s.lambda, 1, s.gx, s.gu);
  for (let i = 0; i < U.length; i++) s.gu[i] += lambdaU[i];
  reducedGradient(kernels, qp, s.gx, s.gu, s.ru);
  for (let j = 0; j < pairs.nf; j++) s.ru[pairs.fixed[j]] = 0;
  const dual = largestMagnitude(s.ru);
  if (primal <= epsAbs + epsRel * primalSize && dual <= epsAbs + epsRel * dualSize) return "done";
  const ratio = Math.sqrt(primal / (primalSize || 1) / Math.max(dual / (dualSize || 1), 1e-12));
  const { least, most } = RHO_RANGE;
  const next = s.curvature * Math.min(Math.max((rho / s.curvature) * ratio, least), most);
  if (!(next > RHO_STEP * rho || next < rho / RHO_STEP)) return "same";
  s.rho = next;
  return "rho";
}

/** Writes the clipped controls, their states, the multipliers and the honest residual into the solution. */
export function writeSplitting(s: AdmmState, qp: Qp): void {
  const { pairs, solution, lambda, lambdaU, gx, gu, ru } = s;
  const { dX, dU, multipliers } = solution;
  const { kernels } = s.system;
  dU.set(s.yU);
  rolloutControls(kernels, qp, dU, dX);
  for (let j = 0; j < pairs.ns; j++) pairs.sl[j] = j < pairs.nq ? Math.max(0, -lambda[j]) : -lambda[j];
  writeMultipliers(pairs, multipliers);
  if (pairs.nf > 0) {
    costGradient(kernels, qp, dX, dU, gx, gu);
    addSoftForces(pairs, qp, lambda, 1, gx, gu);
    reducedGradient(kernels, qp, gx, gu, ru);
    for (let j = 0; j < pairs.nf; j++) lambdaU[pairs.fixed[j]] = -ru[pairs.fixed[j]];
  }
  for (let i = 0; i < lambdaU.length; i++) {
    multipliers.uLower[i] = Math.max(0, -lambdaU[i]);
    multipliers.uUpper[i] = Math.max(0, lambdaU[i]);
  }
  solution.residual = qpKktResidual(qp, solution, s.scratch, s.kkt).max;
}
