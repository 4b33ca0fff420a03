import type { DynamicsSparsity } from "./sparsity.ts";

/** A flat row-major array of numbers; element (i, j) of an (m, n) matrix is `a[i * n + j]`. */
export type Vec = Float64Array;

/**
 * Discrete dynamics `x_{k+1} = f(x_k, u_k, k)`. Every function writes into its trailing arguments;
 * none may keep a reference to its arguments.
 */
export type Dynamics = {
  readonly nx: number;
  readonly nu: number;
  /** out (nx) = f(x, u, k). */
  step(x: Vec, u: Vec, k: number, out: Vec): void;
  /** A (nx, nx) = df/dx and B (nx, nu) = df/du; both must be written in full. */
  jacobian(x: Vec, u: Vec, k: number, A: Vec, B: Vec): void;
  /**
   * Adds `sum_i p_i d2 f_i / d(x, u)^2` to H (nx + nu, nx + nu), x first. Without it the solver
   * differences the Jacobian where a full Hessian is asked for.
   */
  hessian?(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
  /** Entries of A and B that never change; by default none is known. */
  readonly sparsity?: DynamicsSparsity;
};

/** How a violated row is paid for: `linear * s + 0.5 * quadratic * s^2` with s >= 0 the violation. */
export type SoftPenalty = { readonly linear: number; readonly quadratic: number };

/** One penalty for all, or one for each; a row without one is hard. */
export type SoftPenalties = SoftPenalty | readonly (SoftPenalty | undefined)[];

/** Stages at which rows hold: those before N, the last, the first, or the ones listed. */
export type RowStages = "path" | "terminal" | "initial" | readonly number[];

/** What all groups of rows have: how many, of what kind, and where they hold. */
type RowKinds = {
  /** Number of rows at each of the group's stages. */
  readonly count: number;
  /** `c >= 0`, the default, or `c = 0`: one row, whose multiplier may have either sign. */
  readonly kind?: "inequality" | "equality";
  /** By default every stage that they can hold at: 1..N, or 0..N - 1 where they read the control. */
  readonly stages?: RowStages;
  /** With a penalty the rows are soft (always feasible); without one they are hard. */
  readonly soft?: SoftPenalties;
};

/** Rows of the state, `c(x_k, k) >= 0` or `= 0`. */
export type StateRows = RowKinds & {
  readonly controls?: false;
  /** out (count) = c(x, k). */
  value(x: Vec, k: number, out: Vec): void;
  /** C (count, nx) = dc/dx; must be written in full. */
  jacobian(x: Vec, k: number, C: Vec): void;
  /** Adds `sum_i p_i d2 c_i / dx^2` to H (nx, nx). Without it the solver differences the Jacobian. */
  hessian?(x: Vec, k: number, p: Vec, H: Vec): void;
};

/** Rows of state and control, `c(x_k, u_k, k) >= 0` or `= 0`. */
export type ControlRows = RowKinds & {
  readonly controls: true;
  /** out (count) = c(x, u, k). */
  value(x: Vec, u: Vec, k: number, out: Vec): void;
  /** C (count, nx) = dc/dx and D (count, nu) = dc/du; both must be written in full. */
  jacobian(x: Vec, u: Vec, k: number, C: Vec, D: Vec): void;
  /**
   * Adds `sum_i p_i d2 c_i / d(x, u)^2` to H (nx + nu, nx + nu), x first. Without it the solver differences the
   * Jacobian.
   */
  hessian?(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
};

/** A group of rows at some stages; others pay nothing for it. */
export type Rows = StateRows | ControlRows;

/** Bounds `lower_j <= x_k[index_j] <= upper_j` on some components of the state, k = 1..N. */
export type StateBox = {
  readonly index: readonly number[];
  /** (nb), or (N + 1, nb) by stage with nb = index.length; -Infinity where there is none. */
  readonly lower: Vec;
  /** Likewise, Infinity where there is none. */
  readonly upper: Vec;
  /** For each component, both sides alike. */
  readonly soft?: SoftPenalties;
};

/**
 * Optimal control problem with a fixed horizon:
 *
 *     minimise  J(U) = sum_{k<N} l(x_k, u_k, k) + lN(x_N)
 *     subject to x_{k+1} = f(x_k, u_k, k), x_0 given,
 *                uLower <= u_k <= uUpper, the state box for k = 1..N,
 *                rows c(x_k, u_k, k) >= 0 or = 0 at their stages.
 *
 * Everything a solver needs, and nothing about robots.
 */
export type Ocp = {
  /** Number of control stages; X is (N + 1, nx), U is (N, nu). */
  readonly N: number;
  readonly dynamics: Dynamics;
  /** l(x, u, k). */
  stageCost(x: Vec, u: Vec, k: number): number;
  /** q (nx) = dl/dx, r (nu) = dl/du; written in full. */
  stageGradient(x: Vec, u: Vec, k: number, q: Vec, r: Vec): void;
  /** Q (nx, nx) = d2l/dx2, R (nu, nu) = d2l/du2, M (nu, nx) = d2l/dudx; written in full. */
  stageHessian(x: Vec, u: Vec, k: number, Q: Vec, R: Vec, M: Vec): void;
  /** lN(x). */
  terminalCost(x: Vec): number;
  /** q (nx) = dlN/dx; written in full. */
  terminalGradient(x: Vec, q: Vec): void;
  /** Q (nx, nx) = d2lN/dx2; written in full. */
  terminalHessian(x: Vec, Q: Vec): void;
  /** (nu), or (N, nu) by stage; -Infinity where there is none. */
  readonly uLower: Vec;
  /** Likewise, Infinity where there is none. */
  readonly uUpper: Vec;
  /** One group of rows, or several. */
  readonly rows?: Rows | readonly Rows[];
  readonly stateBox?: StateBox;
  /** Components of x that are angles: differences of states are wrapped there. */
  readonly angles?: readonly number[];
};
