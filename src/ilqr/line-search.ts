import { clipControl, isFiniteVec, type Ocp, stateDifference, type Vec } from "../ocp/index.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/**
 * Rolls out `u = clip(U + alpha d + K wrap(x - X))` into `w.next`.
 *
 * @returns its cost; NaN where a state or the cost is not finite
 */
export function rolloutStep(ocp: Ocp, w: IlqrWorkspace, alpha: number): number {
  const { N, current, next, d, dx } = w;
  next.x[0].set(current.x[0]);
  let cost = 0;
  for (let k = 0; k < N; k++) {
    stateDifference(ocp.angles, next.x[k], current.x[k], dx);
    controlStep(ocp, w, k, alpha, d[k]);
    cost += ocp.stageCost(next.x[k], next.u[k], k);
    ocp.dynamics.step(next.x[k], next.u[k], k, next.x[k + 1]);
    if (!isFiniteVec(next.x[k + 1])) return Number.NaN;
  }
  cost += ocp.terminalCost(next.x[N]);
  return Number.isFinite(cost) ? cost : Number.NaN;
}

function controlStep(ocp: Ocp, w: IlqrWorkspace, k: number, alpha: number, d: Vec): void {
  const { nx, nu, K, dx } = w;
  const u = w.next.u[k];
  for (let i = 0; i < nu; i++) {
    let v = w.current.u[k][i] + alpha * d[i];
    const row = (k * nu + i) * nx;
    for (let j = 0; j < nx; j++) v += K[row + j] * dx[j];
    u[i] = v;
  }
  clipControl(ocp, u, k);
}

/** An accepted step: its length and the cost it leads to. `alpha` is 0 where none was found. */
export type Step = { alpha: number; cost: number };

/**
 * Tries steps 1, 1/2, 1/4, ... until one brings the share `armijo` of the decrease that the model
 * expects of it, less `noise`; the trajectory is then in `w.next`.
 *
 * @param late asked before each of them
 */
export function lineSearch(
  ocp: Ocp,
  w: IlqrWorkspace,
  cost: number,
  armijo: number,
  maxTrials: number,
  noise: number,
  out: Step,
  late: () => boolean,
): boolean {
  const { linear, quadratic } = w.expected;
  let alpha = 1;
  for (let trial = 0; trial < maxTrials && !late(); trial++) {
    const expected = -(alpha * linear + alpha * alpha * quadratic);
    const candidate = rolloutStep(ocp, w, alpha);
    // A NaN fails this comparison and shortens the step.
    if (cost - candidate + noise >= armijo * expected) {
      out.alpha = alpha;
      out.cost = candidate;
      return true;
    }
    alpha *= 0.5;
  }
  out.alpha = 0;
  return false;
}
