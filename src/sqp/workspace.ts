import { ShapeError } from "../base/index.ts";
import { createEigenScratch, createLqrScratch, type EigenScratch, type LqrScratch } from "../linalg/index.ts";
import {
  blocks,
  blockViews,
  type ConstraintLayout,
  type ConstraintPenalties,
  type Curvature,
  constraintLayout,
  createTrajectory,
  type Ocp,
  sameSparsity,
  type Trajectory,
  type Vec,
} from "../ocp/index.ts";
import {
  createQp,
  createQpShape,
  createQpSolution,
  createRiccatiGains,
  createRiccatiIpm,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolver,
  type RiccatiGains,
} from "../qp/index.ts";

/** Views of the consecutive blocks of a flat array. */
type Stages = readonly Vec[];

/** Sizes of a problem: those of its QPs, and how its m constraints are stacked. */
export type SqpShape = QpShape & ConstraintLayout;

/** A trajectory and the values (m) of its constraints, stacked as {@link ConstraintLayout} says. */
export type Iterate = Trajectory & {
  readonly con: Vec;
  /** rows[b] is a view of the rows of block b in `con`. */
  readonly rows: Stages;
};

/** The QP of a step, with a view of each stage's blocks; of C and D, of each block of rows. */
export type StagedQp = Qp & {
  readonly stage: Readonly<Record<"A" | "B" | "Q" | "R" | "M" | "q" | "r" | "C" | "D", Stages>>;
};

/** Blocks of a Hessian: Q (N + 1, nx, nx), R (N, nu, nu), M (N, nu, nx). */
export type HessianBlocks = { readonly Q: Vec; readonly R: Vec; readonly M: Vec };

/** What the adjoint recursion writes: costates (N + 1, nx) and the Lagrangian's gradient in U (N, nu). */
export type Adjoint = { readonly costate: Vec; readonly costateOf: Stages; readonly gradient: Vec };

/** Multipliers (m) of the stacked constraints, and their step. */
export type Duals = { readonly Y: Vec; readonly dY: Vec };

/**
 * What the merit function keeps: slacks (m) of hard constraints with their step, the constraints' weights (m), and per
 * stage (N + 1) a penalty rho in units of these and the share r'dr of the directional derivative that rho weights.
 */
export type MeritState = Readonly<Record<"S" | "dS" | "weight" | "rho" | "rhoSlope", Vec>>;

/** Gains K (N, nu, nx), step `feed` (N, nu) and curvature (N, nu) of {@link regulate}. */
export type Regulator = {
  readonly K: Vec;
  readonly feed: Vec;
  readonly curvature: Vec;
  /** (nu) largest gradient that it met, and the curvature that `rFloor` is a share of. */
  readonly force: Vec;
  readonly floor: Vec;
  /** Whether a stage needed it. */
  floored: boolean;
};

/** Natural sizes of an iterate: of controls (nu), states (nx) and constraints (m). */
export type Scales = {
  readonly u: Vec;
  readonly x: Vec;
  readonly c: Vec;
  /** (nu) largest controls of the solve so far, without the guess. */
  readonly most: Vec;
  /** (nu) terms that the gradient of a control is the sum of, and their rounding. */
  readonly gradient: Vec;
  readonly noise: Vec;
  /** What the size of a control is worth. */
  cost: number;
  /** Whether the cost has a slope along the trajectory that is no rounding. */
  slope: boolean;
  /** (nx) scratch */
  readonly dx: Vec;
  readonly next: Vec;
  readonly free: Vec;
  readonly freeNext: Vec;
};

/** Gaps of an iterate that is no rollout: what its states have that the dynamics do not give them. */
export type Defects = {
  /** Whether there are any; all else is meaningless without. */
  open: boolean;
  /** (N, nx) E_k = x_{k+1} - f(x_k, u_k), of `current` and of the candidate. */
  E: Vec;
  next: Vec;
  /** (nx) what a unit of each state's gaps costs in the merit. */
  readonly price: Vec;
  /** (N + 1, nx) and (N, nu): the step that closes them in closed loop, see `closingStep`. */
  readonly e: Vec;
  readonly v: Vec;
};

/** Memory that holds nothing from one call to the next. */
export type SqpScratch = {
  readonly lqr: LqrScratch;
  readonly gains: RiccatiGains;
  readonly eigen: EigenScratch;
  /** (nx + nu) sizes of states and controls by their curvature; (nu) those of controls alone. */
  readonly size: Vec;
  readonly controlSize: Vec;
  /** (nx + nu, nx + nu) */ readonly joint: Vec;
  /** (nx, nx) */ readonly rowHessian: Vec;
  /** rowY[b]: multipliers of the rows of block b */ readonly rowY: Stages;
  /** (nx) */ readonly x: Vec;
  /** (nx) */ readonly target: Vec;
  /** (nu) */ readonly gradient: Vec;
  /** A Hessian with something added. */
  readonly Q: Vec;
  readonly R: Vec;
  readonly M: Vec;
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
  /** What `current` has of an entry that was no rollout. */
  readonly defects: Defects;
  readonly qp: StagedQp;
  readonly adjoint: Adjoint;
  /** Projected Hessian of the cost alone. */
  readonly costHessian: HessianBlocks;
  /** Curvature in the Lagrangian that `costHessian` has not: of dynamics and rows, and what the projection took. */
  readonly curvature: HessianBlocks;
  readonly regulator: Regulator;
  readonly scales: Scales;
  /** Curvature that fixes what is held: of constraints (m) and controls (N, nu), and whether the QP has it. */
  readonly held: { readonly con: Vec; readonly u: Vec; inQp: boolean };
  /** The QP in natural units, the sizes (nr) of its rows, and its solution in the problem's units. */
  readonly scaled: {
    readonly qp: Qp;
    readonly rowSize: Vec;
    /** (nu) */ readonly controlSize: Vec;
    /** (nx) */ readonly stateSize: Vec;
    readonly solution: QpSolution;
  };
  readonly duals: Duals;
  readonly merit: MeritState;
  /** The problem's penalties, and with weights for hard constraints, as its QPs have them. */
  readonly penalties: ConstraintPenalties;
  readonly elastic: ConstraintPenalties;
  /** Gains (N, nu, nx) of the closed-loop rollout. */
  readonly K: Vec;
  readonly scratch: SqpScratch;
  readonly solvers: Map<unknown, QpSolver>;
  /** A problem that was found to fit. */
  fits?: Ocp;
  /** Second derivatives of the problem that was solved last. */
  secondOrder?: { readonly ocp: Ocp; readonly curvature: Curvature };
};

/** Allocates a workspace for problems of this size. */
export function createSqpWorkspace(ocp: Ocp): SqpWorkspace {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const shape = sqpShape(ocp);
  const { m } = shape;
  const stacked = (): Vec => new Float64Array(m);
  const iterate = (): Iterate => {
    const con = stacked();
    return { ...createTrajectory(ocp), con, rows: blockViews(shape, con) };
  };
  const hessian = (): HessianBlocks => ({
    Q: new Float64Array((N + 1) * nx * nx),
    R: new Float64Array(N * nu * nu),
    M: new Float64Array(N * nu * nx),
  });
  const costate = new Float64Array((N + 1) * nx);
  const duals = { Y: stacked(), dY: stacked() };
  const size = new Float64Array(nx + nu);
  const penalties = (): ConstraintPenalties => ({ linear: stacked(), quadratic: stacked() });
  return {
    shape,
    current: iterate(),
    candidate: iterate(),
    defects: createDefects(N, nx, nu),
    qp: stagedQp(shape),
    adjoint: { costate, costateOf: blocks(costate, nx), gradient: new Float64Array(N * nu) },
    costHessian: hessian(),
    curvature: hessian(),
    regulator: {
      K: new Float64Array(N * nu * nx),
      feed: new Float64Array(N * nu),
      curvature: new Float64Array(N * nu),
      force: new Float64Array(nu),
      floor: new Float64Array(nu),
      floored: false,
    },
    scales: {
      u: new Float64Array(nu),
      x: new Float64Array(nx),
      c: stacked(),
      most: new Float64Array(nu),
      gradient: new Float64Array(nu),
      noise: new Float64Array(nu),
      cost: 0,
      slope: true,
      dx: new Float64Array(nx),
      next: new Float64Array(nx),
      free: new Float64Array(nx),
      freeNext: new Float64Array(nx),
    },
    scaled: {
      controlSize: new Float64Array(nu),
      stateSize: new Float64Array(nx),
      qp: { ...createQp(shape), scale: 1 },
      rowSize: new Float64Array(shape.nr),
      solution: createQpSolution(shape),
    },
    held: { con: stacked(), u: new Float64Array(N * nu), inQp: false },
    duals,
    merit: {
      S: stacked(),
      dS: stacked(),
      weight: stacked(),
      rho: new Float64Array(N + 1),
      rhoSlope: new Float64Array(N + 1),
    },
    penalties: penalties(),
    elastic: penalties(),
    K: new Float64Array(N * nu * nx),
    scratch: {
      lqr: createLqrScratch(nx, nu),
      gains: createRiccatiGains(shape),
      eigen: createEigenScratch(nx + nu),
      size,
      controlSize: size.subarray(nx),
      joint: new Float64Array((nx + nu) ** 2),
      rowHessian: new Float64Array(nx * nx),
      rowY: blockViews(shape, duals.Y),
      x: new Float64Array(nx),
      target: new Float64Array(nx),
      gradient: new Float64Array(nu),
      Q: new Float64Array((N + 1) * nx * nx),
      R: new Float64Array(N * nu * nu),
      M: new Float64Array(N * nu * nx),
    },
    solvers: new Map(),
  };
}

/** Sizes and order of a legal problem. */
export function sqpShape(ocp: Ocp): SqpShape {
  const { N, dynamics } = ocp;
  const { nx, nu, sparsity } = dynamics;
  const layout = constraintLayout(ocp);
  const boxIndex = ocp.stateBox?.index;
  return { ...createQpShape({ N, nx, nu, rows: layout.rows, boxIndex, sparsity }), ...layout };
}

/** Allocates gaps, of which none is open. */
function createDefects(N: number, nx: number, nu: number): Defects {
  return {
    open: false,
    E: new Float64Array(N * nx),
    next: new Float64Array(N * nx),
    price: new Float64Array(nx),
    e: new Float64Array((N + 1) * nx),
    v: new Float64Array(N * nu),
  };
}

function stagedQp(shape: SqpShape): StagedQp {
  const { nx, nu, controlRow } = shape;
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
      C: shape.blocks.map(({ row, count }) => qp.C.subarray(row * nx, (row + count) * nx)),
      D: shape.blocks.map(({ row, count }) => {
        const at = controlRow[row] * nu;
        return at < 0 ? qp.D.subarray(0, 0) : qp.D.subarray(at, at + count * nu);
      }),
    },
  };
}

/** The given workspace, or a new one. @throws ShapeError where the given one does not fit the problem */
export function workspaceFor(ocp: Ocp, given?: SqpWorkspace): SqpWorkspace {
  if (given === undefined) return createSqpWorkspace(ocp);
  if (given.fits === ocp) return given;
  const [own, asked] = [given.shape, sqpShape(ocp)];
  const [is, expected] = [describeShape(own), describeShape(asked)];
  if (is !== expected) throw new ShapeError(`workspace is for ${is}; the problem has ${expected}`);
  if (!sameSparsity(own.sparsity, asked.sparsity)) {
    throw new ShapeError("workspace is for dynamics of another sparsity, expected that of the problem");
  }
  given.fits = ocp;
  return given;
}

/** Sizes in words: of each group of rows, how many at which stages. */
function describeShape({ N, nx, nu, boxIndex, blocks, rows }: SqpShape): string {
  const groups: string[] = [];
  for (const { group, k, row, count } of blocks) {
    const { equality, controls } = rows[row];
    groups[group] ??= `${count}${equality ? " equal" : ""}${controls ? " of controls" : ""} at`;
    groups[group] += ` ${k}`;
  }
  return `N=${N}, nx=${nx}, nu=${nu}, rows=[${groups.filter(Boolean).join("; ")}], box=[${boxIndex}]`;
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
