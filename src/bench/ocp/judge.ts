import type { Ocp, Vec } from "../../ocp/index.ts";
import { boundedLeastSquares, type Interval } from "./least-squares.ts";
import { type Constraint, constraintsAlong, costAlong, linearizeAlong } from "./linearized-ocp.ts";

/**
 * What a claimed solution is worth, from the problem's own functions and nothing of any solver. All but `cost` and
 * `violation` are shares, which neither the units of cost, controls and rows nor a solver's multipliers change.
 */
export type Verdict = {
  /** J of the states and controls, and what violated soft rows cost. */
  readonly cost: number;
  /** Largest violation of a hard row, a state's bound or a control's, in their own units. */
  readonly violation: number;
  /** Largest violation of hard ones, over what the row's terms amount to along the trajectory. */
  readonly infeasibility: number;
  /** Largest gradient of the Lagrangian with the best multipliers, over the terms that cancel in it. */
  readonly stationarity: number;
  /** Sum of |multiplier x value| over the sum of |costs|. */
  readonly complementarity: number;
  /** Largest x_{k+1} - f(x_k, u_k) of states that were handed in, over the largest of that state. */
  readonly defect: number;
};

/** Rows this near to zero, as a share of their terms, may have a multiplier; `complementarity` counts what that hides. */
const NEAR = 1e-3;

/**
 * Judges controls, or states and controls, as a solution of a problem: first-order optimality with the multipliers that
 * fit best (least squares, of the right sign and within what soft rows pay), so that no solver's own are trusted.
 *
 * @param U (N, nu)
 * @param X (N + 1, nx) states claimed with them, at which all is judged: where a system is unstable the rollout of U
 *   is another trajectory. Without them it is the rollout.
 */
export function judge(ocp: Ocp, x0: Vec, U: Vec, X?: Vec): Verdict {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const t = linearizeAlong(ocp, x0, U, X);
  if (!t.finite) return { ...NOTHING, cost: Number.NaN };
  const range = Float64Array.from({ length: nx }, (_, i) =>
    t.x.reduce((most, x) => Math.max(most, Math.abs(x[i])), 0),
  );
  const defect = t.defects.reduce((most, v, i) => (v === 0 ? most : Math.max(most, v / range[i])), 0);
  const { gradient, size, cost, sum } = costAlong(ocp, t);
  const all = constraintsAlong(ocp, t, range);
  let [violation, infeasibility, paid] = [0, 0, 0];
  for (const { value, scale, equality, soft } of all) {
    const off = equality ? Math.abs(value) : Math.max(0, -value);
    if (soft !== undefined) paid += soft.linear * off + 0.5 * soft.quadratic * off * off;
    else if (off > 0) {
      violation = Math.max(violation, off);
      infeasibility = Math.max(infeasibility, off / Math.max(scale, Number.MIN_VALUE));
    }
  }
  const near = all.filter(({ value, scale, equality }) => equality || value <= NEAR * scale);
  const weigh = (v: Vec): Vec => v.map((g, i) => (size[i % nu] > 0 ? g / size[i % nu] : 0));
  const b = weigh(gradient);
  const columns = near.map((c) => weigh(c.gradient()));
  const y = boundedLeastSquares(columns, b, near.map(multiplierRange));
  let stationarity = 0;
  for (let i = 0; i < N * nu; i++) {
    const g = columns.reduce((rest, column, at) => rest - y[at] * column[i], b[i]);
    stationarity = Math.max(stationarity, Math.abs(g));
  }
  const products = near.reduce((s, c, at) => s + Math.abs(slackProduct(c, y[at])), 0);
  return {
    cost: cost + paid,
    violation,
    infeasibility,
    stationarity,
    complementarity: products === 0 ? 0 : products / (sum + paid),
    defect,
  };
}

const NOTHING: Omit<Verdict, "cost"> = {
  violation: Number.POSITIVE_INFINITY,
  infeasibility: Number.POSITIVE_INFINITY,
  stationarity: Number.POSITIVE_INFINITY,
  complementarity: Number.POSITIVE_INFINITY,
  defect: Number.POSITIVE_INFINITY,
};

/** Whether a verdict bears out "converged" at a relative tolerance; feasibility is asked for ten times closer. */
export function isOptimal(v: Verdict, tol: number): boolean {
  return Math.max(v.stationarity, v.complementarity, 10 * v.infeasibility, 10 * v.defect) <= tol;
}

/** What another unit of violation costs; infinite where it is hard. */
function priceOf({ value, soft }: Constraint): number {
  return soft === undefined ? Number.POSITIVE_INFINITY : soft.linear + soft.quadratic * Math.abs(value);
}

/** Multipliers that a constraint may have: of the right sign, at most its price, just that where it is violated. */
function multiplierRange(c: Constraint): Interval {
  const price = priceOf(c);
  const violated = c.soft !== undefined && (c.equality ? Math.abs(c.value) : -c.value) > NEAR * c.scale;
  if (violated) return c.value < 0 ? [price, price] : [-price, -price];
  return [c.equality ? -price : 0, price];
}

/** What complementarity wants to be zero: multiplier times value, and of a violated soft row its slack's. */
function slackProduct(c: Constraint, y: number): number {
  if (c.soft === undefined) return c.equality ? 0 : y * c.value;
  return c.equality || c.value < 0 ? (priceOf(c) - Math.abs(y)) * c.value : y * c.value;
}
