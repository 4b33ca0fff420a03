import { checkLength, wrapAngle } from "../base/index.ts";
import { boundsOffset } from "./constraint-layout.ts";
import type { Ocp, Vec } from "./ocp.ts";

/** States X (N + 1, nx) and controls U (N, nu) with a view of every stage, so that no loop allocates. */
export type Trajectory = {
  readonly X: Vec;
  readonly U: Vec;
  /** x[k] is a view of row k of X. */
  readonly x: readonly Vec[];
  /** u[k] is a view of row k of U. */
  readonly u: readonly Vec[];
};

/** Views of the consecutive blocks of `size` elements of a flat array. */
export function blocks(flat: Vec, size: number): Vec[] {
  const count = size === 0 ? 0 : flat.length / size;
  return Array.from({ length: count }, (_, k) => flat.subarray(k * size, (k + 1) * size));
}

/** Allocates a trajectory of zeros for the problem. */
export function createTrajectory(ocp: Pick<Ocp, "N" | "dynamics">): Trajectory {
  const { nx, nu } = ocp.dynamics;
  const X = new Float64Array((ocp.N + 1) * nx);
  const U = new Float64Array(ocp.N * nu);
  return { X, U, x: blocks(X, nx), u: blocks(U, nu) };
}

/**
 * Open-loop rollout: clips the controls of `t` to their bounds, in place, and fills its states from x0.
 *
 * @returns whether every state is finite
 */
export function rollout(ocp: Ocp, x0: Vec, t: Trajectory): boolean {
  t.x[0].set(x0);
  for (let k = 0; k < ocp.N; k++) {
    clipControl(ocp, t.u[k], k);
    ocp.dynamics.step(t.x[k], t.u[k], k, t.x[k + 1]);
  }
  return isFiniteVec(t.X);
}

/** Clips u (nu) to the problem's bounds at stage k, in place. */
export function clipControl(ocp: Pick<Ocp, "uLower" | "uUpper">, u: Vec, k: number): void {
  const { uLower, uUpper } = ocp;
  const o = boundsOffset(uLower, u.length, k);
  for (let i = 0; i < u.length; i++) {
    if (u[i] < uLower[o + i]) u[i] = uLower[o + i];
    else if (u[i] > uUpper[o + i]) u[i] = uUpper[o + i];
  }
}

/** out (nx) = a - b, wrapped at the angles of the problem. */
export function stateDifference(angles: readonly number[] | undefined, a: Vec, b: Vec, out: Vec): void {
  for (let i = 0; i < a.length; i++) out[i] = a[i] - b[i];
  if (angles !== undefined) for (const i of angles) out[i] = wrapAngle(out[i]);
}

/** Total cost J of a trajectory. */
export function totalCost(ocp: Ocp, t: Trajectory): number {
  let cost = ocp.terminalCost(t.x[ocp.N]);
  for (let k = 0; k < ocp.N; k++) cost += ocp.stageCost(t.x[k], t.u[k], k);
  return cost;
}

/** Sum of the magnitudes of the costs of all stages: what J may be a difference of. */
export function costTerms(ocp: Ocp, t: Trajectory): number {
  let sum = Math.abs(ocp.terminalCost(t.x[ocp.N]));
  for (let k = 0; k < ocp.N; k++) sum += Math.abs(ocp.stageCost(t.x[k], t.u[k], k));
  return sum;
}

/** Whether no element is NaN or infinite. */
export function isFiniteVec(v: Vec): boolean {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * 0;
  return sum === 0;
}

/** Throws a ShapeError where x0 does not fit the problem. */
export function checkInitialState(ocp: Ocp, x0: Vec): void {
  checkLength("x0", x0.length, ocp.dynamics.nx, "nx");
}
