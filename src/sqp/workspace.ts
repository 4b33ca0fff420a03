import { ShapeError } from "../base/index.ts";
import { createEigenScratch, createLqrScratch, type EigenScratch, type LqrScratch } from "../linalg/index.ts";
import {
  blocks,
  type Curvature,
  createTrajectory,
  type Ocp,
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

/**
 * All memory of one solve, bound to the sizes of a problem (not to the problem): solves of one control
 * loop share one workspace and allocate nothing inside an iteration.
 *
 * Constraints are stacked per stage as [rows (nc) | state - lower (nb) | upper - state (nb)], m in all.
 */
export type SqpWorkspace = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly nc: number;
  readonly nb: number;
  readonly m: number;
  readonly shape: QpShape;
  /** Accepted iterate and the candidate of the line search; swapped on acceptance. */
  current: Trajectory;
  candidate: Trajectory;
  readonly qp: Qp;
  readonly solvers: Map<unknown, QpSolver>;
  /** Views into `qp`. */
  readonly stage: {
    readonly A: Stages;
    readonly B: Stages;
    readonly Q: Stages;
    readonly R: Stages;
    readonly M: Stages;
    readonly q: Stages;
    readonly r: Stages;
    readonly C: Stages;
    readonly c: Stages;
  };
  /** Constraint values (N + 1, m) at `current` and at the candidate, with views of each stage's rows. */
  con: Vec;
  conCandidate: Vec;
  conStages: Stages;
  conCandidateStages: Stages;
  /** Multipliers (N + 1, m), their step, and slacks of hard constraints with their step. */
  readonly Y: Vec;
  readonly dY: Vec;
  readonly S: Vec;
  readonly dS: Vec;
  /** Penalty of the merit function per stage (N + 1). */
  readonly rho: Vec;
  /** Stage-wise r'dr of the merit's directional derivative (N + 1). */
  readonly rhoSlope: Vec;
  /** Costates (N + 1, nx) and gradient with respect to U (N, nu). */
  readonly costate: Vec;
  readonly costateStages: Stages;
  readonly gradient: Vec;
  /** Gains (N, nu, nx) and the projected Hessian of the cost. */
  readonly K: Vec;
  readonly gainQ: Vec;
  readonly gainR: Vec;
  readonly gainM: Vec;
  readonly lqr: LqrScratch;
  readonly eigen: EigenScratch;
  readonly block: Vec;
  readonly curvature: Vec;
  readonly rowCurvature: Vec;
  curvatureCache?: { readonly ocp: Ocp; readonly curvature: Curvature };
  /** Curvature of the Lagrangian without the cost's, as blocks of the QP's Hessian. */
  readonly curvatureQ: Vec;
  readonly curvatureR: Vec;
  readonly curvatureM: Vec;
  /** Hessians with something added: of the convexity test, of the sensitivity gains. */
  readonly testQ: Vec;
  readonly testR: Vec;
  readonly scratchX: Vec;
  readonly scratchX2: Vec;
  readonly rowMultipliers: Vec;
};

/** Allocates a workspace for problems of this size. */
export function createSqpWorkspace(ocp: Ocp): SqpWorkspace {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const nc = ocp.rows?.count ?? 0;
  const boxIndex = ocp.stateBox?.index ?? [];
  const nb = boxIndex.length;
  const m = nc + 2 * nb;
  const nz = nx + nu;
  const shape = createQpShape({ N, nx, nu, nc, boxIndex });
  const qp = createQp(shape);
  const con = new Float64Array((N + 1) * m);
  const conCandidate = new Float64Array((N + 1) * m);
  const costate = new Float64Array((N + 1) * nx);
  return {
    N,
    nx,
    nu,
    nc,
    nb,
    m,
    shape,
    current: createTrajectory(ocp),
    candidate: createTrajectory(ocp),
    qp,
    solvers: new Map(),
    stage: {
      A: blocks(qp.A, nx * nx),
      B: blocks(qp.B, nx * nu),
      Q: blocks(qp.Q, nx * nx),
      R: blocks(qp.R, nu * nu),
      M: blocks(qp.M, nu * nx),
      q: blocks(qp.q, nx),
      r: blocks(qp.r, nu),
      C: blocks(qp.C, nc * nx),
      c: blocks(qp.c, nc),
    },
    con,
    conCandidate,
    conStages: leading(con, m, nc),
    conCandidateStages: leading(conCandidate, m, nc),
    Y: new Float64Array((N + 1) * m),
    dY: new Float64Array((N + 1) * m),
    S: new Float64Array((N + 1) * m),
    dS: new Float64Array((N + 1) * m),
    rho: new Float64Array(N + 1),
    rhoSlope: new Float64Array(N + 1),
    costate,
    costateStages: blocks(costate, nx),
    gradient: new Float64Array(N * nu),
    K: new Float64Array(N * nu * nx),
    gainQ: new Float64Array((N + 1) * nx * nx),
    gainR: new Float64Array(N * nu * nu),
    gainM: new Float64Array(N * nu * nx),
    lqr: createLqrScratch(nx, nu),
    eigen: createEigenScratch(nz),
    block: new Float64Array(nz * nz),
    curvature: new Float64Array(nz * nz),
    rowCurvature: new Float64Array(nx * nx),
    curvatureQ: new Float64Array((N + 1) * nx * nx),
    curvatureR: new Float64Array(N * nu * nu),
    curvatureM: new Float64Array(N * nu * nx),
    testQ: new Float64Array((N + 1) * nx * nx),
    testR: new Float64Array(N * nu * nu),
    scratchX: new Float64Array(nx),
    scratchX2: new Float64Array(nx),
    rowMultipliers: new Float64Array(nc),
  };
}

/** Views of the first `count` elements of each block of `size`. */
function leading(flat: Vec, size: number, count: number): Vec[] {
  return blocks(flat, size).map((block) => block.subarray(0, count));
}

/** The given workspace, or a new one. @throws ShapeError where the given one does not fit the problem */
export function workspaceFor(ocp: Ocp, given?: SqpWorkspace): SqpWorkspace {
  const w = given ?? createSqpWorkspace(ocp);
  const { nx, nu } = ocp.dynamics;
  const nc = ocp.rows?.count ?? 0;
  const index = ocp.stateBox?.index ?? [];
  const sizes = w.N === ocp.N && w.nx === nx && w.nu === nu && w.nc === nc && w.nb === index.length;
  if (sizes && index.every((i, j) => w.shape.boxIndex[j] === i)) return w;
  throw new ShapeError(
    `workspace is for N=${w.N}, nx=${w.nx}, nu=${w.nu}, rows=${w.nc}, box=[${w.shape.boxIndex}]; ` +
      `the problem has N=${ocp.N}, nx=${nx}, nu=${nu}, rows=${nc}, box=[${index}]`,
  );
}

/**
 * The solver of the workspace for this factory; created once. The default one solves its QPs well below
 * the tolerance asked of the whole: their residual is relative to the largest multiplier.
 */
export function qpSolverOf(
  w: SqpWorkspace,
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
