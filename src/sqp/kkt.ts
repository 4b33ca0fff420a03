import { type Ocp, type Vec, violationOf } from "../ocp/index.ts";
import type { Iterate, SqpWorkspace } from "./workspace.ts";

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
 * @param Y (m) multipliers of the stacked constraints
 * @param gradient (N, nu) of the Lagrangian with those multipliers, from {@link adjoint}
 */
export function kktResiduals(
  ocp: Ocp,
  { shape, penalties }: Pick<SqpWorkspace, "shape" | "penalties">,
  t: Iterate,
  Y: Vec,
  gradient: Vec,
): SqpResiduals {
  let stationarity = 0;
  let largestU = 0;
  const period = ocp.uLower.length;
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i];
    const u = t.U[i];
    const step = g > 0 ? Math.min(g, u - ocp.uLower[i % period]) : Math.min(-g, ocp.uUpper[i % period] - u);
    stationarity = Math.max(stationarity, Math.abs(step));
    largestU = Math.max(largestU, Math.abs(u));
  }
  let primal = 0;
  let complementarity = 0;
  let largestY = 0;
  for (let at = 0; at < Y.length; at++) {
    const c = t.con[at];
    const linear = penalties.linear[at];
    const v = violationOf(shape, at, c);
    largestY = Math.max(largestY, Math.abs(Y[at]));
    if (v === 0) complementarity = Math.max(complementarity, Y[at] * c);
    else if (linear === Infinity) primal = Math.max(primal, v);
    else {
      const y = c > 0 ? -Y[at] : Y[at];
      complementarity = Math.max(complementarity, Math.abs(linear + penalties.quadratic[at] * v - y) * v);
    }
  }
  const scaleY = 1 + largestY;
  const kkt = Math.max(primal / (1 + largestU), stationarity / scaleY, complementarity / scaleY);
  const finite = Number.isFinite(stationarity + complementarity + primal);
  return { primal, stationarity, complementarity, kkt: finite ? kkt : Number.NaN };
}
