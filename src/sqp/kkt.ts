import type { Ocp } from "../ocp/index.ts";
import type { ConstraintPenalty } from "./constraints.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Optimality residuals of an iterate, largest absolute values. */
export type SqpResiduals = {
  /** Violation of hard constraints. */
  readonly primal: number;
  /** Gradient of the Lagrangian with respect to U, projected on the control bounds. */
  readonly stationarity: number;
  /** |multiplier * value| of inactive constraints, and the soft constraints' distance from their penalty. */
  readonly complementarity: number;
  /** Relative residual: max(primal / (1 + |U|), stationarity / (1 + |Y|), complementarity / (1 + |Y|)). */
  readonly kkt: number;
};

/**
 * Adjoint recursion `p_k = q_k + A_k'p_{k+1} - C_k'y_k`, gradient `g_k = r_k + B_k'p_{k+1}`, and from
 * them the residuals of MATH section 2, step 6, with the given multipliers (N + 1, m).
 */
export function kktResiduals(
  ocp: Ocp,
  w: SqpWorkspace,
  Y: Float64Array,
  rows: ConstraintPenalty,
  box: ConstraintPenalty,
): SqpResiduals {
  const { N, nx, nu, nc, nb, m, qp, current, con, costate, gradient, shape } = w;
  let largestY = 0;
  for (let k = N; k >= 1; k--) {
    const x = k * nx;
    for (let i = 0; i < nx; i++) {
      let s = qp.q[x + i];
      if (k < N) for (let l = 0; l < nx; l++) s += qp.A[k * nx * nx + l * nx + i] * costate[x + nx + l];
      for (let c = 0; c < nc; c++) s -= qp.C[(k * nc + c) * nx + i] * Y[k * m + c];
      costate[x + i] = s;
    }
    for (let j = 0; j < nb; j++) {
      costate[x + shape.boxIndex[j]] += Y[k * m + nc + nb + j] - Y[k * m + nc + j];
    }
  }
  let stationarity = 0;
  let largestU = 0;
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      let g = qp.r[k * nu + i];
      for (let l = 0; l < nx; l++) g += qp.B[k * nx * nu + l * nu + i] * costate[(k + 1) * nx + l];
      gradient[k * nu + i] = g;
      const u = current.U[k * nu + i];
      const step = g > 0 ? Math.min(g, u - ocp.uLower[i]) : Math.min(-g, ocp.uUpper[i] - u);
      stationarity = Math.max(stationarity, Math.abs(step));
      largestU = Math.max(largestU, Math.abs(u));
    }
  }
  let primal = 0;
  let complementarity = 0;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < m; i++) {
      const c = con[k * m + i];
      const y = Y[k * m + i];
      const penalty = i < nc ? rows : box;
      largestY = Math.max(largestY, y);
      if (c >= 0) complementarity = Math.max(complementarity, y * c);
      else if (penalty.hard) primal = Math.max(primal, -c);
      else
        complementarity = Math.max(
          complementarity,
          Math.abs(penalty.linear - penalty.quadratic * c - y) * -c,
        );
    }
  }
  const scaleY = 1 + largestY;
  const kkt = Math.max(primal / (1 + largestU), stationarity / scaleY, complementarity / scaleY);
  const finite = Number.isFinite(stationarity + complementarity + primal);
  return { primal, stationarity, complementarity, kkt: finite ? kkt : Number.NaN };
}
