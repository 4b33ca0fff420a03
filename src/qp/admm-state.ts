import { largestMagnitude } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { addPairForces, createIpmPairs, type IpmPairs } from "./ipm-pairs.ts";
import { createQpSolution, type QpShape, type QpSolution } from "./qp.ts";
import type { QpKktResidual } from "./qp-residual.ts";
import type { WarmSteps } from "./qp-warm.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import {
  costGradient,
  createRiccatiSystem,
  type RiccatiSystem,
  reducedGradient,
  rolloutControls,
} from "./riccati-system.ts";

/** All that operator splitting remembers and works on. */
export type AdmmState = {
  readonly shape: QpShape;
  readonly system: RiccatiSystem;
  readonly pairs: IpmPairs;
  readonly solution: QpSolution;
  /** The minimizer w = (X, U) of the last step. */
  readonly X: Vec;
  readonly U: Vec;
  /** Gradients of the cost, right-hand sides, gradient with respect to the controls alone. */
  readonly gx: Vec;
  readonly gu: Vec;
  readonly qh: Vec;
  readonly rh: Vec;
  readonly ru: Vec;
  /** (N, nu) the last controls, while others are tried. */
  readonly last: Vec;
  /** (N, nu) copies and multipliers of the bounded controls. */
  readonly yU: Vec;
  readonly lambdaU: Vec;
  /** (ns) of each soft row: value at dX = 0, value, copy, multiplier (<= 0), 1 / |G|^2. */
  readonly g0: Vec;
  readonly g: Vec;
  readonly y: Vec;
  readonly lambda: Vec;
  readonly share: Vec;
  readonly scratch: Vec;
  readonly kkt: QpKktResidual;
  /** Tries controls with the pairs' multipliers. */
  readonly warm: WarmSteps;
  rho: number;
  /** Mean diagonal entry of the Hessian, > 0. */
  curvature: number;
  /** Whether the last solution can start a warm one. */
  usable: boolean;
};

/** Allocates the state for a shape. */
export function createAdmmState(shape: QpShape, kernels: RiccatiKernels): AdmmState {
  const { N, nx, nu } = shape;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const pairs = createIpmPairs(shape);
  const soft = (): Vec => new Float64Array(pairs.linear.length);
  const solution = createQpSolution(shape);
  const system = createRiccatiSystem(shape, kernels);
  const [gx, gu, ru] = [states(), controls(), controls()];
  const { dX, dU } = solution;
  const warm: WarmSteps = {
    place: (qp) => rolloutControls(kernels, qp, dU, dX),
    reducedGradient(qp) {
      costGradient(kernels, qp, dX, dU, gx, gu);
      addPairForces(pairs, qp, pairs.hl, pairs.sl, gx, gu);
      reducedGradient(kernels, qp, gx, gu, ru);
      for (let j = 0; j < pairs.nf; j++) ru[pairs.fixed[j]] = 0;
      return largestMagnitude(ru);
    },
  };
  return {
    shape,
    system,
    pairs,
    solution,
    warm,
    X: states(),
    U: controls(),
    gx,
    gu,
    qh: states(),
    rh: controls(),
    ru,
    last: controls(),
    yU: controls(),
    lambdaU: controls(),
    g0: soft(),
    g: soft(),
    y: soft(),
    lambda: soft(),
    share: soft(),
    scratch: new Float64Array(2 * nx),
    kkt: { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
    rho: 1,
    curvature: 1,
    usable: false,
  };
}
