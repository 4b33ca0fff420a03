import { type Ocp, rowGroups, rowStages } from "../../src/ocp/index.ts";
import type { SqpResult } from "../../src/sqp/index.ts";

type Vec = Float64Array;

/** Optimality residuals worked out from nothing but rollouts. */
export type IndependentKkt = {
  /** |X - rollout(x0, U)|, largest. */
  readonly dynamics: number;
  /** Largest violation of hard constraints and of control bounds. */
  readonly primal: number;
  /** Lagrangian's gradient with respect to U by central differences, projected on the bounds. */
  readonly stationarity: number;
  /** Largest |multiplier * value| of satisfied constraints. */
  readonly complementarity: number;
  /** Most negative multiplier of an inequality, as a positive number. */
  readonly dualSign: number;
  readonly largestMultiplier: number;
};

/** States of a rollout, row by row; no clipping. */
export function states(ocp: Ocp, x0: Vec, U: Vec): Vec[] {
  const { nu } = ocp.dynamics;
  const rows = [Float64Array.from(x0)];
  for (let k = 0; k < ocp.N; k++) {
    const next = new Float64Array(ocp.dynamics.nx);
    ocp.dynamics.step(rows[k], U.slice(k * nu, (k + 1) * nu), k, next);
    rows.push(next);
  }
  return rows;
}

/** J by its definition. */
export function costOf(ocp: Ocp, x: readonly Vec[], U: Vec): number {
  const { nu } = ocp.dynamics;
  let sum = ocp.terminalCost(x[ocp.N]);
  for (let k = 0; k < ocp.N; k++) sum += ocp.stageCost(x[k], U.slice(k * nu, (k + 1) * nu), k);
  return sum;
}

/**
 * Constraint values of stage k in the order of a result's multipliers, [rows | state - lower | upper - state], and
 * which of them are equalities; an absent bound is 1e30 away.
 */
export function constraintsOf(ocp: Ocp, x: Vec, u: Vec, k: number): { c: number[]; equal: boolean[] } {
  const rows = rowGroups(ocp).flatMap((group) => {
    if (!rowStages(group, ocp.N).includes(k)) return [];
    const out = new Float64Array(group.count);
    group.value(x, u, k, out);
    return [...out].map((c) => ({ c, equal: group.kind === "equality" }));
  });
  const { index, lower, upper } = (k > 0 && ocp.stateBox) || { index: [], lower: [], upper: [] };
  const gap = (v: number): number => Math.min(v, 1e30);
  const box = [...index.map((i, j) => gap(x[i] - lower[j])), ...index.map((i, j) => gap(upper[j] - x[i]))];
  return {
    c: [...rows.map(({ c }) => c), ...box],
    equal: [...rows.map((r) => r.equal), ...box.map(() => false)],
  };
}

/** All stages' constraints, one after the other. */
function allConstraints(ocp: Ocp, x: readonly Vec[], U: Vec): { c: number[]; equal: boolean[] } {
  const { nu } = ocp.dynamics;
  const stages = x.map((row, k) => constraintsOf(ocp, row, U.slice(k * nu, (k + 1) * nu), k));
  return { c: stages.flatMap(({ c }) => c), equal: stages.flatMap(({ equal }) => equal) };
}

/** Residuals of a result with hard constraints, from rollouts and central differences alone. */
export function independentKkt(ocp: Ocp, x0: Vec, result: SqpResult): IndependentKkt {
  const { U, X, multipliers } = result;
  const { nx, nu } = ocp.dynamics;
  const lagrangian = (controls: Vec): number => {
    const x = states(ocp, x0, controls);
    const { c } = allConstraints(ocp, x, controls);
    return c.reduce((sum, v, i) => sum - multipliers[i] * v, costOf(ocp, x, controls));
  };
  let stationarity = 0;
  let primal = 0;
  const V = U.slice();
  for (let i = 0; i < U.length; i++) {
    const h = 1e-6; // a swing-up's third derivatives are of size 1e8: at 1e-5 they would show
    V[i] = U[i] + h;
    const high = lagrangian(V);
    V[i] = U[i] - h;
    const g = (high - lagrangian(V)) / (2 * h);
    V[i] = U[i];
    const below = U[i] - ocp.uLower[i % nu];
    const above = ocp.uUpper[i % nu] - U[i];
    primal = Math.max(primal, -below, -above);
    stationarity = Math.max(stationarity, g > 0 ? Math.min(g, below) : Math.min(-g, above));
  }
  const x = states(ocp, x0, U);
  let dynamics = 0;
  let complementarity = 0;
  x.forEach((row, k) => {
    row.forEach((v, i) => {
      dynamics = Math.max(dynamics, Math.abs(v - X[k * nx + i]));
    });
  });
  const { c, equal } = allConstraints(ocp, x, U);
  c.forEach((v, i) => {
    primal = Math.max(primal, equal[i] ? Math.abs(v) : -v);
    if (!equal[i]) complementarity = Math.max(complementarity, Math.abs(multipliers[i] * Math.max(0, v)));
  });
  const dualSign = multipliers.reduce((worst, y, i) => Math.max(worst, equal[i] ? 0 : -y), 0);
  const largestMultiplier = multipliers.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
  return { dynamics, primal, stationarity, complementarity, dualSign, largestMultiplier };
}
