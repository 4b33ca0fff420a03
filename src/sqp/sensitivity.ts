import { checkLength } from "../base/index.ts";
import {
  clipControl,
  constraintPenalties,
  controlOf,
  type Ocp,
  type ParameterDerivatives,
  rowGroups,
  type Vec,
} from "../ocp/index.ts";
import {
  type ActiveSet,
  createQpSensitivity,
  createQpSolution,
  type QpChange,
  type QpMultipliers,
  type QpResponse,
  type QpSensitivity,
} from "../qp/index.ts";
import { adjoint } from "./adjoint.ts";
import { setWeights } from "./elastic-qp.ts";
import type { SqpGuess } from "./guess.ts";
import { linearize } from "./linearize.ts";
import { lagrangianHessian } from "./quadratize.ts";
import type { SqpResult } from "./sqp-result.ts";
import { type SqpShape, type SqpWorkspace, workspaceFor } from "./workspace.ts";

/** Derivatives of a solution with respect to some numbers, a column for each. */
export type SolutionDerivative = {
  /** n, how many numbers. */
  readonly count: number;
  /** (N + 1, nx, n) */
  readonly X: Vec;
  /** (N, nu, n) */
  readonly U: Vec;
  /** (m, n), stacked as the multipliers of a result. */
  readonly multipliers: Vec;
};

/** How a solution moves with what it was solved for. */
export type SqpSensitivity = {
  /** What is held at its bound; derivatives hold as long as this stays so. */
  readonly active: ActiveSet;
  /** With respect to the initial state: n = nx. */
  state(): SolutionDerivative;
  /** With respect to parameters: n = p.count. */
  parameters(p: ParameterDerivatives): SolutionDerivative;
};

/** What is needed of a {@link SqpResult}. */
export type Solution = Pick<SqpResult, "X" | "U" | "multipliers">;

/**
 * Prepares the derivatives of a solution by the implicit function theorem: the KKT system with the exact Hessian of the
 * Lagrangian and the active set held is factored once, each column costs a few sweeps (docs/solver.md#sensitivities).
 *
 * @param solution converged: its error is that of the derivatives, too
 * @returns undefined where the problem is not strictly convex along what is free: then there are no derivatives
 * @throws ShapeError where the solution does not fit the problem
 */
export function createSensitivity(
  ocp: Ocp,
  solution: Solution,
  workspace?: SqpWorkspace,
): SqpSensitivity | undefined {
  const w = workspaceFor(ocp, workspace);
  const { shape, qp, current, duals } = w;
  const { N, nx, nu, m } = shape;
  checkLength("X", solution.X.length, (N + 1) * nx, "(N+1)*nx");
  checkLength("U", solution.U.length, N * nu, "N*nu");
  checkLength("multipliers", solution.multipliers.length, m, "m");
  current.X.set(solution.X);
  current.U.set(solution.U);
  duals.Y.set(solution.multipliers);
  constraintPenalties(ocp, shape, w.penalties);
  linearize(ocp, shape, current, qp);
  adjoint(shape, qp, duals.Y, w.adjoint);
  lagrangianHessian(ocp, w);
  setWeights(shape, qp, w.penalties);
  const { dX, dU, multipliers } = createQpSolution(shape);
  readMultipliers(w, multipliers);
  const system = createQpSensitivity(qp, { dX, dU, multipliers });
  if (system === undefined) return undefined;
  const costate = w.adjoint.costateOf.map((p) => p.slice());
  const point = { X: solution.X.slice(), U: solution.U.slice(), Y: solution.multipliers.slice(), costate };
  return {
    active: system.active,
    state: () => columns(shape, system, nx, (i) => ({ x0: unit(nx, i) })),
    parameters: (p) => columns(shape, system, p.count, parameterChanges(ocp, shape, point, p)),
  };
}

/** Multipliers of a QP whose step is zero, from those of the iterate and its gradient. */
function readMultipliers({ shape, duals, adjoint }: SqpWorkspace, out: QpMultipliers): void {
  const { N, nb, rowStart, start } = shape;
  adjoint.gradient.forEach((g, i) => {
    out.uLower[i] = Math.max(0, g);
    out.uUpper[i] = Math.max(0, -g);
  });
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) out.rows[row] = duals.Y[at++];
    for (let j = 0; k > 0 && j < nb; j++) {
      out.xLower[k * nb + j] = duals.Y[at + j];
      out.xUpper[k * nb + j] = duals.Y[at + nb + j];
    }
  }
}

const unit = (n: number, i: number): Vec => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));

/** Solves for each of `count` changes of the QP's data, and stacks what comes of it. */
function columns(
  shape: SqpShape,
  system: QpSensitivity,
  count: number,
  change: (i: number) => QpChange,
): SolutionDerivative {
  const { N, nx, nu, nb, m, rowStart, start } = shape;
  const response: QpResponse = createQpSolution(shape);
  const out = {
    count,
    X: new Float64Array((N + 1) * nx * count),
    U: new Float64Array(N * nu * count),
    multipliers: new Float64Array(m * count),
  };
  for (let i = 0; i < count; i++) {
    system.respond(change(i), response);
    const { dX, dU, multipliers } = response;
    for (let j = 0; j < dX.length; j++) out.X[j * count + i] = dX[j];
    for (let j = 0; j < dU.length; j++) out.U[j * count + i] = dU[j];
    for (let k = 0; k <= N; k++) {
      let at = start[k];
      for (let row = rowStart[k]; row < rowStart[k + 1]; row++)
        out.multipliers[at++ * count + i] = multipliers.rows[row];
      for (let j = 0; k > 0 && j < nb; j++) {
        out.multipliers[(at + j) * count + i] = multipliers.xLower[k * nb + j];
        out.multipliers[(at + nb + j) * count + i] = multipliers.xUpper[k * nb + j];
      }
    }
  }
  return out;
}

type Point = { readonly X: Vec; readonly U: Vec; readonly Y: Vec; readonly costate: readonly Vec[] };

/** How the data of the QP at a solution change with each parameter. */
function parameterChanges(
  ocp: Ocp,
  shape: SqpShape,
  { X, U, Y, costate }: Point,
  p: ParameterDerivatives,
): (i: number) => QpChange {
  const { N, nx, nu, nr, blocks } = shape;
  const np = p.count;
  const x = (k: number): Vec => X.subarray(k * nx, (k + 1) * nx);
  const u = (k: number): Vec => U.subarray(k * nu, (k + 1) * nu);
  const F = new Float64Array(N * nx * np);
  const G = new Float64Array((N + 1) * (nx + nu) * np);
  const E = new Float64Array(nr * np);
  const stageOf = (k: number): Vec => G.subarray(k * (nx + nu) * np, (k + 1) * (nx + nu) * np);
  for (let k = 0; k < N; k++)
    p.stage(x(k), u(k), k, costate[k + 1], F.subarray(k * nx * np, (k + 1) * nx * np), stageOf(k));
  p.terminal(x(N), stageOf(N).subarray(0, nx * np));
  for (const { group, k, row, count, at } of blocks) {
    const rows = p.rows?.[group];
    if (rows === undefined) continue;
    const control = controlOf(rowGroups(ocp)[group], k < N ? u(k) : new Float64Array(nu));
    const curved = new Float64Array((nx + control.length) * np);
    rows(x(k), control, k, Y.subarray(at, at + count), E.subarray(row * np, (row + count) * np), curved);
    for (let i = 0; i < curved.length; i++) stageOf(k)[i] -= curved[i];
  }
  return (i) => ({
    b: Float64Array.from({ length: N * nx }, (_, j) => F[j * np + i]),
    q: Float64Array.from({ length: (N + 1) * nx }, (_, j) => stageOf(Math.floor(j / nx))[(j % nx) * np + i]),
    r: Float64Array.from({ length: N * nu }, (_, j) => stageOf(Math.floor(j / nu))[(nx + (j % nu)) * np + i]),
    c: Float64Array.from({ length: nr }, (_, j) => E[j * np + i]),
  });
}

/**
 * The solution after a change, to first order: a guess that a solve then only has to correct. Controls are clipped to
 * their bounds, multipliers of inequalities to 0; where the active set changes with the change, the error is of first
 * order, else of second.
 *
 * @param change (n) of what the derivative is with respect to
 */
export function predictSolution(
  ocp: Ocp,
  solution: Solution,
  derivative: SolutionDerivative,
  change: ArrayLike<number>,
): Required<Pick<SqpGuess, "X" | "U" | "multipliers">> {
  const { count } = derivative;
  checkLength("change", change.length, count, "the derivative's count");
  const moved = (from: Vec, by: Vec): Vec =>
    from.map((value, i) => {
      let sum = value;
      for (let j = 0; j < count; j++) sum += by[i * count + j] * change[j];
      return sum;
    });
  const U = moved(solution.U, derivative.U);
  const { nu } = ocp.dynamics;
  for (let k = 0; k < ocp.N; k++) clipControl(ocp, U.subarray(k * nu, (k + 1) * nu), k);
  return {
    X: moved(solution.X, derivative.X),
    U,
    multipliers: moved(solution.multipliers, derivative.multipliers),
  };
}
