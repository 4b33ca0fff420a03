import { ConfigError, checkLength, ShapeError } from "../base/index.ts";
import { checkSparsity, type DynamicsSparsity, findBreach, sameSparsity, type Vec } from "../ocp/index.ts";

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
  /** Entries of A and B that are 0 or 1 at every stage. */
  readonly sparsity?: DynamicsSparsity;
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
 * Each side of the state box has a slack of its own, paid for like a row's; where xLower <= xUpper that
 * equals the shared slack written above, since only one side can be violated.
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

/** How a solve of a QP ended. */
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

/**
 * Checked sizes of a QP.
 *
 * @param sizes N >= 1, nx >= 1, nu >= 1, nc >= 0 (default 0); boxIndex distinct components of x in
 *   [0, nx) (default none); sparsity of A and B (default: nothing is known)
 * @throws ConfigError or ShapeError naming what is not legal
 */
export function createQpShape(sizes: {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly nc?: number;
  readonly boxIndex?: ArrayLike<number>;
  readonly sparsity?: DynamicsSparsity;
}): QpShape {
  const { N, nx, nu, nc = 0, sparsity } = sizes;
  checkSize("N", N, 1);
  checkSize("nx", nx, 1);
  checkSize("nu", nu, 1);
  checkSize("nc", nc, 0);
  const index = Array.from(sizes.boxIndex ?? []);
  index.forEach((i, at) => {
    if (!Number.isInteger(i) || i < 0 || i >= nx) {
      throw new ConfigError(`boxIndex[${at}] is ${i}, expected an integer in 0..${nx - 1} (nx = ${nx})`);
    }
    if (index.indexOf(i) !== at)
      throw new ConfigError(`boxIndex names component ${i} twice, expected distinct ones`);
  });
  if (sparsity !== undefined) checkSparsity(sparsity, nx, nu);
  return { N, nx, nu, nc, nb: index.length, boxIndex: Int32Array.from(index), sparsity };
}

function checkSize(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ConfigError(`${name} is ${value}, expected an integer >= ${least}`);
  }
}

/** The penalty of a fresh QP. [cost per unit of violation, cost per squared unit] */
export const DEFAULT_QP_PENALTY = { rowLinear: 100, rowQuadratic: 10, boxLinear: 100, boxQuadratic: 10 };

/**
 * Allocates a QP: all blocks zero, all bounds infinite, penalty {@link DEFAULT_QP_PENALTY}. The caller
 * fills the arrays in place; R must become positive definite.
 */
export function createQp(shape: QpShape): Qp {
  const { N, nx, nu, nc, nb } = shape;
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
    C: new Float64Array((N + 1) * nc * nx),
    c: new Float64Array((N + 1) * nc),
    penalty: { ...DEFAULT_QP_PENALTY },
  };
}

/** Allocates an empty solution: a solver makes one when it is created and overwrites it in each call. */
export function createQpSolution(shape: QpShape): QpSolution {
  const { N, nx, nu, nc, nb } = shape;
  return {
    status: "maxIterations",
    dX: new Float64Array((N + 1) * nx),
    dU: new Float64Array(N * nu),
    multipliers: {
      uLower: new Float64Array(N * nu),
      uUpper: new Float64Array(N * nu),
      xLower: new Float64Array((N + 1) * nb),
      xUpper: new Float64Array((N + 1) * nb),
      rows: new Float64Array((N + 1) * nc),
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

/**
 * Throws unless a QP fits a solver's shape, every array has its length, A and B are as sparse as declared, and
 * no penalty is negative.
 *
 * @throws ShapeError or ConfigError that names the size or array, what it is and what was expected
 */
export function checkQp(qp: Qp, shape: QpShape): void {
  const own = qp.shape;
  if (own !== shape) {
    for (const name of ["N", "nx", "nu", "nc", "nb"] as const) {
      if (own[name] !== shape[name]) {
        throw new ShapeError(`qp.shape.${name} is ${own[name]}, expected ${shape[name]}, the solver's`);
      }
    }
    for (let j = 0; j < shape.nb; j++) {
      if (own.boxIndex[j] !== shape.boxIndex[j]) {
        throw new ShapeError(
          `qp.shape.boxIndex[${j}] is ${own.boxIndex[j]}, expected ${shape.boxIndex[j]}, the solver's`,
        );
      }
    }
    if (!sameSparsity(own.sparsity, shape.sparsity)) {
      throw new ShapeError("qp.shape.sparsity declares something else than the solver's");
    }
  }
  const { N, nx, nu, nc, nb } = shape;
  checkLength("qp.A", qp.A.length, N * nx * nx, "N*nx*nx");
  checkLength("qp.B", qp.B.length, N * nx * nu, "N*nx*nu");
  checkLength("qp.Q", qp.Q.length, (N + 1) * nx * nx, "(N+1)*nx*nx");
  checkLength("qp.R", qp.R.length, N * nu * nu, "N*nu*nu");
  checkLength("qp.M", qp.M.length, N * nu * nx, "N*nu*nx");
  checkLength("qp.q", qp.q.length, (N + 1) * nx, "(N+1)*nx");
  checkLength("qp.r", qp.r.length, N * nu, "N*nu");
  checkLength("qp.uLower", qp.uLower.length, N * nu, "N*nu");
  checkLength("qp.uUpper", qp.uUpper.length, N * nu, "N*nu");
  checkLength("qp.xLower", qp.xLower.length, (N + 1) * nb, "(N+1)*nb");
  checkLength("qp.xUpper", qp.xUpper.length, (N + 1) * nb, "(N+1)*nb");
  checkLength("qp.C", qp.C.length, (N + 1) * nc * nx, "(N+1)*nc*nx");
  checkLength("qp.c", qp.c.length, (N + 1) * nc, "(N+1)*nc");
  if (shape.sparsity !== undefined) {
    checkDeclared("A", shape.sparsity.A, qp.A);
    checkDeclared("B", shape.sparsity.B, qp.B);
  }
  const p = qp.penalty;
  if (p.rowLinear < 0 || p.rowQuadratic < 0 || p.boxLinear < 0 || p.boxQuadratic < 0) {
    throw new ConfigError(`qp.penalty is ${JSON.stringify(p)}, expected no negative weight`);
  }
}

function checkDeclared(name: "A" | "B", rows: readonly string[], blocks: Vec): void {
  const at = findBreach(rows, blocks);
  if (at < 0) return;
  const columns = rows[0].length;
  const [k, i, j] = [
    Math.floor(at / rows.length / columns),
    Math.floor(at / columns) % rows.length,
    at % columns,
  ];
  throw new ConfigError(
    `qp.${name} (${i}, ${j}) is ${blocks[at]} at stage ${k}, expected ${rows[i][j]} as sparsity declares`,
  );
}
