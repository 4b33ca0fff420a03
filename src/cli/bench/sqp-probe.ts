import type { Ocp } from "../../ocp/index.ts";
import {
  brakeAlong,
  createTrajectoryPlanner,
  getWarmStart,
  type NavigationOptions,
  type PartTimes,
  type SolveReport,
  straightStart,
  type TrajectoryPlannerOptions,
  type WarmStart,
} from "../../planner/index.ts";
import type { Robot } from "../../sim/index.ts";
import { createRiccatiIpm, type SqpOptions } from "../../sqp/index.ts";
import type { BenchScene } from "./sqp-scenes.ts";

/** The best known optimum is looked for to this tolerance, or for this many QPs. */
export const REFERENCE = { tol: 1e-5, maxIterations: 60 } as const;

/** What is solved with. */
export type SolverUnderTest = {
  readonly robot: Robot;
  readonly sqp?: Partial<Pick<SqpOptions, "hessian" | "gains">>;
  readonly navigation?: Partial<NavigationOptions>;
  /** Monotonic clock. [ms] */
  readonly clock: () => number;
};

/** A solve, its times, and the number of QPs that it really took, those of dropped candidates too. */
export type Probed = { readonly solve: SolveReport; readonly partsMs: PartTimes; readonly qps: number };

/** The planner of the control loop, made to solve scenes each with a last plan of its own. */
export type Probe = {
  readonly ocp: Ocp;
  solve(scene: BenchScene): Promise<Probed>;
};

export function createProbe(
  start: WarmStart,
  { robot, sqp, navigation, clock }: SolverUnderTest,
  limits: Pick<TrajectoryPlannerOptions, "tol" | "maxIterations" | "keepIterates">,
): Probe {
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

/** Where a start leads to in the end, and what it gave after exactly one QP. Violations are of rows. [m] */
export type Found = {
  readonly converged: boolean;
  readonly cost: number;
  readonly merit: number;
  readonly violation: number;
  readonly afterOne: { readonly cost: number; readonly violation: number };
};

/** Follows a start to the limits of {@link REFERENCE}. */
export function createSearch(
  start: WarmStart,
  solver: SolverUnderTest,
): (scene: BenchScene) => Promise<Found> {
  const probe = createProbe(start, solver, { ...REFERENCE, keepIterates: true });
  return async (scene) => {
    const { status, cost, merit, history, iterates } = (await probe.solve(scene)).solve;
    const one = Math.min(1, history.length - 1);
    return {
      converged: status === "converged",
      cost,
      merit,
      violation: rowViolation(probe.ocp, iterates.at(-1)),
      afterOne: {
        cost: history[one]?.cost ?? Number.POSITIVE_INFINITY,
        violation: rowViolation(probe.ocp, iterates[one]),
      },
    };
  };
}

/** A baseline: drive straight at the local goal, whatever is in between. */
export const STRAIGHT: WarmStart = {
  name: "straight",
  choice: "merit",
  candidates: ({ scene, problem }) => [{ name: "straight", guess: straightStart(problem, scene) }],
};

/** Brakes to a stop: leads to the optimum where the way is blocked. */
const brake: WarmStart = {
  name: "brake",
  choice: "merit",
  candidates: ({ scene, problem }) => [
    { name: "brake", guess: { U: brakeAlong(problem, undefined, scene.x, scene.time).U } },
  ],
};

/** Looks for a scene's optimum where no warm start may lead: by braking, and around the obstacle. */
export function createScout(solver: SolverUnderTest): (scene: BenchScene) => Promise<Found[]> {
  const braking = createSearch(brake, solver);
  const around = createSearch(getWarmStart("path"), solver);
  return async ({ detour, ...scene }) => {
    const found = [await braking(scene)];
    if (detour !== undefined) found.push(await around({ ...scene, scene: { ...scene.scene, path: detour } }));
    return found;
  };
}

/** The finite solution of least merit, or else the first. */
export function leastMerit(found: readonly Found[]): Found {
  let best = found[0];
  for (const other of found) if (other.merit < best.merit || Number.isNaN(best.merit)) best = other;
  return best;
}

/** By how much the rows of a trajectory X (N + 1, nx) are violated at worst; speed limits are not among them. [m] */
function rowViolation(ocp: Ocp, X: Float64Array | undefined): number {
  const rows = ocp.rows;
  if (X === undefined || rows === undefined) return Number.POSITIVE_INFINITY;
  const { nx } = ocp.dynamics;
  const row = new Float64Array(rows.count);
  let worst = 0;
  for (let k = 1; k <= ocp.N; k++) {
    rows.value(X.subarray(k * nx, (k + 1) * nx), k, row);
    for (const c of row) worst = Math.max(worst, -c);
  }
  return worst;
}
