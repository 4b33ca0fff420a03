import { ConfigError, checkCount } from "../base/index.ts";
import { checkSparsity, type DynamicsSparsity, type Vec } from "../ocp/index.ts";

/**
 * Sizes of a QP with the structure of an optimal control problem: `nb` bounded state components (`boxIndex`)
 * at k = 1..N, and `nr` rows, of which stage k has those from `rowStart[k]` up to `rowStart[k + 1]`.
 */
export type QpShape = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly nb: number;
  /** (nb) which components of x have bounds. */
  readonly boxIndex: Int32Array;
  readonly nr: number;
  /** (N + 2) first row of each stage; the last is nr. */
  readonly rowStart: Int32Array;
  /** (nr) 1 where a row is an equality. */
  readonly equality: Uint8Array;
  /** (nr) which row of D belongs to a row, -1 where it does not depend on the control. */
  readonly controlRow: Int32Array;
  /** Number of rows that depend on the control. */
  readonly nd: number;
  /** Entries of A and B that are 0 or 1 at every stage. */
  readonly sparsity?: DynamicsSparsity;
};

/**
 * Quadratic program over `dX (N + 1, nx)`, `dU (N, nu)` with `dx_0 = 0`:
 *
 *     min  sum_{k<N} 1/2 [dx;du]' [Q_k M_k'; M_k R_k] [dx;du] + q_k'dx_k + r_k'du_k
 *          + 1/2 dx_N'Q_N dx_N + q_N'dx_N + sum of penalties (linear s + 1/2 quadratic s^2)
 *     s.t. dx_{k+1} = A_k dx_k + B_k du_k
 *          uLower_k <= du_k <= uUpper_k                            (hard)
 *          xLower_k - s <= dx_k[boxIndex] <= xUpper_k + s, s >= 0  (k = 1..N)
 *          C_k dx_k + D_k du_k + c_k + s >= 0, s >= 0              (inequality rows)
 *          |C_k dx_k + D_k du_k + c_k| <= s                        (equality rows)
 *
 * Every row and every component of the box has weights of its own. Finite ones make it soft: a large `linear`
 * makes it exact, and a QP of soft rows is always feasible. `linear = Infinity` makes it hard (s = 0). Each
 * stage's Hessian block is positive semidefinite and R_k positive definite (the caller projects). Each side of
 * the state box has a slack of its own, paid for like a row's; where xLower <= xUpper that equals the shared
 * slack written above, since only one side can be violated. Blocks for stage 0 of the box arrays exist and are
 * ignored. Bounds may be infinite.
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
  /** (nr, nx) */ readonly C: Vec;
  /** (nd, nu), the rows that `controlRow` names */ readonly D: Vec;
  /** (nr) row values at dx = 0, du = 0 */ readonly c: Vec;
  /** Penalties of the rows, of the state box; may change between solves. */
  readonly weights: QpWeights;
  /** Size of the gradients, where more is known than the data show: residuals are measured against no less. */
  readonly scale?: number;
};

/** Weights of what a violation s costs, `linear s + 1/2 quadratic s^2`. */
export type QpWeights = {
  /** (nr) Infinity where a row is hard */ readonly rowLinear: Vec;
  /** (nr) */ readonly rowQuadratic: Vec;
  /** (N + 1, nb) Infinity where a component is hard */ readonly boxLinear: Vec;
  /** (N + 1, nb) */ readonly boxQuadratic: Vec;
};

/**
 * Multipliers of a {@link Qp}: l of `L = cost - l'(row value)`. All >= 0 but those of equalities, which have
 * either sign; zero where a bound is infinite and at stage 0 of the box.
 */
export type QpMultipliers = {
  /** (N, nu) */ readonly uLower: Vec;
  /** (N, nu) */ readonly uUpper: Vec;
  /** (N + 1, nb) */ readonly xLower: Vec;
  /** (N + 1, nb) */ readonly xUpper: Vec;
  /** (nr) */ readonly rows: Vec;
};

/** How a solve of a QP ended; `infeasible`: hard rows cannot be met, and the multipliers found prove it. */
export type QpStatus = "solved" | "infeasible" | "maxIterations" | "nonFinite";

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

/**
 * Options of one call. `warm`: start from the solver's own last solution; `shift`: move it one stage first; `late`: asked before each
 * iteration, ends the call with the best point so far where it says so.
 */
export type QpSolveOptions = {
  readonly warm?: boolean;
  readonly shift?: boolean;
  readonly late?: () => boolean;
};

/** The `late` of a call that may take its time. */
export const NEVER_LATE = (): boolean => false;

/** A QP solver bound to one shape; it owns its memory and allocates nothing in `solve`. */
export type QpSolver = {
  readonly name: string;
  solve(qp: Qp, options?: QpSolveOptions): QpSolution;
};

/** A row of a {@link QpShape}: its stage, whether it is an equality and whether it depends on the control. */
export type QpRow = { readonly k: number; readonly equality?: boolean; readonly controls?: boolean };

/**
 * Checked sizes of a QP.
 *
 * @param sizes N >= 1, nx >= 1, nu >= 1; rows in the order of their stages, or nc >= 0 inequality rows of the
 *   state at each of k = 1..N (default none); boxIndex distinct components of x in [0, nx) (default none);
 *   sparsity of A and B (default: nothing is known)
 * @throws ConfigError or ShapeError naming what is not legal
 */
export function createQpShape(sizes: {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly nc?: number;
  readonly rows?: readonly QpRow[];
  readonly boxIndex?: ArrayLike<number>;
  readonly sparsity?: DynamicsSparsity;
}): QpShape {
  const { N, nx, nu, nc = 0, sparsity } = sizes;
  checkCount("N", N, 1);
  checkCount("nx", nx, 1);
  checkCount("nu", nu, 1);
  checkCount("nc", nc, 0);
  const index = Array.from(sizes.boxIndex ?? []);
  index.forEach((i, at) => {
    checkCount(`boxIndex[${at}]`, i, 0, nx - 1);
    if (index.indexOf(i) !== at)
      throw new ConfigError(`boxIndex names component ${i} twice, expected distinct ones`);
  });
  if (sparsity !== undefined) checkSparsity(sparsity, nx, nu);
  const rows = sizes.rows ?? Array.from({ length: N * nc }, (_, i): QpRow => ({ k: 1 + Math.floor(i / nc) }));
  const shape = { N, nx, nu, nb: index.length, boxIndex: Int32Array.from(index), sparsity };
  return { ...shape, ...packRows(rows, N) };
}

function packRows(rows: readonly QpRow[], N: number) {
  const rowStart = new Int32Array(N + 2);
  let nd = 0;
  const controlRow = Int32Array.from(rows, ({ k, controls = false }, i) => {
    const first = i === 0 ? 0 : rows[i - 1].k;
    const last = controls ? N - 1 : N;
    checkCount(`rows[${i}].k`, k, first, last);
    rowStart[k + 1]++;
    return controls ? nd++ : -1;
  });
  for (let k = 0; k <= N; k++) rowStart[k + 1] += rowStart[k];
  const equality = Uint8Array.from(rows, (row) => (row.equality === true ? 1 : 0));
  return { nr: rows.length, rowStart, equality, controlRow, nd };
}

/** The weights of a fresh QP. [cost per unit of violation, cost per squared unit] */
export const DEFAULT_QP_WEIGHTS = { linear: 100, quadratic: 10 };

/**
 * Allocates a QP: all blocks zero, all bounds infinite, all weights {@link DEFAULT_QP_WEIGHTS}. The caller
 * fills the arrays in place; R must become positive definite.
 */
export function createQp(shape: QpShape): Qp {
  const { N, nx, nu, nr, nd, nb } = shape;
  const { linear, quadratic } = DEFAULT_QP_WEIGHTS;
  return {
    shape,
    A: new Float64Array(N * nx * nx),
    B: new Float64Array(N * nx * nu),
    Q: new Float64Array((N + 1) * nx * nx),
    R: new Float64Array(N * nu * nu),
    M: new Float64Array(N * nu * nx),
    q: new Float64Array((N + 1) * nx),
    r: new Float64Array(N * nu),
    uLower: new Float64Array(N * nu).fill(-Infinity),
    uUpper: new Float64Array(N * nu).fill(Infinity),
    xLower: new Float64Array((N + 1) * nb).fill(-Infinity),
    xUpper: new Float64Array((N + 1) * nb).fill(Infinity),
    C: new Float64Array(nr * nx),
    D: new Float64Array(nd * nu),
    c: new Float64Array(nr),
    weights: {
      rowLinear: new Float64Array(nr).fill(linear),
      rowQuadratic: new Float64Array(nr).fill(quadratic),
      boxLinear: new Float64Array((N + 1) * nb).fill(linear),
      boxQuadratic: new Float64Array((N + 1) * nb).fill(quadratic),
    },
  };
}

/** Allocates an empty solution: a solver makes one when it is created and overwrites it in each call. */
export function createQpSolution(shape: QpShape): QpSolution {
  const { N, nx, nu, nr, nb } = shape;
  return {
    status: "maxIterations",
    dX: new Float64Array((N + 1) * nx),
    dU: new Float64Array(N * nu),
    multipliers: {
      uLower: new Float64Array(N * nu),
      uUpper: new Float64Array(N * nu),
      xLower: new Float64Array((N + 1) * nb),
      xUpper: new Float64Array((N + 1) * nb),
      rows: new Float64Array(nr),
    },
    iterations: 0,
    residual: 0,
  };
}

const MULTIPLIERS = ["uLower", "uUpper", "xLower", "xUpper", "rows"] as const;

/** Copies the point, its multipliers and its residual. */
export function copySolution(from: QpSolution, to: QpSolution): void {
  to.dX.set(from.dX);
  to.dU.set(from.dU);
  to.residual = from.residual;
  for (const name of MULTIPLIERS) to.multipliers[name].set(from.multipliers[name]);
}

/** Sets the point and its multipliers to zero, its residual to infinity. */
export function clearSolution(solution: QpSolution): void {
  solution.dX.fill(0);
  solution.dU.fill(0);
  for (const name of MULTIPLIERS) solution.multipliers[name].fill(0);
  solution.residual = Infinity;
}
