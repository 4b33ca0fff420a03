import { ShapeError } from "../base/index.ts";
import { createEigenScratch, createLqrScratch, type EigenScratch, type LqrScratch } from "../linalg/index.ts";
import {
  blocks,
  type Curvature,
  createTrajectory,
  type Ocp,
  sameSparsity,
  type Trajectory,
  type Vec,
} from "../ocp/index.ts";
import {
  createQp,
  createQpShape,
  createRiccatiIpm,
  type Qp,
  type QpShape,
  type QpSolver,
} from "../qp/index.ts";

/** Per-stage views of a flat array of blocks. */
type Stages = readonly Vec[];

/** Sizes of a problem: those of its QPs, and the m = nc + 2 nb constraints that are stacked at every stage. */
export type SqpShape = QpShape & { readonly m: number };

/**
 * A trajectory and the values (N + 1, m) of its constraints, stacked per stage as
 * [rows (nc) | state - lower (nb) | upper - state (nb)]; stage 0 has none.
 */
export type Iterate = Trajectory & {
  readonly con: Vec;
  /** rows[k] is a view of the (nc) rows of stage k in `con`. */
  readonly rows: Stages;
};

/** The QP of a step, with a view of each stage's blocks. */
export type StagedQp = Qp & {
  readonly stage: Readonly<Record<"A" | "B" | "Q" | "R" | "M" | "q" | "r" | "C", Stages>>;
};

/** Blocks of a Hessian: Q (N + 1, nx, nx), R (N, nu, nu), M (N, nu, nx). */
export type HessianBlocks = { readonly Q: Vec; readonly R: Vec; readonly M: Vec };

/** What the adjoint recursion writes: costates (N + 1, nx) and the Lagrangian's gradient in U (N, nu). */
export type Adjoint = { readonly costate: Vec; readonly costateOf: Stages; readonly gradient: Vec };

/** Multipliers (N + 1, m) of the stacked constraints, and their step. */
export type Duals = { readonly Y: Vec; readonly dY: Vec };

/**
 * What the merit function keeps: slacks (N + 1, m) of hard constraints with their step, and per stage
 * (N + 1) a penalty rho and the share r'dr of the directional derivative that rho weights.
 */
export type MeritState = { readonly S: Vec; readonly dS: Vec; readonly rho: Vec; readonly rhoSlope: Vec };

/** Memory that holds nothing from one call to the next. */
export type SqpScratch = {
  readonly lqr: LqrScratch;
  readonly eigen: EigenScratch;
  /** (nx + nu, nx + nu) */ readonly joint: Vec;
  /** (nx, nx) */ readonly rowHessian: Vec;
  /** (nc) */ readonly rowY: Vec;
  /** (nx) */ readonly x: Vec;
  /** (nx) */ readonly target: Vec;
  /** A Hessian with something added, and the gains (N, nu, nx) of a recursion that only asks whether it exists. */
  readonly Q: Vec;
  readonly R: Vec;
  readonly K: Vec;
};

/**
 * All memory of one solve, bound to the sizes of a problem (not to the problem): solves of one control
 * loop share one workspace and allocate nothing inside an iteration. A function that takes some of its
 * groups touches no others.
 */
export type SqpWorkspace = {
  readonly shape: SqpShape;
  /** Accepted iterate and the candidate of the line search; swapped on acceptance. */
  current: Iterate;
  candidate: Iterate;
  readonly qp: StagedQp;
  readonly adjoint: Adjoint;
  /** Projected Hessian of the cost alone. */
  readonly costHessian: HessianBlocks;
  /** Curvature of dynamics and rows in the Lagrangian, without the cost's. */
  readonly curvature: HessianBlocks;
  readonly duals: Duals;
  readonly merit: MeritState;
  /** Gains (N, nu, nx) of the closed-loop rollout. */
  readonly K: Vec;
  readonly scratch: SqpScratch;
  readonly solvers: Map<unknown, QpSolver>;
  /** Second derivatives of the problem that was solved last. */
  secondOrder?: { readonly ocp: Ocp; readonly curvature: Curvature };
};

/** Allocates a workspace for problems of this size. */
export function createSqpWorkspace(ocp: Ocp): SqpWorkspace {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const nc = ocp.rows?.count ?? 0;
  const boxIndex = ocp.stateBox?.index ?? [];
  const m = nc + 2 * boxIndex.length;
  const shape: SqpShape = {
    ...createQpShape({ N, nx, nu, nc, boxIndex, sparsity: ocp.dynamics.sparsity }),
    m,
  };
  const stacked = (): Vec => new Float64Array((N + 1) * m);
  const iterate = (): Iterate => {
    const con = stacked();
    const rows = blocks(con, m).map((stage) => stage.subarray(0, nc));
    return { ...createTrajectory(ocp), con, rows };
  };
  const hessian = (): HessianBlocks => ({
    Q: new Float64Array((N + 1) * nx * nx),
    R: new Float64Array(N * nu * nu),
    M: new Float64Array(N * nu * nx),
  });
  const costate = new Float64Array((N + 1) * nx);
  return {
    shape,
    current: iterate(),
    candidate: iterate(),
    qp: stagedQp(shape),
    adjoint: { costate, costateOf: blocks(costate, nx), gradient: new Float64Array(N * nu) },
    costHessian: hessian(),
    curvature: hessian(),
    duals: { Y: stacked(), dY: stacked() },
    merit: { S: stacked(), dS: stacked(), rho: new Float64Array(N + 1), rhoSlope: new Float64Array(N + 1) },
    K: new Float64Array(N * nu * nx),
    scratch: {
      lqr: createLqrScratch(nx, nu),
      eigen: createEigenScratch(nx + nu),
      joint: new Float64Array((nx + nu) ** 2),
      rowHessian: new Float64Array(nx * nx),
      rowY: new Float64Array(nc),
      x: new Float64Array(nx),
      target: new Float64Array(nx),
      Q: new Float64Array((N + 1) * nx * nx),
      R: new Float64Array(N * nu * nu),
      K: new Float64Array(N * nu * nx),
    },
    solvers: new Map(),
  };
}

function stagedQp(shape: QpShape): StagedQp {
  const { nx, nu, nc } = shape;
  const qp = createQp(shape);
  return {
    ...qp,
    stage: {
      A: blocks(qp.A, nx * nx),
      B: blocks(qp.B, nx * nu),
      Q: blocks(qp.Q, nx * nx),
      R: blocks(qp.R, nu * nu),
      M: blocks(qp.M, nu * nx),
      q: blocks(qp.q, nx),
      r: blocks(qp.r, nu),
      C: blocks(qp.C, nc * nx),
    },
  };
}

/** The given workspace, or a new one. @throws ShapeError where the given one does not fit the problem */
export function workspaceFor(ocp: Ocp, given?: SqpWorkspace): SqpWorkspace {
  const w = given ?? createSqpWorkspace(ocp);
  const { N, nx, nu, nc, nb, boxIndex, sparsity } = w.shape;
  const rows = ocp.rows?.count ?? 0;
  const index = ocp.stateBox?.index ?? [];
  if (!sameSparsity(sparsity, ocp.dynamics.sparsity)) {
    throw new ShapeError("workspace is for dynamics of another sparsity, expected that of the problem");
  }
  const sizes = N === ocp.N && nx === ocp.dynamics.nx && nu === ocp.dynamics.nu && nc === rows;
  if (sizes && nb === index.length && index.every((i, j) => boxIndex[j] === i)) return w;
  throw new ShapeError(
    `workspace is for N=${N}, nx=${nx}, nu=${nu}, rows=${nc}, box=[${boxIndex}]; the problem has ` +
      `N=${ocp.N}, nx=${ocp.dynamics.nx}, nu=${ocp.dynamics.nu}, rows=${rows}, box=[${index}]`,
  );
}

/**
 * The solver of the workspace for this factory; created once. The default one solves its QPs well below
 * the tolerance asked of the whole: their residual is relative to the largest multiplier.
 */
export function qpSolverOf(
  w: Pick<SqpWorkspace, "shape" | "solvers">,
  create: ((shape: QpShape) => QpSolver) | undefined,
  tol: number,
): QpSolver {
  const qpTol = Math.max(1e-12, Math.min(1e-8, 1e-4 * tol));
  const key = create ?? qpTol;
  let solver = w.solvers.get(key);
  if (solver === undefined) {
    solver = create === undefined ? createRiccatiIpm(w.shape, { tol: qpTol }) : create(w.shape);
    w.solvers.set(key, solver);
  }
  return solver;
}
