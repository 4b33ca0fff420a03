import { ConfigError } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { createIpmPairs, readMultipliers, selectPairs, softValues, writeMultipliers } from "./ipm-pairs.ts";
import {
  checkQp,
  createQpSolution,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
} from "./qp.ts";
import { isFiniteQp, qpKktResidual } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import { chooseWarmControls } from "./qp-warm.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";

export type AdmmOptions = RiccatiKernelOptions & {
  /** Absolute and relative tolerance of the primal and dual residuals, >= 0, not both 0. */
  readonly epsAbs?: number;
  readonly epsRel?: number;
  /** Steps before giving up, >= 1. */
  readonly maxIterations?: number;
  /** Over-relaxation, in (0, 2). */
  readonly relaxation?: number;
  /** First step size, relative to the mean diagonal of the Hessian, > 0. */
  readonly rho?: number;
  /** Steps between two looks at the residuals, >= 1; rho may change there. */
  readonly checkInterval?: number;
};

export const DEFAULT_ADMM_OPTIONS = {
  epsAbs: 1e-4,
  epsRel: 1e-4,
  maxIterations: 4000,
  relaxation: 1.6,
  rho: 1,
  checkInterval: 25,
} as const;

/** A change of rho by less than this factor is not worth a factorization. */
const RHO_STEP = 3;
const RHO_RANGE = { least: 1e-6, most: 1e9 };
const FIXED_WEIGHT = 1e60;

/**
 * OSQP's operator splitting on the Riccati recursion, for comparison with the interior point. With G the rows,
 * box sides and controls, and phi their penalties or bounds, it splits `min f(w) + phi(y), G w = y` into
 *
 *     w      = argmin f(w) + 1/2 sum rho_j (G_j w - y_j + lambda_j / rho_j)^2   (one Riccati solve)
 *     v      = relaxation G w + (1 - relaxation) y
 *     y      = prox_{phi/rho}(v + lambda / rho)
 *     lambda = lambda + rho (v - y)
 *
 * The dynamics hold exactly; slacks never appear, as the penalty's prox has a closed form; R > 0 replaces OSQP's
 * sigma. rho_j is divided by |G_j|^2 and adapts to the ratio of the residuals. `solved` means OSQP's residuals
 * are below epsAbs + epsRel times the size of their terms; `residual` is the KKT residual of the controls
 * clipped to their bounds, as for every solver here, and usually larger.
 *
 * Source: Stellato, Banjac, Goulart, Bemporad and Boyd 2020, algorithm 1 and sections 3.4, 5.2.
 *
 * @throws ConfigError for an option out of range; `solve` throws ShapeError or ConfigError (see {@link checkQp})
 */
export function createAdmm(shape: QpShape, options: AdmmOptions = {}): QpSolver {
  const { epsAbs, epsRel, maxIterations, relaxation, rho: rho0, checkInterval } = checkOptions(options);
  const { N, nx, nu, nc } = shape;
  const kernels = createRiccatiKernels(shape, options);
  const pairs = createIpmPairs(shape);
  const { boxAt, boxSign, linear, quadratic } = pairs;
  const solution = createQpSolution(shape);
  const { dX, dU, multipliers } = solution;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const soft = (): Vec => new Float64Array(linear.length);
  const [X, gx, qh] = Array.from({ length: 3 }, states);
  const [U, gu, rh, dR, Linv, z, ru, yU, lambdaU] = Array.from({ length: 9 }, controls);
  // Of each soft row: value at dX = 0, value, copy y, multiplier (<= 0), 1 / |G|^2.
  const [g0, g, y, lambda, share] = Array.from({ length: 5 }, soft);
  const Qh = new Float64Array((N + 1) * nx * nx);
  const Y = new Float64Array(N * nu * nx);
  const L = new Float64Array(N * nu * nu);
  const scratch = new Float64Array(2 * nx);
  const kkt = { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 };
  const warmScratch = { last: U, gx, gu, ru };
  let rho = 1;
  let usable = false;

  const free = (qp: Qp, i: number): boolean => qp.uLower[i] === -Infinity && qp.uUpper[i] === Infinity;

  /** Adds `sum_j a_j G_j'` over the soft rows to out (N + 1, nx). */
  function addRows(qp: Qp, a: Vec, out: Vec): void {
    const { nbox, ns } = pairs;
    let j = 0;
    for (; j < nbox; j++) out[boxAt[j]] += boxSign[j] * a[j];
    for (let k = 1; k <= N && j < ns; k++) {
      for (let row = k * nc; row < (k + 1) * nc; row++, j++) {
        for (let i = 0; i < nx; i++) out[k * nx + i] += a[j] * qp.C[row * nx + i];
      }
    }
  }

  /** Factorizes with the present rho. */
  function factorize(qp: Qp): boolean {
    const { nbox, ns } = pairs;
    Qh.set(qp.Q);
    for (let i = 0; i < N * nu; i++) dR[i] = free(qp, i) ? 0 : rho;
    for (let j = 0; j < pairs.nf; j++) dR[pairs.fixed[j]] = FIXED_WEIGHT;
    let j = 0;
    for (; j < nbox; j++) {
      const k = (boxAt[j] / nx) | 0;
      Qh[boxAt[j] * nx + boxAt[j] - k * nx] += rho * share[j];
    }
    for (let k = 1; k <= N && j < ns; k++) {
      for (let row = k * nc; row < (k + 1) * nc; row++, j++) {
        for (let i = 0; i < nx; i++) {
          const f = rho * share[j] * qp.C[row * nx + i];
          for (let m = 0; m <= i; m++) Qh[(k * nx + i) * nx + m] += f * qp.C[row * nx + m];
        }
      }
    }
    return kernels.factor(N, qp.A, qp.B, Qh, qp.R, qp.M, dR, Y, L, Linv);
  }

  /** One splitting step. */
  function step(qp: Qp): void {
    const { ns } = pairs;
    qh.set(qp.q);
    for (let i = 0; i < N * nu; i++) rh[i] = free(qp, i) ? qp.r[i] : qp.r[i] - rho * yU[i] + lambdaU[i];
    // A fixed control rests on its value by a weight no other term can move.
    for (let j = 0; j < pairs.nf; j++) rh[pairs.fixed[j]] = -FIXED_WEIGHT * yU[pairs.fixed[j]];
    for (let j = 0; j < ns; j++) g[j] = rho * share[j] * (g0[j] - y[j]) + lambda[j];
    addRows(qp, g, qh);
    kernels.solve(N, qp.A, qp.B, qh, rh, Y, L, Linv, z, X, U);
    softValues(pairs, qp, X, g);
    for (let i = 0; i < N * nu; i++) {
      if (free(qp, i)) {
        yU[i] = U[i];
        continue;
      }
      const v = relaxation * U[i] + (1 - relaxation) * yU[i] + lambdaU[i] / rho;
      yU[i] = clip(qp, v, i);
      lambdaU[i] = rho * (v - yU[i]);
    }
    for (let j = 0; j < ns; j++) {
      const r = rho * share[j];
      const v = relaxation * g[j] + (1 - relaxation) * y[j] + lambda[j] / r;
      y[j] = v >= 0 ? v : Math.min(0, (r * v + linear[j]) / (r + quadratic[j]));
      lambda[j] = r * (v - y[j]);
    }
  }

  function clip(qp: Qp, value: number, i: number): number {
    const { uLower, uUpper } = qp;
    if (uLower[i] > uUpper[i]) return 0.5 * (uLower[i] + uUpper[i]);
    return Math.min(Math.max(value, uLower[i]), uUpper[i]);
  }

  /** OSQP's residuals: true when both are small; adapts rho otherwise. */
  function check(qp: Qp): "done" | "same" | "rho" {
    const { ns } = pairs;
    let primal = 0;
    let primalSize = 0;
    for (let i = 0; i < N * nu; i++) {
      if (free(qp, i)) continue;
      primal = Math.max(primal, Math.abs(U[i] - yU[i]));
      primalSize = Math.max(primalSize, Math.abs(U[i]), Math.abs(yU[i]));
    }
    for (let j = 0; j < ns; j++) {
      primal = Math.max(primal, Math.abs(g[j] - y[j]));
      primalSize = Math.max(primalSize, Math.abs(g[j] - g0[j]), Math.abs(y[j] - g0[j]));
    }
    kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
    kernels.adjoint(N, qp.A, qp.B, gx, gu, ru);
    let dualSize = largest(ru);
    dualSize = Math.max(dualSize, largest(lambdaU));
    addRows(qp, lambda, gx);
    for (let i = 0; i < N * nu; i++) gu[i] += lambdaU[i];
    kernels.adjoint(N, qp.A, qp.B, gx, gu, ru);
    for (let j = 0; j < pairs.nf; j++) ru[pairs.fixed[j]] = 0;
    const dual = largest(ru);
    if (primal <= epsAbs + epsRel * primalSize && dual <= epsAbs + epsRel * dualSize) return "done";
    const ratio = Math.sqrt(
      primal / Math.max(primalSize, 1e-12) / Math.max(dual / Math.max(dualSize, 1e-12), 1e-12),
    );
    const next = Math.min(Math.max(rho * ratio, RHO_RANGE.least), RHO_RANGE.most);
    if (!(next > RHO_STEP * rho || next < rho / RHO_STEP)) return "same";
    rho = next;
    return "rho";
  }

  /** Zeros, or the last solution's controls and multipliers; sets g0, the row norms and the first rho. */
  function start(qp: Qp, call: QpSolveOptions): void {
    const { nbox, ns } = pairs;
    const warm = call.warm === true && usable;
    X.fill(0);
    softValues(pairs, qp, X, g0);
    share.fill(1, 0, nbox);
    for (let j = nbox; j < ns; j++) {
      const co = (j - nbox + nc) * nx;
      let norm = 0;
      for (let i = 0; i < nx; i++) norm += qp.C[co + i] ** 2;
      share[j] = 1 / Math.max(norm, 1e-8);
    }
    if (warm) {
      if (call.shift === true) shiftQpSolution(solution, shape);
      readMultipliers(pairs, qp, multipliers, pairs.hl, pairs.sl);
      chooseWarmControls(kernels, pairs, qp, dX, dU, call.shift === true, warmScratch);
      for (let j = 0; j < ns; j++) lambda[j] = -pairs.sl[j];
      for (let i = 0; i < N * nu; i++) lambdaU[i] = multipliers.uUpper[i] - multipliers.uLower[i];
    } else {
      lambda.fill(0);
      lambdaU.fill(0);
      dU.fill(0);
      dX.fill(0);
      let diagonal = 0;
      for (let i = 0; i < N * nu; i++) diagonal += Math.abs(qp.R[i * nu + (i % nu)]);
      for (let i = nx; i < (N + 1) * nx; i++) diagonal += Math.abs(qp.Q[i * nx + (i % nx)]);
      rho = Math.max((rho0 * diagonal) / (N * (nx + nu)), RHO_RANGE.least);
    }
    softValues(pairs, qp, dX, y);
    for (let i = 0; i < N * nu; i++) yU[i] = clip(qp, dU[i], i);
  }

  /** Writes the clipped controls, their states, the multipliers and the honest residual. */
  function finish(qp: Qp, status: QpStatus): QpSolution {
    solution.status = status;
    usable = status !== "nonFinite";
    const { uLower, uUpper, xLower, xUpper, rows } = multipliers;
    if (status === "nonFinite") {
      for (const part of [dX, dU, uLower, uUpper, xLower, xUpper, rows]) part.fill(0);
      solution.residual = Infinity;
      return solution;
    }
    dU.set(yU);
    kernels.rollout(N, qp.A, qp.B, dU, dX);
    for (let j = 0; j < pairs.ns; j++) pairs.sl[j] = Math.max(0, -lambda[j]);
    writeMultipliers(pairs, qp, multipliers);
    if (pairs.nf > 0) {
      kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, dX, dU, gx, gu);
      addRows(qp, lambda, gx);
      kernels.adjoint(N, qp.A, qp.B, gx, gu, ru);
      for (let j = 0; j < pairs.nf; j++) lambdaU[pairs.fixed[j]] = -ru[pairs.fixed[j]];
    }
    for (let i = 0; i < N * nu; i++) {
      uLower[i] = Math.max(0, -lambdaU[i]);
      uUpper[i] = Math.max(0, lambdaU[i]);
    }
    solution.residual = qpKktResidual(qp, solution, scratch, kkt).max;
    return solution;
  }

  function solve(qp: Qp, call: QpSolveOptions = {}): QpSolution {
    checkQp(qp, shape);
    solution.iterations = 0;
    if (!isFiniteQp(qp)) return finish(qp, "nonFinite");
    selectPairs(pairs, qp);
    start(qp, call);
    if (!factorize(qp)) return finish(qp, "nonFinite");
    while (solution.iterations < maxIterations) {
      step(qp);
      solution.iterations++;
      if (solution.iterations % checkInterval !== 0 && solution.iterations < maxIterations) continue;
      const outcome = check(qp);
      if (outcome === "done") return finish(qp, "solved");
      if (outcome === "rho" && !factorize(qp)) return finish(qp, "nonFinite");
    }
    finish(qp, "maxIterations");
    return Number.isFinite(solution.residual) ? solution : finish(qp, "nonFinite");
  }

  return { name: "admm", solve };
}

function checkOptions(options: AdmmOptions) {
  const {
    epsAbs = DEFAULT_ADMM_OPTIONS.epsAbs,
    epsRel = DEFAULT_ADMM_OPTIONS.epsRel,
    maxIterations = DEFAULT_ADMM_OPTIONS.maxIterations,
    relaxation = DEFAULT_ADMM_OPTIONS.relaxation,
    rho = DEFAULT_ADMM_OPTIONS.rho,
    checkInterval = DEFAULT_ADMM_OPTIONS.checkInterval,
  } = options;
  const rule = (name: string, value: number, ok: boolean, legal: string): void => {
    if (!ok) throw new ConfigError(`${name} is ${value}, expected ${legal}`);
  };
  rule("epsAbs", epsAbs, epsAbs >= 0 && epsAbs < Infinity, "a number >= 0");
  rule("epsRel", epsRel, epsRel >= 0 && epsAbs + epsRel > 0, "a number >= 0, > 0 where epsAbs is 0");
  rule(
    "maxIterations",
    maxIterations,
    Number.isInteger(maxIterations) && maxIterations >= 1,
    "an integer >= 1",
  );
  rule("relaxation", relaxation, relaxation > 0 && relaxation < 2, "a number in (0, 2)");
  rule("rho", rho, rho > 0 && rho < Infinity, "a number > 0");
  rule(
    "checkInterval",
    checkInterval,
    Number.isInteger(checkInterval) && checkInterval >= 1,
    "an integer >= 1",
  );
  return { epsAbs, epsRel, maxIterations, relaxation, rho, checkInterval };
}

function largest(a: Vec): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]));
  return max;
}
