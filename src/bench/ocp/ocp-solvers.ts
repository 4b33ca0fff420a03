import { createAlIlqrWorkspace, createIlqrWorkspace, solveAlIlqr, solveIlqr } from "../../ilqr/index.ts";
import { constraintLayout, type Ocp, type Vec } from "../../ocp/index.ts";
import { createSqpWorkspace, type SqpOptions, solve, solveSqp } from "../../sqp/index.ts";

/** What all solvers are asked alike; `tol` undefined leaves each its own default. */
export type OcpSolveOptions = {
  readonly tol?: number;
  readonly maxIterations: number;
  readonly deadline: number;
  readonly clock: () => number;
};

/** What all solvers answer. */
export type OcpAnswer = {
  readonly status: string;
  readonly iterations: number;
  readonly X: Vec;
  readonly U: Vec;
};

/** A solver, or one with options, as a benchmark sweeps it. */
export type OcpSolver = {
  /** Memory for one problem, and the solve; undefined where the solver does not take such problems. */
  prepare(ocp: Ocp): ((x0: Vec, guess: Vec, options: OcpSolveOptions) => OcpAnswer) | undefined;
};

const sqp = (own: Partial<SqpOptions>): OcpSolver => ({
  prepare(ocp) {
    const workspace = createSqpWorkspace(ocp);
    return (x0, guess, options) => solveSqp(ocp, x0, guess, { ...own, ...options }, workspace);
  },
});

/** All together, within `maxIterations` QPs and steps. */
const together: OcpSolver = {
  prepare(ocp) {
    const workspace = createSqpWorkspace(ocp);
    return (x0, guess, { maxIterations: budget, ...options }) =>
      solve(ocp, x0, guess, { ...options, budget }, workspace);
  },
};

const ilqr = (hessian: "gaussNewton" | "full"): OcpSolver => ({
  prepare(ocp) {
    if (constraintLayout(ocp).m > 0) return undefined;
    const workspace = createIlqrWorkspace(ocp);
    return (x0, guess, options) => solveIlqr(ocp, x0, guess, { hessian, ...options }, workspace);
  },
});

const alIlqr = (hessian: "gaussNewton" | "full"): OcpSolver => ({
  prepare(ocp) {
    const workspace = createAlIlqrWorkspace(ocp);
    return (x0, guess, options) => solveAlIlqr(ocp, x0, guess, { hessian, ...options }, workspace);
  },
});

/** Every solver of the house, and what SQP's options make of it. */
export const OCP_SOLVERS = {
  solve: together,
  sqp: sqp({}),
  "sqp-gauss-newton": sqp({ hessian: "gaussNewton" }),
  "sqp-projected": sqp({ hessian: "projected" }),
  "sqp-open": sqp({ gains: "open" }),
  "sqp-sens": sqp({ gains: "sens" }),
  "sqp-approx-sens": sqp({ gains: "approx-sens" }),
  ilqr: ilqr("gaussNewton"),
  "ilqr-full": ilqr("full"),
  "al-ilqr": alIlqr("gaussNewton"),
  "al-ilqr-full": alIlqr("full"),
} as const satisfies Record<string, OcpSolver>;

export type OcpSolverName = keyof typeof OCP_SOLVERS;
export const OCP_SOLVER_NAMES = Object.keys(OCP_SOLVERS) as OcpSolverName[];
