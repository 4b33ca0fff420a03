import { addScaled, largestMagnitude } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import {
  type ActivePieces,
  createActivePieces,
  factorPiece,
  firstDerivative,
  keepEstimates,
  movePieces,
  secondDerivative,
  selectPieces,
  slopeAt,
  startPieces,
  stepPiece,
} from "./active-pieces.ts";
import { centrePairs } from "./ipm-centre.ts";
import { createIpmNumbers, type IpmEngine } from "./ipm-engine.ts";
import {
  assembleNewton,
  correctNewton,
  createIpmNewton,
  newtonDirection,
  updatePairs,
} from "./ipm-newton.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import {
  addPairForces,
  createIpmPairs,
  type IpmPairs,
  readMultipliers,
  selectPairs,
  violationCost,
  writeMultipliers,
} from "./ipm-pairs.ts";
import { createQpSolution, type Qp, type QpShape, type QpSolution } from "./qp.ts";
import { isFiniteQp, type QpKktResidual, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import {
  costGradient,
  createRiccatiSystem,
  factorRegularized,
  type RiccatiSystem,
  reducedGradient,
  resetHessian,
  resetWeights,
  rolloutControls,
  solveSystem,
} from "./riccati-system.ts";
import { softValues } from "./soft-rows.ts";

/** What the steps work on in JavaScript; the present point is `solution` with `pairs`. */
type PlainState = {
  readonly system: RiccatiSystem;
  readonly pairs: IpmPairs;
  readonly newton: IpmNewton;
  readonly pieces: ActivePieces;
  readonly solution: QpSolution;
  /** Steps (N + 1, nx) and (N, nu). */
  readonly stepX: Vec;
  readonly stepU: Vec;
  /** Gradients of the cost, right-hand sides, gradient with respect to the controls alone. */
  readonly gx: Vec;
  readonly gu: Vec;
  readonly qh: Vec;
  readonly rh: Vec;
  readonly ru: Vec;
  /** (ns) values of the soft rows at a start. */
  readonly g: Vec;
  readonly scratch: Vec;
  readonly kkt: QpKktResidual;
};

function createPlainState(shape: QpShape, kernels: RiccatiKernels): PlainState {
  const { N, nx, nu } = shape;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const pairs = createIpmPairs(shape);
  const system = createRiccatiSystem(shape, kernels);
  return {
    system,
    pairs,
    newton: createIpmNewton(shape, pairs),
    pieces: createActivePieces(shape, system, pairs),
    solution: createQpSolution(shape),
    stepX: states(),
    stepU: controls(),
    gx: states(),
    gu: controls(),
    qh: states(),
    rh: controls(),
    ru: controls(),
    g: new Float64Array(pairs.linear.length),
    scratch: new Float64Array(2 * nx),
    kkt: { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
  };
}

/** The steps in JavaScript, on kernels of the Riccati recursion. */
export function createPlainEngine(shape: QpShape, kernels: RiccatiKernels): IpmEngine {
  const s = createPlainState(shape, kernels);
  const { pairs, newton, pieces, solution, g } = s;
  const { dX, dU } = solution;
  const numbers = createIpmNumbers();
  const reach = (): void => {
    numbers.alpha = newton.alpha;
    numbers.cross = newton.cross;
  };
  return {
    kind: kernels.kind,
    numbers,
    solution,
    load(qp) {
      if (!isFiniteQp(qp)) return false;
      selectPairs(pairs, qp);
      s.system.ladder.rung = 0;
      numbers.count = pairs.count;
      return true;
    },
    place(qp) {
      rolloutControls(kernels, qp, dU, dX);
      softValues(pairs, qp, dX, dU, g);
    },
    setMultipliers: (multipliers) => readMultipliers(pairs, multipliers, pairs.hl, pairs.sl),
    reducedGradient: (qp) => largestMagnitude(lagrangianGradient(s, qp)),
    unconstrainedGain: (qp, regularization) => unconstrainedGain(s, qp, regularization),
    violationCost: (scale) => violationCost(pairs, g, scale),
    centre: (qp, mu, scale, curvature) => centrePairs(newton, qp, dU, g, mu, scale, curvature),
    predict(qp, regularization) {
      if (!predict(s, qp, regularization)) return false;
      reach();
      return true;
    },
    correct(qp, target, share, limit) {
      correct(s, qp, target, share, limit);
      reach();
    },
    update(alpha) {
      updatePairs(newton, alpha);
      addScaled(dX, alpha, s.stepX);
      addScaled(dU, alpha, s.stepU);
      const { mu, worst, largest, slope } = newton;
      Object.assign(numbers, { mu, worst, largest, slope });
    },
    measure: (qp) => measurePoint(s, qp),
    startActive: (qp) => startPieces(pieces, qp, dX, dU),
    selectPieces(rho) {
      const changed = selectPieces(pieces, rho);
      numbers.worst = pieces.worst;
      return changed;
    },
    factorPiece: (qp) => factorPiece(pieces, qp),
    stepPiece(qp) {
      stepPiece(pieces, qp);
      numbers.first = firstDerivative(pieces);
      numbers.second = secondDerivative(pieces);
    },
    slopeAt: (alpha, rho) => slopeAt(pieces, alpha, rho),
    move: (alpha) => movePieces(pieces, alpha, dX, dU),
    keepEstimates: () => keepEstimates(pieces),
  };
}

/** Gradient (N, nu) of the Lagrangian in the controls, the states following; zero for those that are fixed. */
function lagrangianGradient(s: PlainState, qp: Qp): Vec {
  const { pairs, ru } = s;
  gradientInControls(s, qp);
  for (let j = 0; j < pairs.nf; j++) ru[pairs.fixed[j]] = 0;
  return ru;
}

function gradientInControls({ system, pairs, solution, gx, gu, ru }: PlainState, qp: Qp): void {
  costGradient(system.kernels, qp, solution.dX, solution.dU, gx, gu);
  addPairForces(pairs, qp, pairs.hl, pairs.sl, gx, gu);
  reducedGradient(system.kernels, qp, gx, gu, ru);
}

/** What an unconstrained step from the present point gains. */
function unconstrainedGain(s: PlainState, qp: Qp, regularization: number): number {
  const { system, solution, gx, gu } = s;
  costGradient(system.kernels, qp, solution.dX, solution.dU, gx, gu);
  resetWeights(system, s.pairs, regularization);
  if (!factorRegularized(system, qp, false)) return 0;
  solveSystem(system, qp, gx, gu, s.stepX, s.stepU);
  let gain = 0;
  for (let i = 0; i < system.z.length; i++) gain += 0.5 * system.z[i] * system.z[i];
  return gain;
}

function predict(s: PlainState, qp: Qp, regularization: number): boolean {
  const { system, pairs, newton, solution, stepX, stepU, gx, gu, qh, rh } = s;
  costGradient(system.kernels, qp, solution.dX, solution.dU, gx, gu);
  resetWeights(system, pairs, regularization);
  resetHessian(system, qp);
  qh.fill(0);
  rh.fill(0);
  assembleNewton(newton, qp, system, gx, gu, qh, rh);
  addScaled(qh, 1, gx);
  addScaled(rh, 1, gu);
  if (!factorRegularized(system, qp, true)) return false;
  solveSystem(system, qp, qh, rh, stepX, stepU);
  newtonDirection(newton, qp, stepX, stepU, 1);
  return true;
}

function correct(s: PlainState, qp: Qp, target: number, share: number, limit: number): void {
  const { system, newton, stepX, stepU, gx, gu, qh, rh } = s;
  qh.set(gx);
  rh.set(gu);
  correctNewton(newton, qp, target, share, qh, rh);
  solveSystem(system, qp, qh, rh, stepX, stepU);
  newtonDirection(newton, qp, stepX, stepU, limit);
}

/** Writes the multipliers and the residual of the present point; returns the relative residual. */
function measurePoint(s: PlainState, qp: Qp): number {
  const { pairs, solution, ru } = s;
  const { multipliers } = solution;
  writeMultipliers(pairs, multipliers);
  if (pairs.nf > 0) {
    gradientInControls(s, qp);
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
