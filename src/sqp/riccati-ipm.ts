import { ConfigError } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { createIpmPairs } from "./ipm-pairs.ts";
import { checkQp, createQpSolution, type Qp, type QpShape, type QpSolution, type QpSolver } from "./qp.ts";
import { isFiniteQp, qpDualScale, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";

export type RiccatiIpmOptions = RiccatiKernelOptions & {
  /** Relative KKT tolerance (see {@link qpRelativeResidual}), in [1e-12, 1e-2]. */
  readonly tol?: number;
  /** Newton steps of one attempt, >= 1. There are at most three attempts: warm, cold, guarded. */
  readonly maxIterations?: number;
};

export const DEFAULT_RICCATI_IPM_OPTIONS = { tol: 1e-7, maxIterations: 60 } as const;

/** How one attempt starts and steps. */
type Attempt = {
  /** Start's mean product of pairs, in units of the expected gap per pair. */
  readonly muScale: number;
  /** Fraction of the way to the boundary. */
  readonly fraction: number;
  /** Added to the diagonal of R, relative to its largest entry. */
  readonly regularization: number;
};
const COLD: Attempt = { muScale: 20, fraction: 0.995, regularization: 0 };
const GUARDED: Attempt = { muScale: 2000, fraction: 0.9, regularization: 1e-9 };

/** A fixed control is one whose quadratic weight no step can move. */
const FIXED_WEIGHT = 1e60;

export function createRiccatiIpm(shape: QpShape, options: RiccatiIpmOptions = {}): QpSolver {
  const { tol, maxIterations } = { ...DEFAULT_RICCATI_IPM_OPTIONS, ...options };
  if (!(tol >= 1e-12 && tol <= 1e-2))
    throw new ConfigError(`tol is ${tol}, expected a number in [1e-12, 1e-2]`);
  if (!(maxIterations >= 1)) throw new ConfigError(`maxIterations is ${maxIterations}, expected >= 1`);
  const { N, nx, nu } = shape;
  const kernels = createRiccatiKernels(nx, nu, options);
  const pairs = createIpmPairs(shape);
  const solution = createQpSolution(shape);
  const { dX: X, dU: U, multipliers } = solution;
  const perState = () => new Float64Array((N + 1) * nx);
  const perControl = () => new Float64Array(N * nu);
  const [stepX, gx, qh] = [perState(), perState(), perState()];
  const [stepU, gu, rh, ru, dR, Linv, z] = [
    perControl(),
    perControl(),
    perControl(),
    perControl(),
    perControl(),
    perControl(),
    perControl(),
  ];
  const Qh = new Float64Array((N + 1) * nx * nx);
  const Y = new Float64Array(N * nu * nx);
  const L = new Float64Array(N * nu * nu);
  const g = new Float64Array(pairs.linear.length);
  const scratch = new Float64Array(2 * nx);
  const kkt = { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 };
  let dualScale = 1;
  let diagonal = 1;

  function resetWeights(regularization: number): void {
    dR.fill(regularization * diagonal);
    for (let j = 0; j < pairs.nf; j++) dR[pairs.fixed[j]] = FIXED_WEIGHT;
  }

  /** Factorizes, with more and more regularization until every pivot is positive. */
  function factorize(qp: Qp, Q: Vec): boolean {
    if (kernels.factor(N, qp.A, qp.B, Q, qp.R, qp.M, dR, Y, L, Linv)) return true;
    let total = 0;
    for (let shift = 1e-10 * diagonal; shift <= 1e6 * diagonal; shift *= 100) {
      for (let i = 0; i < N * nu; i++) dR[i] += shift - total;
      total = shift;
      if (kernels.factor(N, qp.A, qp.B, Q, qp.R, qp.M, dR, Y, L, Linv)) return true;
    }
    return false;
  }

  /** Starts near dU = 0, inside the bounds, every pair centred at one mu; returns mu. */
  function startCold(qp: Qp, attempt: Attempt): number {
    for (let i = 0; i < N * nu; i++) {
      const lower = qp.uLower[i];
      const upper = qp.uUpper[i];
      const margin = Math.min(0.05 * (upper - lower), 1);
      U[i] = margin > 0 ? Math.min(Math.max(0, lower + margin), upper - margin) : 0.5 * (lower + upper);
    }
    kernels.rollout(N, qp.A, qp.B, U, X);
    pairs.values(qp, X, U, pairs.ht, g);
    // What an unconstrained step would gain, and what violated rows cost: the order of the duality gap.
    resetWeights(attempt.regularization);
    kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
    let gap = 0;
    if (factorize(qp, qp.Q)) {
      kernels.solve(N, qp.A, qp.B, gx, gu, Y, L, Linv, z, stepX, stepU);
      for (let i = 0; i < N * nu; i++) gap += 0.5 * z[i] * z[i];
    }
    for (let j = 0; j < pairs.ns; j++) {
      const s = Math.max(0, -g[j]);
      gap += s * (pairs.linear[j] + 0.5 * pairs.quadratic[j] * s);
    }
    const mu = pairs.count > 0 ? Math.max((attempt.muScale * gap) / pairs.count, tol * dualScale) : 0;
    pairs.centre(g, mu);
    return mu;
  }

  /** Predictor-corrector steps from the present point; counts them in the solution. */
  function iterate(qp: Qp, mu0: number, attempt: Attempt): boolean {
    let mu = mu0;
    // The gradient's residual shrinks by (1 - alpha) a step; what it really is, is measured at the end.
    let remaining = 1;
    for (let i = 0; i < maxIterations; i++) {
      kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
      resetWeights(attempt.regularization);
      Qh.set(qp.Q);
      qh.fill(0);
      rh.fill(0);
      pairs.assemble(gx, gu, Qh, dR, qh, rh);
      addInto(qh, gx);
      addInto(rh, gu);
      if (!factorize(qp, Qh)) return false;
      kernels.solve(N, qp.A, qp.B, qh, rh, Y, L, Linv, z, stepX, stepU);
      pairs.direction(stepX, stepU);
      const affine = pairs.alpha;
      const muAffine =
        pairs.count > 0 ? mu * (1 - affine) + (affine * affine * pairs.cross) / pairs.count : 0;
      const ratio = mu > 0 ? Math.min(1, Math.max(0, muAffine / mu)) : 0;
      qh.set(gx);
      rh.set(gu);
      pairs.correct(Math.max(ratio * ratio * ratio * mu, 0.02 * tol * dualScale), qh, rh);
      kernels.solve(N, qp.A, qp.B, qh, rh, Y, L, Linv, z, stepX, stepU);
      pairs.direction(stepX, stepU);
      const alpha = Math.min(1, attempt.fraction * pairs.alpha);
      pairs.update(alpha, stepU);
      addScaled(X, alpha, stepX);
      addScaled(U, alpha, stepU);
      solution.iterations++;
      mu = pairs.mu;
      remaining *= 1 - alpha;
      if (!Number.isFinite(mu)) return false;
      const scale = Math.max(dualScale, pairs.largest);
      if (pairs.worst <= tol * scale && pairs.slope <= tol * scale && remaining <= 1e-3 && measure(qp) <= tol)
        return true;
      if (alpha < 1e-9) return false;
    }
    return false;
  }

  /** Writes the multipliers and the residual; returns the relative one. */
  function measure(qp: Qp): number {
    pairs.toMultipliers(qp, multipliers);
    if (pairs.nf > 0) {
      kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
      pairs.addMultipliers(gx, gu);
      kernels.adjoint(N, qp.A, qp.B, gx, gu, ru);
      for (let j = 0; j < pairs.nf; j++) {
        const i = pairs.fixed[j];
        multipliers.uLower[i] = Math.max(0, ru[i]);
        multipliers.uUpper[i] = Math.max(0, -ru[i]);
      }
    }
    qpKktResidual(qp, solution, scratch, kkt);
    solution.residual = kkt.max;
    return qpRelativeResidual(qp, solution, kkt);
  }

  function solve(qp: Qp): QpSolution {
    checkQp(qp, shape);
    solution.iterations = 0;
    if (!isFiniteQp(qp)) return fail("nonFinite");
    dualScale = qpDualScale(qp);
    diagonal = 1e-8;
    for (let i = 0; i < N * nu; i++) diagonal = Math.max(diagonal, qp.R[i * nu + (i % nu)]);
    pairs.select(qp);
    for (const attempt of [COLD, GUARDED]) {
      if (iterate(qp, startCold(qp, attempt), attempt)) {
        solution.status = "solved";
        return solution;
      }
    }
    return Number.isFinite(measure(qp)) ? fail("maxIterations") : fail("nonFinite");
  }

  function fail(status: "maxIterations" | "nonFinite"): QpSolution {
    solution.status = status;
    if (status === "nonFinite") {
      X.fill(0);
      U.fill(0);
      for (const part of Object.values(multipliers)) part.fill(0);
      solution.residual = Infinity;
    }
    return solution;
  }

  return { name: "riccati-ipm", solve };
}

function addInto(out: Vec, a: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] += a[i];
}

function addScaled(out: Vec, alpha: number, a: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] += alpha * a[i];
}
