import { checkLength } from "../base/index.ts";
import { lqrGains } from "../linalg/index.ts";
import { clipControl, isFiniteVec, type Ocp, rollout, type Vec } from "../ocp/index.ts";
import { addFeedback } from "./closed-loop-rollout.ts";
import { enterDefects } from "./defects.ts";
import type { EntryKind } from "./options.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * Where a solve starts. Controls alone are rolled out. States (from a network or a path) are tracked in
 * closed loop, `u = clip(U + K wrap(x - X))`, with the given gains or else a time-varying LQR: the
 * projection entry (docs/solver.md#entry). With the option `entry: "defects"` they are taken as they are, gains and weights unused.
 */
export type SqpGuess = {
  /** (N, nu); zero where missing. */
  readonly U?: Vec;
  /** (N + 1, nx); its first row may differ from x0. */
  readonly X?: Vec;
  /** (N, nu, nx) gains to track X with. */
  readonly K?: Vec;
  /** (m) multipliers of the constraints, as in a result. */
  readonly multipliers?: Vec;
  /**
   * Diagonal weights of the tracking LQR; default 10 on every state, 1 on every control, which suits states and
   * controls of sizes near one in SI units. In other units, give weights (`10 / size^2`): where it starts depends on them, where it ends does not.
   */
  readonly tracking?: { readonly state: Vec; readonly control: Vec };
};

type EntryGroups = Pick<SqpWorkspace, "shape" | "current" | "defects" | "duals" | "qp" | "K" | "scratch">;

/**
 * Fills `current` and the multipliers from the guess, and K where states are tracked.
 *
 * @returns whether the trajectory is finite
 * @throws ShapeError for wrong lengths
 */
export function enterGuess(
  ocp: Ocp,
  w: EntryGroups,
  x0: Vec,
  guess: SqpGuess | Vec | undefined,
  entry: EntryKind = "project",
): boolean {
  const g: SqpGuess = guess instanceof Float64Array ? { U: guess } : (guess ?? {});
  const { N, nx, nu, m, equal } = w.shape;
  const { current: t, K } = w;
  const { Y } = w.duals;
  if (g.U !== undefined) {
    checkLength("U", g.U.length, N * nu, "N*nu");
    t.U.set(g.U);
  } else {
    t.U.fill(0);
  }
  Y.fill(0);
  if (g.multipliers !== undefined) {
    checkLength("multipliers", g.multipliers.length, m, "m");
    for (let i = 0; i < m; i++) Y[i] = equal[i] === 1 ? g.multipliers[i] : Math.max(0, g.multipliers[i]);
    if (!isFiniteVec(Y)) Y.fill(0);
  }
  w.defects.open = false;
  if (g.X === undefined) return rollout(ocp, x0, t);
  checkLength("X", g.X.length, (N + 1) * nx, "(N+1)*nx");
  if (!isFiniteVec(g.X) || !isFiniteVec(t.U)) return false;
  if (entry === "defects") {
    for (let k = 0; k < N; k++) clipControl(ocp, t.u[k], k);
    return enterDefects(ocp, w, x0, g.X);
  }
  if (g.K !== undefined) {
    checkLength("K", g.K.length, N * nu * nx, "N*nu*nx");
    K.set(g.K);
  } else {
    trackingGains(ocp, w, g.X, g.tracking);
  }
  return track(ocp, w, x0, g.X);
}

/** K = time-varying LQR along X; the QP's A and B and the scratch Hessian serve as memory. */
function trackingGains(ocp: Ocp, w: EntryGroups, X: Vec, weights: SqpGuess["tracking"]): void {
  const { A, B, stage } = w.qp;
  const { N, nx, nu } = w.shape;
  const { Q, R, M, x, lqr, gains } = w.scratch;
  if (weights !== undefined) {
    checkLength("tracking.state", weights.state.length, nx, "nx");
    checkLength("tracking.control", weights.control.length, nu, "nu");
  }
  Q.fill(0);
  R.fill(0);
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx; i++) Q[(k * nx + i) * nx + i] = weights?.state[i] ?? 10;
    if (k === N) break;
    for (let i = 0; i < nu; i++) R[(k * nu + i) * nu + i] = weights?.control[i] ?? 1;
    for (let i = 0; i < nx; i++) x[i] = X[k * nx + i];
    ocp.dynamics.jacobian(x, w.current.u[k], k, stage.A[k], stage.B[k]);
  }
  // The kernels are three times as fast; the loops leave zeros where there are no gains.
  if (!gains.write({ A, B, Q, R, M: M.fill(0) }, w.K)) lqrGains({ N, nx, nu, A, B, Q, R }, w.K, lqr);
}

function track(ocp: Ocp, w: EntryGroups, x0: Vec, X: Vec): boolean {
  const { current: t, scratch } = w;
  const { N, nx } = w.shape;
  t.x[0].set(x0);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nx; i++) scratch.target[i] = X[k * nx + i];
    addFeedback(ocp, w, k, t.x[k], t.u[k]);
    ocp.dynamics.step(t.x[k], t.u[k], k, t.x[k + 1]);
  }
  return isFiniteVec(t.X);
}
