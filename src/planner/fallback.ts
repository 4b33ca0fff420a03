import type { DistanceField } from "../sim/index.ts";
import { evaluateGuess } from "../sqp/index.ts";
import type { PlannerParts } from "./planner-parts.ts";
import type { PlannerState } from "./planner-state.ts";
import { brakeAlong } from "./safety.ts";
import type { Plan, PlanSource, Scene } from "./scene.ts";
import { shiftPlan } from "./shift-start.ts";

/** A plan that touches nothing, and which rung of the ladder it is from; none where the robot must stop. */
export type Fallback = { readonly source: PlanSource; readonly plan?: Plan };

/**
 * The next best thing to a fresh plan: the last safe plan, followed from where the robot really is, unless it is half
 * over; else braking along it; else stopping. Each must be free in today's field.
 */
export function findFallback(
  { problem, workspace, checker }: Pick<PlannerParts, "problem" | "workspace" | "checker">,
  { safePlan, olderPlan }: PlannerState,
  scene: Scene,
  field: DistanceField,
): Fallback {
  const { time, x, grid } = scene;
  const isSafe = (plan: Plan): boolean => checker.check(plan.X, field, grid).safe;
  const last = safePlan !== undefined && safePlan.time < time ? safePlan : olderPlan;
  if (last !== undefined && time - last.time < 0.5 * problem.ocp.N * last.dt) {
    const left = shiftPlan(problem, last, time);
    const { X, U } = evaluateGuess(problem.ocp, x, { X: left.X, U: left.U, K: left.K }, workspace);
    const plan = { ...left, X, U };
    if (isSafe(plan)) return { source: "lastPlan", plan };
  }
  const brake = brakeAlong(problem, last, x, time);
  return isSafe(brake) ? { source: "brake", plan: brake } : { source: "stop" };
}
