import { checkLength } from "../base/index.ts";
import { createLqrScratch, lqrGains } from "../linalg/index.ts";
import { blocks, clipControl, type Ocp, stateDifference, type Vec } from "../ocp/index.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/**
 * Where a solve starts: controls U (N, nu), zero where missing, or states X (N + 1, nx) too, which are tracked in
 * closed loop by a time-varying LQR, `u = clip(U + K wrap(x - X))`; the first row of X may differ from x0.
 */
export type IlqrGuess = {
  readonly U?: Vec;
  readonly X?: Vec;
  /**
   * Diagonal weights (nx), (nu) of the tracking LQR; default 10 on every state, 1 on every control, which suits states and
   * controls of sizes near one in SI units. In other units, give weights (`10 / size^2`): where it starts depends on them, where it ends does not.
   */
  readonly tracking?: { readonly state: Vec; readonly control: Vec };
};

/** Writes the controls of a guess into the workspace. @throws ShapeError where it has the wrong length */
export function enterGuess(ocp: Ocp, w: IlqrWorkspace, x0: Vec, guess: IlqrGuess | Vec | undefined): void {
  const { U, X, tracking }: IlqrGuess = guess instanceof Float64Array ? { U: guess } : (guess ?? {});
  w.current.U.fill(0);
  w.units.most.fill(0);
  if (U !== undefined) {
    checkLength("U", U.length, w.N * w.nu, "N*nu");
    w.current.U.set(U);
  }
  if (X === undefined) return;
  checkLength("X", X.length, (w.N + 1) * w.nx, "(N+1)*nx");
  if (tracking !== undefined) {
    checkLength("tracking.state", tracking.state.length, w.nx, "nx");
    checkLength("tracking.control", tracking.control.length, w.nu, "nu");
  }
  track(ocp, w, x0, blocks(X, w.nx), tracking);
}

function track(
  ocp: Ocp,
  { N, nx, nu, current: { x, u }, K, dx }: IlqrWorkspace,
  x0: Vec,
  X: readonly Vec[],
  weights: IlqrGuess["tracking"],
): void {
  const problem = {
    N,
    nx,
    nu,
    A: new Float64Array(N * nx * nx),
    B: new Float64Array(N * nx * nu),
    Q: new Float64Array((N + 1) * nx * nx),
    R: new Float64Array(N * nu * nu),
  };
  const [A, B] = [blocks(problem.A, nx * nx), blocks(problem.B, nx * nu)];
  for (const Q of blocks(problem.Q, nx * nx))
    for (let i = 0; i < nx; i++) Q[i * (nx + 1)] = weights?.state[i] ?? 10;
  for (const R of blocks(problem.R, nu * nu))
    for (let i = 0; i < nu; i++) R[i * (nu + 1)] = weights?.control[i] ?? 1;
  for (let k = 0; k < N; k++) ocp.dynamics.jacobian(X[k], u[k], k, A[k], B[k]);
  lqrGains(problem, K, createLqrScratch(nx, nu));
  x[0].set(x0);
  for (let k = 0; k < N; k++) {
    stateDifference(ocp.angles, x[k], X[k], dx);
    for (let i = 0; i < nu; i++) {
      for (let j = 0; j < nx; j++) u[k][i] += K[(k * nu + i) * nx + j] * dx[j];
    }
    clipControl(ocp, u[k], k);
    ocp.dynamics.step(x[k], u[k], k, x[k + 1]);
  }
}
