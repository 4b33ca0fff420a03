import { identity, type Matrix, rowsOf, transpose } from "../linalg/index.ts";
import {
  boundsOffset,
  createCurvature,
  type Ocp,
  penaltyOf,
  type RowGroup,
  rowGroups,
  rowStages,
  type SoftPenalty,
  type Vec,
} from "../ocp/index.ts";

/**
 * The problem at stage k in z = (x, u), z = x at the end: dx_{k+1} = f dz, cost gradient l and Hessian H,
 * constraints c + C dz >= 0, or = 0 where `equal`: those with multipliers, [rows | state - lower | upper - state],
 * each soft or hard, then [u - lower | upper - u].
 */
export type Stage = {
  f: Matrix;
  l: number[];
  H: Matrix;
  C: Matrix;
  c: number[];
  equal: boolean[];
  soft: (SoftPenalty | undefined)[];
};

/** The groups of rows that hold at stage k, with their place in the list. */
const groupsAt = (ocp: Ocp, k: number): { rows: RowGroup; group: number; u: (u: number[]) => Vec }[] =>
  rowGroups(ocp).flatMap((rows, group) =>
    rowStages(rows, ocp.N).includes(k) ? [{ rows, group, u: (u) => vec(rows.controls ? u : []) }] : [],
  );

/** The state box at stage k; x_0 is given and has none. */
function boxAt(ocp: Ocp, k: number): { index: readonly number[]; lower: number[]; upper: number[] } {
  const { index, lower, upper } = ocp.stateBox ?? { index: [], lower: vec([]), upper: vec([]) };
  const o = boundsOffset(lower, index.length, k);
  const of = (bounds: Vec): number[] => [...bounds.subarray(o, o + index.length)];
  return k > 0 ? { index, lower: of(lower), upper: of(upper) } : { index: [], lower: [], upper: [] };
}

/** The constraints c(x_k, u_k) that have multipliers; bounds that are missing are far away. */
export function constraintsAt(ocp: Ocp, x: number[], u: number[], k: number): number[] {
  const { index, lower, upper } = boxAt(ocp, k);
  const values = groupsAt(ocp, k).flatMap(({ rows, u: of }) =>
    ask(rows.count, (out) => rows.value(vec(x), of(u), k, out)),
  );
  const c = [...values, ...index.map((i, j) => x[i] - lower[j]), ...index.map((i, j) => upper[j] - x[i])];
  return c.map((v) => Math.min(v, 1e30));
}

/** Their penalties, undefined where hard, and which of them are equalities. */
function kindsAt(ocp: Ocp, k: number): Pick<Stage, "equal" | "soft"> {
  const box = boxAt(ocp, k).index.map((_, j) => penaltyOf(ocp.stateBox?.soft, j));
  const kinds = groupsAt(ocp, k).flatMap(({ rows }) =>
    Array.from({ length: rows.count }, (_, i) => ({
      equal: rows.kind === "equality",
      soft: penaltyOf(rows.soft, i),
    })),
  );
  const all = [...kinds, ...[...box, ...box].map((soft) => ({ equal: false, soft }))];
  return { equal: all.map(({ equal }) => equal), soft: all.map(({ soft }) => soft) };
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
  const gradients = groupsAt(ocp, k).flatMap(({ rows, u: of }) => {
    const D = new Float64Array(rows.count * of(u).length);
    const C = ask(rows.count * nx, (out) => rows.jacobian(vec(x), of(u), k, out, D));
    const ofControls = rows.controls ? rowsOf([...D], nu) : [];
    return rowsOf(C, nx).map((row, i) => [...row, ...(ofControls[i] ?? u.map(() => 0))]);
  });
  const box = boxAt(ocp, k).index.map((i) => unit[i]);
  const controls = unit.slice(nx);
  const minus = (E: Matrix): Matrix => E.map((row) => row.map((v) => -v));
  const o = boundsOffset(ocp.uLower, nu, k);
  const room = [...u.map((v, i) => v - ocp.uLower[o + i]), ...u.map((v, i) => ocp.uUpper[o + i] - v)];
  return {
    f: beside(rowsOf(A, nx), rowsOf(B, nu)),
    l: [...q, ...r],
    H: [...beside(rowsOf(Q, nx), transpose(cross)), ...beside(cross, rowsOf(R, nu))],
    C: [...gradients, ...box, ...minus(box), ...controls, ...minus(controls)],
    c: [...constraintsAt(ocp, x, u, k), ...room],
    ...kindsAt(ocp, k),
  };
}

/** Curvature of dynamics and rows in z: sum_i p_i d2f_i - sum_i y_i d2c_i, with the costates p of k + 1 and y of k. */
export function curvatureAt(ocp: Ocp, x: number[], u: number[], k: number, p: number[], y: number[]): Matrix {
  const { nx } = ocp.dynamics;
  const n = nx + u.length;
  const { dynamics, rows } = createCurvature(ocp);
  const costate = vec(p.slice(0, nx));
  const ofDynamics = ask(n * n, (out) => k < ocp.N && dynamics(vec(x), vec(u), k, costate, out));
  let at = 0;
  const ofRows = groupsAt(ocp, k).map(({ rows: { count, controls }, group, u: of }) => {
    const own = vec(y.slice(at, at + count));
    at += count;
    const size = controls ? n : nx;
    return rowsOf(
      ask(size * size, (out) => own.some((v) => v !== 0) && rows[group](vec(x), of(u), k, own, out)),
      size,
    );
  });
  return rowsOf(ofDynamics, n).map((row, i) =>
    row.map((v, j) => ofRows.reduce((sum, H) => sum - (H[i]?.[j] ?? 0), v)),
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
