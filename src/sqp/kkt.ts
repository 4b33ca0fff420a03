import type { Ocp, Vec } from "../ocp/index.ts";
import { constraintPenalties } from "./constraints.ts";
import type { Iterate } from "./workspace.ts";

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
 * Optimality residuals of an iterate whose constraints are evaluated (docs/solver.md#stopping-test).
 *
 * @param Y (N + 1, m) multipliers of the stacked constraints
 * @param gradient (N, nu) of the Lagrangian with those multipliers, from {@link adjoint}
 */
export function kktResiduals(ocp: Ocp, t: Iterate, Y: Vec, gradient: Vec): SqpResiduals {
  const nu = ocp.dynamics.nu;
  let stationarity = 0;
  let largestU = 0;
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i];
    const u = t.U[i];
    const step = g > 0 ? Math.min(g, u - ocp.uLower[i % nu]) : Math.min(-g, ocp.uUpper[i % nu] - u);
    stationarity = Math.max(stationarity, Math.abs(step));
    largestU = Math.max(largestU, Math.abs(u));
  }
  const { rows, box } = constraintPenalties(ocp);
  const nc = ocp.rows?.count ?? 0;
  const m = Y.length / (ocp.N + 1);
  let primal = 0;
  let complementarity = 0;
  let largestY = 0;
  for (let at = m; at < Y.length; at++) {
    const c = t.con[at];
    const y = Y[at];
    const { hard, linear, quadratic } = at % m < nc ? rows : box;
    largestY = Math.max(largestY, y);
    if (c >= 0) complementarity = Math.max(complementarity, y * c);
    else if (hard) primal = Math.max(primal, -c);
    else complementarity = Math.max(complementarity, Math.abs(linear - quadratic * c - y) * -c);
  }
  const scaleY = 1 + largestY;
  const kkt = Math.max(primal / (1 + largestU), stationarity / scaleY, complementarity / scaleY);
  const finite = Number.isFinite(stationarity + complementarity + primal);
  return { primal, stationarity, complementarity, kkt: finite ? kkt : Number.NaN };
}
