import { identity, type Matrix, rowsOf, transpose } from "../linalg/index.ts";
import { createCurvature, type Ocp, type SoftPenalty, type Vec } from "../ocp/index.ts";

/**
 * The problem at stage k in z = (x, u), z = x at the end: dx_{k+1} = f dz, cost gradient l and Hessian H,
 * constraints c + C dz >= 0: the m of the state, [rows | state - lower | upper - state], then
 * [u - lower | upper - u].
 */
export type Stage = { f: Matrix; l: number[]; H: Matrix; C: Matrix; c: number[] };

/** The m constraints c(x_k); those of x_0, which is given, and bounds that are missing are far away. */
export function constraintsAt(ocp: Ocp, x: number[], k: number): number[] {
  const { index, lower, upper } = ocp.stateBox ?? { index: [], lower: [], upper: [] };
  const rows = ask(ocp.rows?.count ?? 0, (out) => k > 0 && ocp.rows?.value(vec(x), k, out));
  const c = [...rows, ...index.map((i, j) => x[i] - lower[j]), ...index.map((i, j) => upper[j] - x[i])];
  return c.map((v) => (k === 0 ? 1e30 : Math.min(v, 1e30)));
}

/** Penalties of the m constraints of a state, undefined where hard. */
export function penaltiesOf(ocp: Ocp): (SoftPenalty | undefined)[] {
  const box = ocp.stateBox?.index ?? [];
  return [
    ...new Array(ocp.rows?.count ?? 0).fill(ocp.rows?.soft),
    ...[...box, ...box].map(() => ocp.stateBox?.soft),
  ];
}

/** First and second derivatives of the problem's functions at x_k and u_k, none at the end. */
export function stageAt(ocp: Ocp, x: number[], u: number[], k: number): Stage {
  const { nx, nu } = ocp.dynamics;
  const sizes = [nx * nx, nx * nu, nx, u.length, nx * nx, u.length ** 2, u.length * nx];
  const [A, B, q, r, Q, R, M] = sizes.map((size) => new Float64Array(size));
  if (k < ocp.N) {
    ocp.dynamics.jacobian(vec(x), vec(u), k, A, B);
    ocp.stageGradient(vec(x), vec(u), k, q, r);
    ocp.stageHessian(vec(x), vec(u), k, Q, R, M);
  } else {
    ocp.terminalGradient(vec(x), q);
    ocp.terminalHessian(vec(x), Q);
  }
  const unit = identity(nx + u.length);
  const cross = rowsOf(M, nx);
  const rows = ask((ocp.rows?.count ?? 0) * nx, (out) => k > 0 && ocp.rows?.jacobian(vec(x), k, out));
  const gradients = rowsOf(rows, nx).map((row) => [...row, ...u.map(() => 0)]);
  const box = (ocp.stateBox?.index ?? []).map((i) => unit[i].map((v) => (k > 0 ? v : 0)));
  const controls = unit.slice(nx);
  const minus = (E: Matrix): Matrix => E.map((row) => row.map((v) => -v));
  const room = [...u.map((v, i) => v - ocp.uLower[i]), ...u.map((v, i) => ocp.uUpper[i] - v)];
  return {
    f: beside(rowsOf(A, nx), rowsOf(B, nu)),
    l: [...q, ...r],
    H: [...beside(rowsOf(Q, nx), transpose(cross)), ...beside(cross, rowsOf(R, nu))],
    C: [...gradients, ...box, ...minus(box), ...controls, ...minus(controls)],
    c: [...constraintsAt(ocp, x, k), ...room],
  };
}

/** Curvature of dynamics and rows in z: sum_i p_i d2f_i - sum_i y_i d2c_i, with the costates p of k + 1 and y of k. */
export function curvatureAt(ocp: Ocp, x: number[], u: number[], k: number, p: number[], y: number[]): Matrix {
  const { nx } = ocp.dynamics;
  const n = nx + u.length;
  const { dynamics, rows } = createCurvature(ocp);
  const costate = vec(p.slice(0, nx));
  const ofDynamics = ask(n * n, (out) => k < ocp.N && dynamics(vec(x), vec(u), k, costate, out));
  const rowY = vec(y.slice(0, ocp.rows?.count ?? 0));
  const ofRows = ask(nx * nx, (out) => rowY.some((v) => v > 1e-9) && rows(vec(x), k, rowY, out));
  return rowsOf(ofDynamics, n).map((row, i) =>
    row.map((v, j) => v - (i < nx && j < nx ? ofRows[i * nx + j] : 0)),
  );
}

/** The numbers as the problem's functions take them. */
export const vec = (v: readonly number[]): Vec => Float64Array.from(v);

/** What a function of the problem writes into (size) zeros. */
export function ask(size: number, write: (out: Vec) => unknown): number[] {
  const out = new Float64Array(size);
  write(out);
  return [...out];
}

function beside(A: Matrix, B: Matrix): Matrix {
  return A.map((row, i) => [...row, ...(B[i] ?? [])]);
}
