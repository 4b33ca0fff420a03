import type { Vec } from "../ocp/index.ts";

/**
 * The linear-quadratic kernels under the QP solvers, for one (nx, nu). They solve
 *
 *     min sum_{k<N} 1/2 [x;u]'[Q_k M_k'; M_k R_k + diag(dR_k)][x;u] + q_k'x_k + r_k'u_k + 1/2 x_N'Q_N x_N + q_N'x_N
 *     s.t. x_{k+1} = A_k x_k + B_k u_k, x_0 = 0
 *
 * by the Riccati recursion with `H_k = R_k + dR_k + B'PB = L L'`, `Y_k = L^-1 (M_k + B'PA)`,
 * `P_k = Q_k + A'PA - Y'Y`. Only the lower triangles of Q and R are read.
 */
export type RiccatiKernels = {
  readonly kind: "loops" | "generated";
  /**
   * Factorizes: fills Y (N, nu, nx), L (N, nu, nu) strictly lower, Linv (N, nu) = 1 / diag(L).
   *
   * @returns false where some H_k is not positive definite (or not finite); the outputs are then not usable
   */
  factor(N: number, A: Vec, B: Vec, Q: Vec, R: Vec, M: Vec, dR: Vec, Y: Vec, L: Vec, Linv: Vec): boolean;
  /** Solves for X (N + 1, nx) and U (N, nu) with the factors; z (N, nu) is scratch. */
  solve(N: number, A: Vec, B: Vec, q: Vec, r: Vec, Y: Vec, L: Vec, Linv: Vec, z: Vec, X: Vec, U: Vec): void;
  /**
   * Cost gradients at (X, U): gx (N + 1, nx) = Q x + M'u + q (0 at stage 0), gu (N, nu) = R u + M x + r.
   * Reads the full Q and R.
   */
  gradient(N: number, Q: Vec, R: Vec, M: Vec, q: Vec, r: Vec, X: Vec, U: Vec, gx: Vec, gu: Vec): void;
  /** Reduced gradient ru (N, nu) = gu_k + B_k' pi_{k+1} with costates pi_N = gx_N, pi_k = gx_k + A_k' pi_{k+1}. */
  adjoint(N: number, A: Vec, B: Vec, gx: Vec, gu: Vec, ru: Vec): void;
  /** X (N + 1, nx) from U by the dynamics, x_0 = 0. */
  rollout(N: number, A: Vec, B: Vec, U: Vec, X: Vec): void;
};
