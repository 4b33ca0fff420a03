import type { Vec } from "../ocp/index.ts";
import { type ActiveSetNewton, createActiveSetNewton } from "./active-set.ts";
import { createIpmNewton } from "./ipm-newton.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import { addPairForces, createIpmPairs, type IpmPairs, writeMultipliers } from "./ipm-pairs.ts";
import { createQpSolution, type Qp, type QpShape, type QpSolution } from "./qp.ts";
import { type QpKktResidual, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import {
  costGradient,
  createRiccatiSystem,
  factorSystem,
  type RiccatiSystem,
  reducedGradient,
} from "./riccati-system.ts";

/** All that the interior point remembers and works on; the present point is `solution` with `pairs`. */
export type IpmState = {
  readonly shape: QpShape;
  readonly tol: number;
  /** Steps of one attempt. */
  readonly maxIterations: number;
  readonly system: RiccatiSystem;
  readonly pairs: IpmPairs;
  readonly newton: IpmNewton;
  readonly activeSet: ActiveSetNewton;
  readonly solution: QpSolution;
  /** The best point of this call, where none was good enough. */
  readonly best: QpSolution;
  bestResidual: number;
  /** Steps (N + 1, nx) and (N, nu). */
  readonly stepX: Vec;
  readonly stepU: Vec;
  /** Gradients of the cost, right-hand sides, gradient with respect to the controls alone. */
  readonly gx: Vec;
  readonly gu: Vec;
  readonly qh: Vec;
  readonly rh: Vec;
  readonly ru: Vec;
  /** (N, nu) the last controls, while others are tried. */
  readonly last: Vec;
  /** (ns) values of the soft rows at a start. */
  readonly g: Vec;
  readonly scratch: Vec;
  readonly kkt: QpKktResidual;
  /** Scale of the gradients in the QP's data, and of its multipliers too. */
  dataScale: number;
  dualScale: number;
  /** Largest diagonal entry of R. */
  diagonal: number;
  /** Mean diagonal entry of the Hessian, > 0. */
  curvature: number;
  /** Whether the last solution can start a warm one. */
  usable: boolean;
};

/** Allocates the state for a shape. */
export function createIpmState(
  shape: QpShape,
  kernels: RiccatiKernels,
  tol: number,
  maxIterations: number,
): IpmState {
  const { N, nx, nu } = shape;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const pairs = createIpmPairs(shape);
  const system = createRiccatiSystem(shape, kernels);
  return {
    shape,
    tol,
    maxIterations,
    system,
    pairs,
    newton: createIpmNewton(shape, pairs),
    activeSet: createActiveSetNewton(shape, system, pairs),
    solution: createQpSolution(shape),
    best: createQpSolution(shape),
    bestResidual: Infinity,
    stepX: states(),
    stepU: controls(),
    gx: states(),
    gu: controls(),
    qh: states(),
    rh: controls(),
    ru: controls(),
    last: controls(),
    g: new Float64Array(pairs.linear.length),
    scratch: new Float64Array(2 * nx),
    kkt: { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
    dataScale: 1,
    dualScale: 1,
    diagonal: 1,
    curvature: 1,
    usable: false,
  };
}

/** Factorizes with more and more regularization until every pivot is positive; false where none suffices. */
export function factorRegularized(s: IpmState, qp: Qp, rows: boolean): boolean {
  const { system, diagonal } = s;
  let total = 0;
  for (let shift = 1e-10 * diagonal; ; shift *= 100) {
    if (factorSystem(system, qp, rows)) return true;
    if (shift > 1e8 * diagonal) return false;
    for (let i = 0; i < system.dR.length; i++) system.dR[i] += shift - total;
    total = shift;
  }
}

/** Writes the multipliers and the residual of the present point; returns the relative residual. */
export function measurePoint(s: IpmState, qp: Qp): number {
  const { pairs, solution, gx, gu, ru } = s;
  const { dX, dU, multipliers } = solution;
  writeMultipliers(pairs, multipliers);
  if (pairs.nf > 0) {
    costGradient(s.system.kernels, qp, dX, dU, gx, gu);
    addPairForces(pairs, qp, pairs.hl, pairs.sl, gx, gu);
    reducedGradient(s.system.kernels, qp, gx, gu, ru);
    for (let j = 0; j < pairs.nf; j++) {
      const i = pairs.fixed[j];
      multipliers.uLower[i] = Math.max(0, ru[i]);
      multipliers.uUpper[i] = Math.max(0, -ru[i]);
    }
  }
  qpKktResidual(qp, solution, s.scratch, s.kkt);
  solution.residual = s.kkt.max;
  return qpRelativeResidual(qp, solution, s.kkt);
}
