import { checkLength } from "../base/index.ts";
import { lqrGains } from "../linalg/index.ts";
import { clipControl, isFiniteVec, type Ocp, rollout, stateDifference, type Vec } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * Where a solve starts. Controls alone are rolled out. States (from a network or a path) are tracked in
 * closed loop, `u = clip(U + K wrap(x - X))`, with the given gains or else a time-varying LQR: the
 * projection entry of MATH section 2.
 */
export type SqpGuess = {
  /** (N, nu); zero where missing. */
  readonly U?: Vec;
  /** (N + 1, nx); its first row may differ from x0. */
  readonly X?: Vec;
  /** (N, nu, nx) gains to track X with. */
  readonly K?: Vec;
  /** (N + 1, m) multipliers of [rows | state - lower | upper - state], as in a result. */
  readonly multipliers?: Vec;
  /** Diagonal weights of the tracking LQR; default 10 on every state, 1 on every control. */
  readonly tracking?: { readonly state: Vec; readonly control: Vec };
};

/** Fills `w.current` from the guess. @returns whether it is finite. @throws ShapeError for wrong lengths */
export function enterGuess(ocp: Ocp, w: SqpWorkspace, x0: Vec, guess: SqpGuess | Vec | undefined): boolean {
  const g: SqpGuess = guess instanceof Float64Array ? { U: guess } : (guess ?? {});
  const { N, nx, nu, m, current } = w;
  if (g.U !== undefined) {
    checkLength("U", g.U.length, N * nu, "N*nu");
    current.U.set(g.U);
  } else {
    current.U.fill(0);
  }
  w.Y.fill(0);
  if (g.multipliers !== undefined) {
    checkLength("multipliers", g.multipliers.length, (N + 1) * m, "(N+1)*m");
    for (let i = 0; i < w.Y.length; i++) w.Y[i] = Math.max(0, g.multipliers[i]);
    if (!isFiniteVec(w.Y)) w.Y.fill(0);
  }
  if (g.X === undefined) return rollout(ocp, x0, current);
  checkLength("X", g.X.length, (N + 1) * nx, "(N+1)*nx");
  if (!isFiniteVec(g.X) || !isFiniteVec(current.U)) return false;
  if (g.K !== undefined) {
    checkLength("K", g.K.length, N * nu * nx, "N*nu*nx");
    w.K.set(g.K);
  } else {
    trackingGains(ocp, w, g.X, g.tracking);
  }
  return track(ocp, w, x0, g.X);
}

function trackingGains(ocp: Ocp, w: SqpWorkspace, X: Vec, weights: SqpGuess["tracking"]): void {
  const { N, nx, nu, gainQ, gainR, gainM, stage, current, scratchX } = w;
  if (weights !== undefined) {
    checkLength("tracking.state", weights.state.length, nx, "nx");
    checkLength("tracking.control", weights.control.length, nu, "nu");
  }
  gainQ.fill(0);
  gainR.fill(0);
  gainM.fill(0);
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx; i++) gainQ[(k * nx + i) * nx + i] = weights?.state[i] ?? 10;
    if (k === N) break;
    for (let i = 0; i < nu; i++) gainR[(k * nu + i) * nu + i] = weights?.control[i] ?? 1;
    for (let i = 0; i < nx; i++) scratchX[i] = X[k * nx + i];
    ocp.dynamics.jacobian(scratchX, current.u[k], k, stage.A[k], stage.B[k]);
  }
  lqrGains({ N, nx, nu, A: w.qp.A, B: w.qp.B, Q: gainQ, R: gainR, M: gainM }, w.K, w.lqr);
}

function track(ocp: Ocp, w: SqpWorkspace, x0: Vec, X: Vec): boolean {
  const { N, nx, nu, K, current, scratchX, scratchX2 } = w;
  current.x[0].set(x0);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nx; i++) scratchX2[i] = X[k * nx + i];
    stateDifference(ocp.angles, current.x[k], scratchX2, scratchX);
    const u = current.u[k];
    for (let i = 0; i < nu; i++) {
      const row = (k * nu + i) * nx;
      for (let j = 0; j < nx; j++) u[i] += K[row + j] * scratchX[j];
    }
    clipControl(ocp, u);
    ocp.dynamics.step(current.x[k], u, k, current.x[k + 1]);
  }
  return isFiniteVec(current.X);
}
