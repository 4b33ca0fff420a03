import type { Ocp } from "../../src/ocp/index.ts";
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
  /** Most negative multiplier, as a positive number. */
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

/** Constraint values of stage k, [rows | state - lower | upper - state]; an absent bound is 1e30 away. */
export function constraintsOf(ocp: Ocp, x: Vec, k: number): number[] {
  const rows = new Float64Array(ocp.rows?.count ?? 0);
  ocp.rows?.value(x, k, rows);
  const { index, lower, upper } = ocp.stateBox ?? { index: [], lower: [], upper: [] };
  const gap = (v: number): number => Math.min(v, 1e30);
  return [
    ...rows,
    ...index.map((i, j) => gap(x[i] - lower[j])),
    ...index.map((i, j) => gap(upper[j] - x[i])),
  ];
}

/** Residuals of a result with hard constraints, from rollouts and central differences alone. */
export function independentKkt(ocp: Ocp, x0: Vec, result: SqpResult): IndependentKkt {
  const { U, X, multipliers } = result;
  const { nx, nu } = ocp.dynamics;
  const m = (ocp.rows?.count ?? 0) + 2 * (ocp.stateBox?.index.length ?? 0);
  const lagrangian = (controls: Vec): number => {
    const x = states(ocp, x0, controls);
    let sum = costOf(ocp, x, controls);
    for (let k = 1; k <= ocp.N; k++) {
      const c = m === 0 ? [] : constraintsOf(ocp, x[k], k);
      for (let i = 0; i < m; i++) sum -= multipliers[k * m + i] * c[i];
    }
    return sum;
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
    if (k === 0 || m === 0) return;
    constraintsOf(ocp, row, k).forEach((c, i) => {
      primal = Math.max(primal, -c);
      complementarity = Math.max(complementarity, Math.abs(multipliers[k * m + i] * Math.max(0, c)));
    });
  });
  const dualSign = multipliers.reduce((worst, y) => Math.max(worst, -y), 0);
  const largestMultiplier = multipliers.reduce((most, y) => Math.max(most, y), 0);
  return { dynamics, primal, stationarity, complementarity, dualSign, largestMultiplier };
}
