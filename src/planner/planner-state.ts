import type { Plan } from "./scene.ts";

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
