import type { Ocp, Vec } from "../ocp/index.ts";
import {
  createTrajectoryPlanner,
  type NavigationOptions,
  type PartTimes,
  type SolveReport,
  type TrajectoryPlannerOptions,
  type WarmStart,
} from "../planner/index.ts";
import { createRiccatiIpm } from "../qp/index.ts";
import { afterOneQp, type BenchScene, type KnownOptimum, REFERENCE, rowViolation } from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import type { SqpOptions } from "../sqp/index.ts";

/** What is solved with. */
export type SolverUnderTest = {
  readonly robot: Robot;
  readonly sqp?: Partial<Pick<SqpOptions, "hessian" | "gains">>;
  readonly navigation?: Partial<NavigationOptions>;
  /** Monotonic clock. [ms] */
  readonly clock: () => number;
};

/** A solve, its times, and the number of QPs that it really took, those of dropped candidates too. */
export type ProbedSolve = { readonly solve: SolveReport; readonly partsMs: PartTimes; readonly qps: number };

/** The planner of the control loop, made to solve scenes each with a last plan of its own. */
export type SolverProbe = {
  readonly ocp: Ocp;
  solve(scene: BenchScene): Promise<ProbedSolve>;
};

/** Creates a planner of one warm start for solves to the given limits. */
export function createProbe(
  start: WarmStart,
  { robot, sqp, navigation, clock }: SolverUnderTest,
  limits: Pick<TrajectoryPlannerOptions, "tol" | "maxIterations" | "keepIterates">,
): SolverProbe {
  let current: BenchScene | undefined;
  let qps = 0;
  const planner = createTrajectoryPlanner({
    ...limits,
    robot,
    navigation,
    clock,
    warmStart: {
      ...start,
      candidates: (input) => start.candidates({ ...input, lastPlan: current?.lastPlan }),
    },
    sqp: {
      ...sqp,
      createQpSolver(shape) {
        const { name, solve } = createRiccatiIpm(shape);
        const counted: typeof solve = (qp, options) => {
          qps++;
          return solve(qp, options);
        };
        return { name, solve: counted };
      },
    },
  });
  return {
    ocp: planner.problem.ocp,
    async solve(scene) {
      current = scene;
      qps = 0;
      const { solve, partsMs } = await planner.plan(scene.scene);
      return { solve: solve!, partsMs, qps };
    },
  };
}

/** Where a start leads to in the end, what it began with, and what it gave after exactly one QP. */
export type FoundOptimum = KnownOptimum & {
  /** (N + 1, nx) the guess, rolled out; none where it is not finite. */
  readonly guessX?: Vec;
  /** Violation of rows. [m] */
  readonly afterOne: { readonly cost: number; readonly violation: number };
};

/** Follows a start to the limits of {@link REFERENCE}. */
export function createSearch(
  start: WarmStart,
  solver: SolverUnderTest,
): (scene: BenchScene) => Promise<FoundOptimum> {
  const probe = createProbe(start, solver, { ...REFERENCE, keepIterates: true });
  return async (scene) => {
    const { status, cost, merit, violation, history, iterates } = (await probe.solve(scene)).solve;
    const one = afterOneQp(history, iterates);
    const X = iterates.at(-1);
    return {
      start: start.name,
      status,
      X: X ?? new Float64Array(0),
      cost,
      merit: X === undefined ? Number.POSITIVE_INFINITY : merit,
      violation,
      guessX: iterates[0],
      afterOne: { cost: one.cost, violation: rowViolation(probe.ocp, one.X) },
    };
  };
}
