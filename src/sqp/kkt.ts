import { sizeFrom, violationOf } from "../ocp/index.ts";
import { defectShare, largestDefect } from "./defects.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Optimality residuals of an iterate: largest absolute values in the problem's own units, and their measure. */
export type SqpResiduals = {
  /** Violation of hard constraints, and gaps in the states where a solve that began with them has not closed them. */
  readonly primal: number;
  /** Gradient of the Lagrangian with respect to U, where no control bound holds it. */
  readonly stationarity: number;
  /** |multiplier * value| of inactive constraints, and the soft constraints' distance from their penalty. */
  readonly complementarity: number;
  /** Relative residual, which no unit changes: the largest of the three as shares of what they are made of. */
  readonly kkt: number;
};

type KktGroups = Pick<
  SqpWorkspace,
  | "shape"
  | "current"
  | "defects"
  | "duals"
  | "adjoint"
  | "qp"
  | "costHessian"
  | "regulator"
  | "scales"
  | "penalties"
>;

/** A gradient below this share of curvature times size is rounding of the states and controls themselves. */
const ROUNDING = 1e-14;
/** The same, of how far states move, of a cost that has no slope of its own, as at a goal: what is left is rounding of finite differences. */
const ROUNDING_AT_GOAL = 1e-9;
/** A control whose whole size is worth less than this share of what another's is has vanished beside it: no QP tells more of it. */
const WORTHLESS = 1e-14;
/** More of a gradient's terms than this is never put down to rounding: an unstable trajectory may have run away. */
const TRUST = 1e-2;

/**
 * Optimality residuals of an iterate (docs/solver.md#stopping-test). Each is measured against its own scale:
 *
 *     stationarity     |g_kj| against s_j, the largest |r_kj| + sum_i |B_ij| (|p_i| + |q_i|) + |D'y|_j of the horizon, |p_i| the largest from
 *                     there on;
 *                      or what soft constraints in use pay for a change of their size, per size of the control;
 *                      at a control bound no more than the room to it, as a share of the control's size
 *     complementarity  against the largest s_j u_j with each stage's own |p_i|, the cost that a control's size is worth
 *     primal           against what the constraint changes by along the trajectory; gaps against how far their state moves
 *
 * @param w linearized, with its natural sizes and its adjoint; `scales.gradient` and `scales.cost` are written
 */
export function kktResiduals(w: KktGroups): SqpResiduals {
  const { qp, scales, current, adjoint, duals, shape, penalties } = w;
  const { nu } = shape;
  const { noise, slope } = scales;
  gradientSizes(w, slope ? ROUNDING : ROUNDING_AT_GOAL);
  for (let j = 0; j < nu; j++) {
    if (slope) noise[j] = Math.min(noise[j], TRUST * scales.gradient[j]);
    // At an optimum at zero costs vanish with the controls: what rounding of the gradients is worth is the least that they are.
    scales.cost = Math.max(scales.cost, noise[j] * scales.most[j]);
  }
  for (let j = 0; j < nu; j++)
    if (scales.u[j] > 0) noise[j] = Math.max(noise[j], (WORTHLESS * scales.cost) / scales.u[j]);
  let paid = 0;
  for (let at = 0; at < duals.Y.length; at++) {
    if (penalties.linear[at] < Infinity) paid = Math.max(paid, Math.abs(duals.Y[at]) * scales.c[at]);
  }
  let stationarity = 0;
  let kkt = 0;
  for (let i = 0; i < adjoint.gradient.length; i++) {
    const j = i % nu;
    const g = Math.max(0, Math.abs(adjoint.gradient[i]) - noise[j]);
    if (Number.isNaN(g)) return { primal: g, stationarity: g, complementarity: g, kkt: g };
    const room = adjoint.gradient[i] > 0 ? -qp.uLower[i] : qp.uUpper[i];
    const terms = Math.max(scales.gradient[j], ratio(paid, scales.u[j]));
    const share = Math.min(ratio(g, terms), ratio(room, scales.u[j]));
    if (share > 0) stationarity = Math.max(stationarity, Math.min(g, share * terms));
    kkt = Math.max(kkt, share);
  }
  let primal = largestDefect(w.defects);
  kkt = Math.max(kkt, defectShare(w));
  let complementarity = 0;
  for (let at = 0; at < current.con.length; at++) {
    const c = current.con[at];
    const linear = penalties.linear[at];
    const v = violationOf(shape, at, c);
    if (v === 0) complementarity = Math.max(complementarity, duals.Y[at] * c);
    else if (linear === Infinity) {
      primal = Math.max(primal, v);
      kkt = Math.max(kkt, v / scales.c[at]);
    } else {
      const y = c > 0 ? -duals.Y[at] : duals.Y[at];
      complementarity = Math.max(complementarity, Math.abs(linear + penalties.quadratic[at] * v - y) * v);
    }
    if (Number.isNaN(c + duals.Y[at])) return { primal: c, stationarity, complementarity, kkt: Number.NaN };
  }
  kkt = Math.max(kkt, ratio(complementarity, Math.max(scales.cost, paid)));
  return { primal, stationarity, complementarity, kkt };
}

/**
 * What the gradient of an iterate promises, each control by itself: `sum 1/2 |g_i| d_i`, d_i what it would move by, `|g_i| / curvature`
 * or the room to its bound.
 */
export function promisedDecrease({
  adjoint,
  qp,
  regulator,
}: Pick<KktGroups, "adjoint" | "qp" | "regulator">): number {
  let sum = 0;
  for (let i = 0; i < adjoint.gradient.length; i++) {
    const g = adjoint.gradient[i];
    const room = g > 0 ? -qp.uLower[i] : qp.uUpper[i];
    sum += 0.5 * Math.abs(g) * Math.max(0, Math.min(Math.abs(g) / regulator.curvature[i], room));
  }
  return sum;
}

/** a / b, 0 where both are. */
function ratio(a: number, b: number): number {
  return a === 0 ? 0 : a / b;
}

/** Size of the terms whose sum the gradient of each control is, and of their rounding, a `share` of how far things move. */
function gradientSizes(
  { shape, qp, current, defects, adjoint, costHessian, regulator, scales }: KktGroups,
  share: number,
): void {
  const { N, nx, nu } = shape;
  const { gradient, noise, u, most, next, dx: price, free: own } = scales;
  gradient.fill(0);
  noise.fill(0);
  next.fill(0);
  // Largest |p_i| of the stages that follow: a costate may itself be a sum that cancels.
  price.fill(0);
  scales.cost = 0;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < nx; i++) {
      const x = current.x[k][i];
      const rounding = ROUNDING * Math.abs(x) + share * sizeFrom(x, current.x[0][i]);
      next[i] = Math.max(next[i], costHessian.Q[(k * nx + i) * nx + i] * rounding);
    }
  }
  /** own_i = |p_i| of stage k, or what rows and box pull there where that is more: both may cancel in it. */
  const pullOfRows = (k: number): void => {
    for (let i = 0; i < nx; i++) {
      let pull = qp.q[k * nx + i] - adjoint.costate[k * nx + i];
      for (let l = 0; k < N && l < nx; l++)
        pull += qp.A[(k * nx + l) * nx + i] * adjoint.costate[(k + 1) * nx + l];
      own[i] = Math.max(Math.abs(adjoint.costate[k * nx + i]), Math.abs(pull));
    }
  };
  for (let k = N - 1; k >= 0; k--) {
    pullOfRows(k + 1);
    for (let i = 0; i < nx; i++) price[i] = Math.max(price[i], own[i]);
    for (let j = 0; j < nu; j++) {
      let size = Math.abs(qp.r[k * nu + j]);
      let cancelled = 0;
      let pull = qp.r[k * nu + j];
      let rounding = share * regulator.curvature[k * nu + j] * Math.max(u[j], most[j]);
      for (let i = 0; i < nx; i++) {
        const b = Math.abs(qp.B[(k * nx + i) * nu + j]);
        const at = (k + 1) * nx + i;
        pull += qp.B[(k * nx + i) * nu + j] * adjoint.costate[at];
        size += b * (own[i] + Math.abs(qp.q[at]));
        cancelled += b * (price[i] - own[i]);
        rounding += b * next[i];
      }
      const rows = Math.abs(pull - adjoint.gradient[k * nu + j]); // D'y
      gradient[j] = Math.max(gradient[j], size + cancelled + rows);
      scales.cost = Math.max(scales.cost, (size + rows) * u[j]);
      noise[j] = Math.max(noise[j], rounding);
    }
  }
  // Where states are as they are wanted but for gaps, costates say nothing of what closing these takes.
  for (let i = 0; defects.open && i < N * nu; i++) {
    gradient[i % nu] = Math.max(gradient[i % nu], regulator.curvature[i] * u[i % nu]);
    scales.cost = Math.max(scales.cost, regulator.curvature[i] * u[i % nu] ** 2);
  }
  for (let i = 0; scales.cost === 0 && i < N * nu; i++) scales.cost = regulator.curvature[i] * u[i % nu] ** 2;
  if (!(scales.cost > 0)) scales.cost = 1;
}
