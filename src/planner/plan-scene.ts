import type { DistanceField } from "../sim/index.ts";
import { evaluateGuess } from "../sqp/index.ts";
import { chooseStart, solveReport } from "./choose-start.ts";
import { isClearOfMovers } from "./mover-check.ts";
import { type PlannerParts, type PlannerState, rememberPlan } from "./planner-parts.ts";
import { brakeAlong } from "./safety.ts";
import { NO_TIMES, type Plan, type PlanOutcome, type PlanSource, type Scene } from "./scene.ts";
import { shiftPlan } from "./shift-start.ts";
import type { NamedGuess } from "./warm-start.ts";

/** A posed scene and the guesses for it, ready to be solved. */
export type ReadyScene = {
  readonly scene: Scene;
  /** Of the scene's grid. */
  readonly field: DistanceField;
  readonly candidates: readonly NamedGuess[];
  /** What it took so far. [ms] */
  readonly fieldMs: number;
  readonly initMs: number;
  /** When that began, for the deadline. [ms] */
  readonly started: number;
};

/**
 * Solves a posed scene, checks the plan and takes a fallback where it is unsafe or not finite.
 *
 * @returns what to do now, and the planner's state after it
 */
export function planScene(
  parts: PlannerParts,
  state: PlannerState,
  { scene, field, candidates, fieldMs, initMs, started }: ReadyScene,
): { readonly outcome: PlanOutcome; readonly state: PlannerState } {
  const { problem, checker, clock } = parts;
  const t0 = clock();
  const chosen = chooseStart(parts, scene, candidates, started);
  const t1 = clock();
  const solve = solveReport(chosen);
  const { status, X, U, K, merit } = chosen.result;
  const times = { ...NO_TIMES, field: fieldMs, init: initMs, sqp: t1 - t0 };
  const checked = () => ({ ...times, check: clock() - t1 });
  const instead = (note: string): PlanOutcome => {
    const found = findFallback(parts, state, scene, field);
    return { ...found, note, solve, partsMs: checked() };
  };
  if (status === "nonFinite") return { outcome: instead("the solver met NaN or infinity"), state };
  const plan: Plan = { time: scene.time, dt: problem.options.dt, X, U, K, merit };
  const { safe, contactStage } = checker.check(X, field, scene.grid);
  const clear = safe && isClearOfMovers(problem, plan, scene);
  const next = rememberPlan(state, plan, clear);
  if (!safe)
    return { outcome: instead(`the plan touches an obstacle in stage ${contactStage}`), state: next };
  if (!clear) return { outcome: instead("the plan runs into somebody who moves"), state: next };
  return { outcome: { source: "solution", plan, solve, note: chosen.note, partsMs: checked() }, state: next };
}

/** A plan that touches nothing, and which rung of the ladder it is from; none where the robot must stop. */
export type Fallback = { readonly source: PlanSource; readonly plan?: Plan };

/**
 * The next best thing to a fresh plan: the last safe plan, followed from where the robot really is, unless it is half
 * over; else braking along it; else stopping. Each must be free in today's field, the last plan also of those who move.
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
    if (isSafe(plan) && isClearOfMovers(problem, plan, scene)) return { source: "lastPlan", plan };
  }
  const brake = brakeAlong(problem, last, x, time);
  return isSafe(brake) ? { source: "brake", plan: brake } : { source: "stop" };
}
