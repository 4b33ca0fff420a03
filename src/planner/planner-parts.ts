import type { Ocp } from "../ocp/index.ts";
import type { Robot, SpeedZones } from "../sim/index.ts";
import { createSqpWorkspace, type SqpOptions, type SqpWorkspace } from "../sqp/index.ts";
import { createNavigationProblem, type NavigationProblem } from "./navigation-ocp.ts";
import type { NavigationOptions } from "./navigation-options.ts";
import { createSafetyChecker, type SafetyChecker } from "./safety.ts";
import type { Plan } from "./scene.ts";
import type { WarmStart } from "./warm-start.ts";

export type TrajectoryPlannerOptions = {
  readonly robot: Robot;
  readonly warmStart: WarmStart;
  /** Largest number of QPs per tick, counted along the chosen start. */
  readonly maxIterations: number;
  /** Relative KKT tolerance; 1e-2 in the loop. */
  readonly tol?: number;
  readonly navigation?: Partial<NavigationOptions>;
  /** Where it drives slower than the robot can. */
  readonly speedZones?: SpeedZones;
  readonly sqp?: Partial<SqpOptions>;
  /** Milliseconds a solve may take; needs a clock. */
  readonly deadline?: number;
  /** Monotonic clock. [ms] */
  readonly clock?: () => number;
  /** Keep every iterate's states for a log. */
  readonly keepIterates?: boolean;
};

/** What every step of planning works with: the options, the problem, the solver's memory, the safety check. */
export type PlannerParts = {
  readonly options: TrajectoryPlannerOptions;
  readonly problem: NavigationProblem;
  /** Of the problem as it is posed. */
  readonly workspace: SqpWorkspace;
  readonly checker: SafetyChecker;
  readonly clock: () => number;
};

/** Allocates what the planning of one robot works with. @throws ConfigError where the warm start is for another */
export function createPlannerParts(options: TrajectoryPlannerOptions): PlannerParts {
  const problem = createNavigationProblem(options.robot, options.navigation, options.speedZones);
  options.warmStart.checkProblem?.(problem);
  const workspaceOf = createWorkspaces();
  return {
    options,
    problem,
    get workspace() {
      return workspaceOf(problem.ocp);
    },
    checker: createSafetyChecker(options.robot),
    clock: options.clock ?? (() => 0),
  };
}

/** The solver's memory for each problem that it is asked of, allocated once. */
export function createWorkspaces(): (ocp: Ocp) => SqpWorkspace {
  const known = new WeakMap<Ocp, SqpWorkspace>();
  return (ocp) => {
    const workspace = known.get(ocp) ?? createSqpWorkspace(ocp);
    known.set(ocp, workspace);
    return workspace;
  };
}

/** The last plans of a planner: plain data. */
export type PlannerState = {
  /** The newest one, safe or not: what the next warm start shifts. */
  readonly lastPlan?: Plan;
  /** The newest one that touches nothing. */
  readonly safePlan?: Plan;
  /** The safe one before that: a plan that came too late is no fallback for its own tick. */
  readonly olderPlan?: Plan;
};

/** The last plans once another one is made. */
export function rememberPlan(state: PlannerState, plan: Plan, safe: boolean): PlannerState {
  const { safePlan, olderPlan } = state;
  if (!safe) return { ...state, lastPlan: plan };
  const replacesOlder = safePlan === undefined || safePlan.time < plan.time;
  return { lastPlan: plan, safePlan: plan, olderPlan: replacesOlder ? safePlan : olderPlan };
}
