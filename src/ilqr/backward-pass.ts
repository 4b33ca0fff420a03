import { addSymmetric, addTransposed, multiply } from "../linalg/index.ts";
import { boundsOffset, type Ocp, type Vec } from "../ocp/index.ts";
import { solveBoxQp, solveFree } from "./box-qp.ts";
import type { BackwardScratch, IlqrWorkspace } from "./workspace.ts";

/**
 * Backward pass of differential dynamic programming with control bounds. At every stage
 *
 *     Qx = q + A'Vx, Qu = r + B'Vx, Qxx = Q + A'Vxx A, Quu = R + B'Vxx B, Qux = M + B'Vxx A,
 *     d = argmin 1/2 d'(Quu + mu D)d + Qu'd within the bounds, K = -(Quu + mu D)_ff^{-1} Qux_f (0 if clamped),
 *     Vx = Qx + K'(Quu d + Qu) + Qux'd, Vxx = Qxx + K'(Quu K + Qux) + Qux'K.
 *
 * with D = diag(`units.curvature`). Writes `w.d`, `w.K` and `w.expected`. Source: Tassa, Mansard, Todorov 2014, equations 5 to 11.
 *
 * @param mu regularization, >= 0, a multiple of each control's curvature
 * @returns false where Quu + mu D is not positive definite on the free controls of some stage
 */
export function backwardPass(ocp: Ocp, w: IlqrWorkspace, mu: number): boolean {
  const { N, nx, nu, derivatives, current, d, expected } = w;
  const s = w.backward;
  s.Vx.set(derivatives.q[N]);
  s.Vxx.set(derivatives.Q[N]);
  expected.linear = 0;
  expected.quadratic = 0;
  for (let k = N - 1; k >= 0; k--) {
    expandStage(w, k);
    const o = boundsOffset(ocp.uLower, nu, k);
    for (let i = 0; i < nu; i++) {
      s.lower[i] = ocp.uLower[o + i] - current.u[k][i];
      s.upper[i] = ocp.uUpper[o + i] - current.u[k][i];
    }
    s.H.set(s.Quu);
    for (let i = 0; i < nu; i++) s.H[i * nu + i] += mu * w.units.curvature[i];
    if (k < N - 1) d[k].set(d[k + 1]);
    else d[k].fill(0);
    if (solveBoxQp(s.H, s.Qu, s.lower, s.upper, d[k], s.box) === "notPositiveDefinite") return false;
    stageGains(w, k);
    addExpected(s, d[k], nu, expected);
    updateValue(s, d[k], w.K, k * nu * nx, nx, nu);
  }
  return true;
}

/** Quadratic model of the cost to go in (dx, du) at stage k. */
function expandStage(w: IlqrWorkspace, k: number): void {
  const { nx, nu, derivatives } = w;
  const { Vx, Vxx, VA, VB, Qx, Qu, Qxx, Quu, Qux } = w.backward;
  const A = derivatives.A[k];
  const B = derivatives.B[k];
  multiply(Vxx, A, 0, nx, nx, nx, VA);
  multiply(Vxx, B, 0, nx, nx, nu, VB);
  Qx.set(derivatives.q[k]);
  addTransposed(A, 0, Vx, 0, nx, nx, 1, Qx, 0);
  Qu.set(derivatives.r[k]);
  addTransposed(B, 0, Vx, 0, nu, nx, 1, Qu, 0);
  Qxx.set(derivatives.Q[k]);
  addSymmetric(A, 0, VA, 0, nx, nx, Qxx);
  Quu.set(derivatives.R[k]);
  addSymmetric(B, 0, VB, 0, nu, nx, Quu);
  Qux.set(derivatives.M[k]);
  addTransposed(B, 0, VA, 0, nu, nx, nx, Qux, 0);
}

/** K of stage k, with the factor the box QP left behind. */
function stageGains(w: IlqrWorkspace, k: number): void {
  const { nx, nu } = w;
  const { W, Qux, box } = w.backward;
  for (let i = 0; i < nu * nx; i++) W[i] = -Qux[i];
  for (let j = 0; j < nx; j++) solveFree(nu, box, W, nx, j);
  for (let i = 0; i < nu; i++) {
    const row = (k * nu + i) * nx;
    for (let j = 0; j < nx; j++) w.K[row + j] = box.clamped[i] === 1 ? 0 : W[i * nx + j];
  }
}

/** Adds the stage's share of the expected change of cost: `d'Qu` and `1/2 d'Quu d`. */
function addExpected(s: BackwardScratch, d: Vec, nu: number, e: IlqrWorkspace["expected"]): void {
  for (let i = 0; i < nu; i++) {
    e.linear += d[i] * s.Qu[i];
    for (let j = 0; j < nu; j++) e.quadratic += 0.5 * d[i] * s.Quu[i * nu + j] * d[j];
  }
}

/** Vx and Vxx of the stage, by the model without regularization. */
function updateValue(s: BackwardScratch, d: Vec, K: Vec, g: number, nx: number, nu: number): void {
  const { Vx, Vxx, Qx, Qu, Qxx, Quu, Qux, W } = s;
  W.set(Qux);
  addTransposed(Quu, 0, K, g, nu, nu, nx, W, 0);
  for (let j = 0; j < nx; j++) {
    let v = Qx[j];
    for (let i = 0; i < nu; i++) {
      let slope = Qu[i];
      for (let l = 0; l < nu; l++) slope += Quu[i * nu + l] * d[l];
      v += K[g + i * nx + j] * slope + Qux[i * nx + j] * d[i];
    }
    Vx[j] = v;
  }
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j <= i; j++) {
      let a = 0;
      let b = 0;
      for (let l = 0; l < nu; l++) {
        a += K[g + l * nx + i] * W[l * nx + j] + Qux[l * nx + i] * K[g + l * nx + j];
        b += K[g + l * nx + j] * W[l * nx + i] + Qux[l * nx + j] * K[g + l * nx + i];
      }
      const v = Qxx[i * nx + j] + 0.5 * (a + b);
      Vxx[i * nx + j] = v;
      Vxx[j * nx + i] = v;
    }
  }
}
