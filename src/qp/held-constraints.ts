import { createLqrFactors, factorLqr } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Qp, QpSolution } from "./qp.ts";
import { rowValue } from "./qp-residual.ts";

/** A solution, or what else a QP may be looked at: a step and its multipliers. */
export type QpPoint = Pick<QpSolution, "dX" | "dU" | "multipliers">;

/** A constraint of the states and controls of one stage, `value = C dx + D du + c >= 0`, with what holds it. */
export type StageConstraint = {
  readonly k: number;
  /** Where its multiplier stands, and its place there. */
  readonly source: "rows" | "xLower" | "xUpper";
  readonly index: number;
  /** (nx), (nu) */
  readonly C: Vec;
  readonly D: Vec;
  /**
   * `held`: its value stays as it is. `paid`: violated, it costs `quadratic` times half the square of its change.
   */
  readonly state: "held" | "paid";
  readonly quadratic: number;
  /** Curvature of the cost along its value [cost per squared unit of the value]. */
  readonly curvature: number;
};

/** What is held at a solution. */
export type ActiveSet = {
  /** (N, nu) 1 where a control stays at its bound. */
  readonly controls: Uint8Array;
  readonly constraints: readonly StageConstraint[];
  /**
   * By how much the nearest decision was made: the larger of a distance to its bound, and of the distance that its
   * multiplier would push it, over the smaller; near 1 the solution has no derivative there, only one to each side.
   */
  readonly margin: number;
};

/**
 * Which constraints hold a solution of a QP, and which are free. A constraint is held where its multiplier would
 * push it farther, against the cost's curvature, than it is away from its bound: no unit decides.
 */
export function activeSet(qp: Qp, point: QpPoint): ActiveSet {
  const { N, nx, nu, nb, rowStart, equality, controlRow, boxIndex } = qp.shape;
  const curvatures = costCurvatures(qp);
  const { multipliers, dX, dU } = point;
  let margin = Infinity;
  /** Whether one distance is larger than another; how much tells how near that is to changing. */
  const exceeds = (a: number, b: number): boolean => {
    margin = Math.min(margin, a === b ? 1 : Math.max(a, b) / Math.min(a, b));
    return a > b;
  };
  const controls = new Uint8Array(N * nu);
  for (let i = 0; i < N * nu; i++) {
    const [low, high] = [dU[i] - qp.uLower[i], qp.uUpper[i] - dU[i]];
    const [l, h] = [multipliers.uLower[i], multipliers.uUpper[i]];
    const lower = l > h || (l === h && low < high);
    const [distance, multiplier] = lower ? [low, l] : [high, h];
    if (qp.uLower[i] === qp.uUpper[i]) controls[i] = 1;
    else if (distance < Infinity && exceeds(multiplier / curvatures.u[i], Math.max(0, distance)))
      controls[i] = 1;
  }
  const constraints: StageConstraint[] = [];
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.weights;
  const stateOf = (
    c: number,
    y: number,
    linear: number,
    curvature: number,
    equal: boolean,
  ): "free" | "held" | "paid" => {
    if (!equal && (c === Infinity || !exceeds(Math.max(0, y) / curvature, Math.max(0, c)))) return "free";
    if (linear === Infinity) return "held";
    const violation = equal ? Math.abs(c) : Math.max(0, -c);
    return exceeds(violation, Math.max(0, linear - Math.abs(y)) / curvature) ? "paid" : "held";
  };
  const none = new Float64Array(nu);
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      const C = qp.C.subarray(row * nx, (row + 1) * nx);
      const d = controlRow[row];
      const D = d < 0 ? none : qp.D.subarray(d * nu, (d + 1) * nu);
      const curvature = alongRow(curvatures, k, C, D, nx, nu);
      const value = rowValue(qp, k, row, dX, dU);
      const state = stateOf(value, multipliers.rows[row], rowLinear[row], curvature, equality[row] === 1);
      if (state === "free") continue;
      constraints.push({
        k,
        source: "rows",
        index: row,
        C,
        D,
        state,
        quadratic: rowQuadratic[row],
        curvature,
      });
    }
    for (let j = 0; k > 0 && j < nb; j++) {
      const [index, i] = [k * nb + j, k * nx + boxIndex[j]];
      const curvature = curvatures.x[i] > 0 ? curvatures.x[i] : 1;
      for (const source of ["xLower", "xUpper"] as const) {
        const sign = source === "xLower" ? 1 : -1;
        const value = sign * (dX[i] - qp[source][index]);
        const state = stateOf(value, multipliers[source][index], boxLinear[index], curvature, false);
        if (state === "free") continue;
        const C = new Float64Array(nx);
        C[boxIndex[j]] = sign;
        constraints.push({ k, source, index, C, D: none, state, quadratic: boxQuadratic[index], curvature });
      }
    }
  }
  return { controls, constraints, margin };
}

/** Curvature of the cost to go along each state and control: u (N, nu), x (N + 1, nx). */
type Curvatures = { readonly u: Vec; readonly x: Vec };

function costCurvatures({ shape: { N, nx, nu }, A, B, Q, R, M }: Qp): Curvatures {
  const factors = createLqrFactors(N, nx, nu);
  const convex = factorLqr({ N, nx, nu, A, B, Q, R, M }, factors);
  const x = Float64Array.from({ length: (N + 1) * nx }, (_, i) => {
    const at = i * nx + (i % nx);
    return Math.abs(convex && i >= nx ? factors.P[at] : Q[at]);
  });
  const u = Float64Array.from({ length: N * nu }, (_, i) => {
    if (!convex) return Math.abs(R[i * nu + (i % nu)]);
    let h = 0;
    for (let l = 0; l <= i % nu; l++) h += factors.L[i * nu + l] ** 2;
    return h;
  });
  return { u, x };
}

/** Curvature along the value of a row: that of the lightest way to change it by one. */
function alongRow({ u, x }: Curvatures, k: number, C: Vec, D: Vec, nx: number, nu: number): number {
  let give = 0;
  for (let j = 0; j < nx; j++) if (C[j] !== 0 && x[k * nx + j] > 0) give += C[j] ** 2 / x[k * nx + j];
  for (let j = 0; j < nu; j++) if (D[j] !== 0) give += D[j] ** 2 / u[k * nu + j];
  return give > 0 ? 1 / give : 1;
}
