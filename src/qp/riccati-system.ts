import type { Vec } from "../ocp/index.ts";
import type { IpmPairs } from "./ipm-pairs.ts";
import type { Qp, QpShape } from "./qp.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/** The linear-quadratic system of one solver: a Hessian it may add to, and the factors of the last one. */
export type RiccatiSystem = {
  readonly kernels: RiccatiKernels;
  /** (N + 1, nx, nx) Hessian in the states, lower triangles. */
  readonly Qh: Vec;
  /** (N, nu, nu) Hessian in the controls, and (N, nu, nx) across: empty where no row depends on controls. */
  readonly Rh: Vec;
  readonly Mh: Vec;
  /** (N, nu) what is added to the diagonal of R. */
  readonly dR: Vec;
  /** Factors: (N, nu, nx), (N, nu, nu), (N, nu). */
  readonly Y: Vec;
  readonly L: Vec;
  readonly Linv: Vec;
  /** (N, nu) half-solved right-hand side of the last solve. */
  readonly z: Vec;
  readonly ladder: WeightLadder;
};

/** A control that may not move is held by this quadratic weight. */
export const FIXED_WEIGHT = 1e60;

/** Allocates the system of a shape. */
export function createRiccatiSystem(shape: QpShape, kernels: RiccatiKernels): RiccatiSystem {
  const { N, nx, nu, nd } = shape;
  return {
    kernels,
    Qh: new Float64Array((N + 1) * nx * nx),
    Rh: new Float64Array(nd > 0 ? N * nu * nu : 0),
    Mh: new Float64Array(nd > 0 ? N * nu * nx : 0),
    dR: new Float64Array(N * nu),
    Y: new Float64Array(N * nu * nx),
    L: new Float64Array(N * nu * nu),
    Linv: new Float64Array(N * nu),
    z: new Float64Array(N * nu),
    ladder: { rung: 0 },
  };
}

/** Sets the weight of every control: `weight`, or what holds it where its bounds coincide. */
export function resetWeights(s: RiccatiSystem, pairs: IpmPairs, weight: number): void {
  s.dR.fill(weight);
  for (let j = 0; j < pairs.nf; j++) s.dR[pairs.fixed[j]] = FIXED_WEIGHT;
}

/** Sets the Hessian to the QP's, for rows to add to. */
export function resetHessian(s: RiccatiSystem, qp: Qp): void {
  s.Qh.set(qp.Q);
  if (qp.shape.nd === 0) return;
  s.Rh.set(qp.R);
  s.Mh.set(qp.M);
}

/** Factorizes with the system's weights and the Hessian of the QP alone, or with rows; false where not convex. */
export function factorSystem(s: RiccatiSystem, qp: Qp, rows: boolean): boolean {
  const Q = rows ? s.Qh : qp.Q;
  const R = rows && qp.shape.nd > 0 ? s.Rh : qp.R;
  const M = rows && qp.shape.nd > 0 ? s.Mh : qp.M;
  return s.kernels.factor(qp.shape.N, qp.A, qp.B, Q, R, M, s.dR, s.Y, s.L, s.Linv);
}

/** Factorizes with more and more regularization until every pivot is positive; false where none suffices. */
export function factorRegularized(s: RiccatiSystem, qp: Qp, rows: boolean): boolean {
  if (factorSystem(s, qp, rows)) return true;
  return withMoreWeight(
    qp,
    s.ladder,
    () => factorSystem(s, qp, rows),
    (weight) => {
      for (let i = 0; i < s.dR.length; i++) s.dR[i] += weight;
    },
  );
}

/** Which of {@link withMoreWeight}'s weights sufficed last for a QP. */
export type WeightLadder = { rung: number };

/** Rungs of the ladder: weights from 1e-10 to 1e8 of R's largest diagonal entry, each 100 times the last. */
const RUNGS = 10;

/**
 * Tries again with more and more weight on the controls, from the rung below the one that sufficed last: a QP that
 * is not convex asks for it at every step.
 *
 * @returns false where none suffices
 */
export function withMoreWeight(
  qp: Qp,
  ladder: WeightLadder,
  attempt: () => boolean,
  add: (weight: number) => void,
): boolean {
  const diagonal = largestControlWeight(qp);
  let total = 0;
  for (let rung = Math.max(0, ladder.rung - 1); rung < RUNGS; rung++) {
    const weight = 1e-10 * 100 ** rung * diagonal;
    add(weight - total);
    total = weight;
    if (!attempt()) continue;
    ladder.rung = rung;
    return true;
  }
  return false;
}

/** Largest diagonal entry of R, > 0. */
export function largestControlWeight({ R, shape: { N, nu } }: Qp): number {
  let largest = 1e-8;
  for (let i = 0; i < N * nu; i++) largest = Math.max(largest, R[i * nu + (i % nu)]);
  return largest;
}

/** Minimizes over X (N + 1, nx), U (N, nu) with the last factors and the gradients q (N + 1, nx), r (N, nu). */
export function solveSystem(s: RiccatiSystem, qp: Qp, q: Vec, r: Vec, X: Vec, U: Vec): void {
  s.kernels.solve(qp.shape.N, qp.A, qp.B, q, r, s.Y, s.L, s.Linv, s.z, X, U);
}

/** Gradients gx (N + 1, nx), gu (N, nu) of a QP's cost at (X, U), without its penalties. */
export function costGradient(kernels: RiccatiKernels, qp: Qp, X: Vec, U: Vec, gx: Vec, gu: Vec): void {
  kernels.gradient(qp.shape.N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
}

/** Gradient ru (N, nu) with respect to the controls alone, the states following the dynamics. */
export function reducedGradient(kernels: RiccatiKernels, qp: Qp, gx: Vec, gu: Vec, ru: Vec): void {
  kernels.adjoint(qp.shape.N, qp.A, qp.B, gx, gu, ru);
}

/** States X (N + 1, nx) of the controls U (N, nu). */
export function rolloutControls(kernels: RiccatiKernels, qp: Qp, U: Vec, X: Vec): void {
  kernels.rollout(qp.shape.N, qp.A, qp.B, U, X);
}
