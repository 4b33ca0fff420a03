import { ShapeError } from "../base/index.ts";
import { createEigenScratch, type EigenScratch, type LqrProblem } from "../linalg/index.ts";
import {
  blocks,
  type Curvature,
  createCurvature,
  createTrajectory,
  type Ocp,
  type Trajectory,
  type Vec,
} from "../ocp/index.ts";
import { type BoxQpScratch, createBoxQpScratch } from "./box-qp.ts";

/** Derivatives along a trajectory, one block a stage. */
type StageDerivatives = {
  /** (nx, nx) */ readonly A: readonly Vec[];
  /** (nx, nu) */ readonly B: readonly Vec[];
  /** (nx), N + 1 of them */ readonly q: readonly Vec[];
  /** (nu) */ readonly r: readonly Vec[];
  /** (nx, nx), N + 1 of them */ readonly Q: readonly Vec[];
  /** (nu, nu) */ readonly R: readonly Vec[];
  /** (nu, nx) */ readonly M: readonly Vec[];
};

/** Scratch of the backward pass at one stage. */
export type BackwardScratch = {
  readonly Vx: Vec;
  readonly Vxx: Vec;
  readonly VA: Vec;
  readonly VB: Vec;
  readonly Qx: Vec;
  readonly Qu: Vec;
  readonly Qxx: Vec;
  readonly Quu: Vec;
  readonly Qux: Vec;
  readonly H: Vec;
  readonly W: Vec;
  readonly lower: Vec;
  readonly upper: Vec;
  readonly box: BoxQpScratch;
};

/** Memory of {@link solveIlqr} for problems of one size; a solve allocates nothing in its iterations. */
export type IlqrWorkspace = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  /** The iterate; swapped with `next` when a step is accepted. */
  current: Trajectory;
  next: Trajectory;
  readonly derivatives: StageDerivatives;
  /** Every array of `derivatives` in one piece. */
  readonly derivativesFlat: Vec;
  /** Whether Q, R, M have been made convex since they were evaluated. */
  convex: boolean;
  /** (N, nu) feedforward step, one block a stage. */
  readonly d: readonly Vec[];
  /** (N, nu, nx) gains. */
  readonly K: Vec;
  /** (N, nu) dJ/dU at the iterate. */
  readonly gradient: Vec;
  /** Costates (nx) of stage k and k + 1. */
  readonly costate: [Vec, Vec];
  readonly dx: Vec;
  /** (nx + nu, nx + nu) */
  readonly joint: Vec;
  readonly eigen: EigenScratch;
  /** (nx + nu) sizes of states and controls by their curvature. */
  readonly size: Vec;
  /**
   * (nu) natural units of each control: its size, the largest of the iterate and of the solve so far, the terms that its gradient is the sum
   * of with their rounding, and the curvature that regularization is a multiple of.
   */
  readonly units: Readonly<Record<"size" | "largest" | "most" | "gradient" | "noise" | "curvature", Vec>>;
  readonly backward: BackwardScratch;
  /** Slope and curvature of the expected change: `alpha linear + alpha^2 quadratic`. */
  readonly expected: { linear: number; quadratic: number };
  /** Rows of `[cost, stationarity, alpha, mu]`. */
  readonly history: number[];
  /** What part of the gradients q and r is the cost's own, where constraints add to it: both parts are terms. */
  own: { readonly q: readonly Vec[]; readonly r: readonly Vec[] } | undefined;
  curvature: { readonly ocp: Ocp; readonly of: Curvature } | undefined;
  /** Constraints are violated: no gradient that is a share of its terms is rounding, however stiff their penalty is. */
  violated: boolean;
};

/** Allocates the memory for problems with the sizes of `ocp`. */
export function createIlqrWorkspace(ocp: Pick<Ocp, "N" | "dynamics">): IlqrWorkspace {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const n = nx + nu;
  const flat = new Float64Array(N * (2 * nx * nx + 2 * nx * nu + nx + nu + nu * nu) + nx + nx * nx);
  return {
    N,
    nx,
    nu,
    current: createTrajectory(ocp),
    next: createTrajectory(ocp),
    derivatives: carve(flat, N, nx, nu),
    derivativesFlat: flat,
    convex: false,
    d: blocks(new Float64Array(N * nu), nu),
    K: new Float64Array(N * nu * nx),
    gradient: new Float64Array(N * nu),
    costate: [new Float64Array(nx), new Float64Array(nx)],
    dx: new Float64Array(nx),
    joint: new Float64Array(n * n),
    eigen: createEigenScratch(n),
    size: new Float64Array(n),
    units: {
      size: new Float64Array(nu),
      largest: new Float64Array(nu),
      most: new Float64Array(nu),
      gradient: new Float64Array(nu),
      noise: new Float64Array(nu),
      curvature: new Float64Array(nu),
    },
    backward: createBackwardScratch(nx, nu),
    expected: { linear: 0, quadratic: 0 },
    history: [],
    own: undefined,
    curvature: undefined,
    violated: false,
  };
}

function carve(flat: Vec, N: number, nx: number, nu: number): StageDerivatives {
  let at = 0;
  const take = (count: number, size: number): Vec[] => {
    const part = flat.subarray(at, at + count * size);
    at += count * size;
    return blocks(part, size);
  };
  return {
    A: take(N, nx * nx),
    B: take(N, nx * nu),
    q: take(N + 1, nx),
    r: take(N, nu),
    Q: take(N + 1, nx * nx),
    R: take(N, nu * nu),
    M: take(N, nu * nx),
  };
}

function createBackwardScratch(nx: number, nu: number): BackwardScratch {
  const vec = (size: number): Vec => new Float64Array(size);
  return {
    Vx: vec(nx),
    Vxx: vec(nx * nx),
    VA: vec(nx * nx),
    VB: vec(nx * nu),
    Qx: vec(nx),
    Qu: vec(nu),
    Qxx: vec(nx * nx),
    Quu: vec(nu * nu),
    Qux: vec(nu * nx),
    H: vec(nu * nu),
    W: vec(nu * nx),
    lower: vec(nu),
    upper: vec(nu),
    box: createBoxQpScratch(nu),
  };
}

/** Derivatives of all stages, each kind in one piece. */
export type Stacked = Required<Pick<LqrProblem, "N" | "nx" | "nu" | "A" | "B" | "Q" | "R" | "M">>;

/** The derivatives as they stand, their stages in one piece: copies. */
export function stackedDerivatives({ N, nx, nu, derivatives }: IlqrWorkspace): Stacked {
  const stacked = (stages: readonly Vec[]): Vec => Float64Array.from(stages.flatMap((block) => [...block]));
  const { A, B, Q, R, M } = derivatives;
  return { N, nx, nu, A: stacked(A), B: stacked(B), Q: stacked(Q), R: stacked(R), M: stacked(M) };
}

/** Throws a ShapeError where a workspace was made for a problem of another size. */
export function checkIlqrWorkspace(w: Pick<IlqrWorkspace, "N" | "nx" | "nu">, ocp: Ocp): void {
  const { nx, nu } = ocp.dynamics;
  if (w.N === ocp.N && w.nx === nx && w.nu === nu) return;
  throw new ShapeError(
    `workspace is for N=${w.N}, nx=${w.nx}, nu=${w.nu}; the problem has N=${ocp.N}, nx=${nx}, nu=${nu}`,
  );
}

/** Second derivatives of the problem, prepared at its first use. */
export function curvatureOf(w: IlqrWorkspace, ocp: Ocp): Curvature {
  if (w.curvature?.ocp !== ocp) w.curvature = { ocp, of: createCurvature(ocp) };
  return w.curvature.of;
}
