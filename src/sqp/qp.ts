import type { Vec } from "../ocp/index.ts";

/**
 * Sizes of a QP with the structure of an optimal control problem. `nb` bounded state components
 * (`boxIndex`), `nc` inequality rows per stage, both for k = 1..N.
 */
export type QpShape = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly nc: number;
  readonly nb: number;
  /** (nb) which components of x have bounds. */
  readonly boxIndex: Int32Array;
};

/**
 * Quadratic program over `dX (N + 1, nx)`, `dU (N, nu)` with `dx_0 = 0`:
 *
 *     min  sum_{k<N} 1/2 [dx;du]' [Q_k M_k'; M_k R_k] [dx;du] + q_k'dx_k + r_k'du_k
 *          + 1/2 dx_N'Q_N dx_N + q_N'dx_N + sum of penalties (linear s + 1/2 quadratic s^2)
 *     s.t. dx_{k+1} = A_k dx_k + B_k du_k
 *          uLower_k <= du_k <= uUpper_k                          (hard)
 *          xLower_k - s <= dx_k[boxIndex] <= xUpper_k + s, s >= 0  (soft, k = 1..N)
 *          C_k dx_k + c_k + s >= 0, s >= 0                         (soft, k = 1..N)
 *
 * Rows are always soft here: a large `linear` weight makes them exact, and the QP is always feasible.
 * Each stage's Hessian block is positive semidefinite and R_k positive definite (the caller projects).
 * Blocks for stage 0 of the box and row arrays exist and are ignored. Bounds may be infinite.
 */
export type Qp = {
  readonly shape: QpShape;
  /** (N, nx, nx) */ readonly A: Vec;
  /** (N, nx, nu) */ readonly B: Vec;
  /** (N + 1, nx, nx) symmetric */ readonly Q: Vec;
  /** (N, nu, nu) symmetric */ readonly R: Vec;
  /** (N, nu, nx) */ readonly M: Vec;
  /** (N + 1, nx) */ readonly q: Vec;
  /** (N, nu) */ readonly r: Vec;
  /** (N, nu) */ readonly uLower: Vec;
  /** (N, nu) */ readonly uUpper: Vec;
  /** (N + 1, nb) */ readonly xLower: Vec;
  /** (N + 1, nb) */ readonly xUpper: Vec;
  /** (N + 1, nc, nx) */ readonly C: Vec;
  /** (N + 1, nc) row values at dx = 0 */ readonly c: Vec;
  /** Penalty of the rows and of the state box; may change between solves. */
  readonly penalty: { rowLinear: number; rowQuadratic: number; boxLinear: number; boxQuadratic: number };
};

/** Multipliers of a {@link Qp}, all >= 0; zero where a bound is infinite and at stage 0 of box and rows. */
export type QpMultipliers = {
  /** (N, nu) */ readonly uLower: Vec;
  /** (N, nu) */ readonly uUpper: Vec;
  /** (N + 1, nb) */ readonly xLower: Vec;
  /** (N + 1, nb) */ readonly xUpper: Vec;
  /** (N + 1, nc) */ readonly rows: Vec;
};

export type QpStatus = "solved" | "maxIterations" | "nonFinite";

/** Solution of a QP. The arrays belong to the solver and are overwritten by its next call. */
export type QpSolution = {
  status: QpStatus;
  /** (N + 1, nx) */ readonly dX: Vec;
  /** (N, nu) */ readonly dU: Vec;
  readonly multipliers: QpMultipliers;
  iterations: number;
  /** Largest absolute KKT residual: stationarity, feasibility, complementarity. */
  residual: number;
};

/** Options of one call. `warm`: start from the solver's own last solution; `shift`: move it one stage first. */
export type QpSolveOptions = { readonly warm?: boolean; readonly shift?: boolean };

/** A QP solver bound to one shape; it owns its memory and allocates nothing in `solve`. */
export type QpSolver = {
  readonly name: string;
  solve(qp: Qp, options?: QpSolveOptions): QpSolution;
};
