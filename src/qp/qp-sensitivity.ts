import { createLqrFactors, factorLqr, type LqrFactors, type LqrProblem, solveLqr } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { type ActiveSet, activeSet, type QpPoint, type StageConstraint } from "./held-constraints.ts";
import type { Qp, QpMultipliers } from "./qp.ts";

/** How the data of a QP change; what is missing does not. */
export type QpChange = {
  /** (nx) of the state at stage 0. */
  readonly x0?: Vec;
  /** (N, nx) what the dynamics add. */
  readonly b?: Vec;
  /** (N + 1, nx) and (N, nu) of the gradients. */
  readonly q?: Vec;
  readonly r?: Vec;
  /** (nr) of the rows' values. */
  readonly c?: Vec;
};

/** How the solution of a QP changes: dX (N + 1, nx), dU (N, nu), and multipliers of rows and box. */
export type QpResponse = {
  readonly dX: Vec;
  readonly dU: Vec;
  readonly multipliers: Pick<QpMultipliers, "rows" | "xLower" | "xUpper">;
};

/** The KKT system of a QP's solution with what is active held, factored. */
export type QpSensitivity = {
  readonly active: ActiveSet;
  /** (N, nu, nx) the step's derivative `du = K dx` with the state of its stage; held rows give by a millionth. */
  readonly gains: Vec;
  /**
   * The change of the solution with the data, exact for linear-quadratic problems as long as the active set stays.
   * It costs a few sweeps over the horizon.
   */
  respond(change: QpChange, out: QpResponse): void;
};

/** Weight of held rows over the cost's curvature along them. */
const HELD_WEIGHT = 1e6;
/** Multipliers of held rows are exact to this share of the largest. */
const HELD_TOLERANCE = 1e-11;
const MOST_SWEEPS = 20;

/**
 * Factors the KKT system of a solution with its active set, for derivatives with respect to the data (implicit
 * function theorem): controls at a bound are taken out, violated soft rows add their penalty's curvature, other active
 * rows are held by an augmented Lagrangian, whose multipliers take two or three sweeps.
 *
 * @returns undefined where the QP is not convex along what is free: then the solution has no derivative
 */
export function createQpSensitivity(qp: Qp, point: QpPoint): QpSensitivity | undefined {
  const { N, nx, nu } = qp.shape;
  const active = activeSet(qp, point);
  const problem: LqrProblem = {
    ...{ N, nx, nu, A: qp.A, B: qp.B.slice(), Q: qp.Q.slice() },
    R: qp.R.slice(),
    M: qp.M.slice(),
  };
  const weights = Float64Array.from(active.constraints, ({ state, quadratic, curvature }) =>
    state === "paid" ? quadratic : HELD_WEIGHT * curvature,
  );
  active.constraints.forEach((row, i) => void addOuter(problem, row, weights[i]));
  active.controls.forEach((held, i) => void (held === 1 && takeOut(problem, i)));
  const factors = createLqrFactors(N, nx, nu);
  if (!factorLqr(problem, factors)) return undefined;
  return {
    active,
    gains: factors.K,
    respond: (change, out) => void respond(qp, problem, factors, active, weights, change, out),
  };
}

/** Adds weight [C D]'[C D] to the Hessian of a stage. */
function addOuter({ nx, nu, Q, R, M }: LqrProblem, { k, C, D }: StageConstraint, weight: number): void {
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[(k * nx + i) * nx + j] += weight * C[i] * C[j];
  for (let i = 0; i < nu; i++) {
    if (D[i] === 0) continue;
    for (let j = 0; j < nu; j++) R[(k * nu + i) * nu + j] += weight * D[i] * D[j];
    for (let j = 0; j < nx; j++) M![(k * nu + i) * nx + j] += weight * D[i] * C[j];
  }
}

/** Leaves a control (i of all) without effect and cost but its own square, so that it stays. */
function takeOut({ nx, nu, B, R, M }: LqrProblem, i: number): void {
  const [k, own] = [Math.floor(i / nu), i % nu];
  for (let l = 0; l < nx; l++) B[(k * nx + l) * nu + own] = 0;
  M!.fill(0, i * nx, (i + 1) * nx);
  for (let j = 0; j < nu; j++) {
    R[i * nu + j] = j === own ? 1 : 0;
    R[(k * nu + j) * nu + own] = j === own ? 1 : 0;
  }
}

function respond(
  { shape: { N, nx, nu } }: Qp,
  problem: LqrProblem,
  factors: LqrFactors,
  { controls, constraints }: ActiveSet,
  weights: Vec,
  given: QpChange,
  out: QpResponse,
): void {
  const { dX, dU, multipliers } = out;
  const copy = (v: Vec | undefined, length: number): Vec => v?.slice() ?? new Float64Array(length);
  const [b, x0] = [copy(given.b, N * nx), copy(given.x0, nx)];
  const shifts = constraints.map(({ source, index }) => (source === "rows" ? (given.c?.[index] ?? 0) : 0));
  const y = new Float64Array(constraints.length);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    const [q, r] = [copy(given.q, (N + 1) * nx), copy(given.r, N * nu)];
    constraints.forEach(({ state, k, C, D }, i) => {
      const force = weights[i] * shifts[i] - (state === "held" ? y[i] : 0);
      for (let j = 0; j < nx; j++) q[k * nx + j] += force * C[j];
      for (let j = 0; j < nu; j++) if (D[j] !== 0) r[k * nu + j] += force * D[j];
    });
    for (let i = 0; i < r.length; i++) if (controls[i] === 1) r[i] = 0;
    solveLqr(problem, factors, { b, x0, q, r }, dX, dU);
    let [change, size] = [0, 0]; // of multipliers, as energies: units of rows cancel
    constraints.forEach(({ state, k, C, D, curvature }, i) => {
      let value = shifts[i];
      for (let j = 0; j < nx; j++) value += C[j] * dX[k * nx + j];
      for (let j = 0; j < nu; j++) if (D[j] !== 0) value += D[j] * dU[k * nu + j];
      const force = weights[i] * value;
      y[i] = state === "held" ? y[i] - force : -force;
      if (state === "held") change = Math.max(change, force ** 2 / curvature);
      size = Math.max(size, y[i] ** 2 / curvature);
    });
    if (!(change > HELD_TOLERANCE ** 2 * size)) break;
  }
  for (const part of Object.values(multipliers)) part.fill(0);
  constraints.forEach(({ source, index }, i) => {
    multipliers[source][index] = y[i];
  });
}
