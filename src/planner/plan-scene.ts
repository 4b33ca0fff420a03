import type { DistanceField } from "../sim/index.ts";
import { chooseStart, solveReport } from "./choose-start.ts";
import { findFallback } from "./fallback.ts";
import type { PlannerParts } from "./planner-parts.ts";
import { type PlannerState, rememberPlan } from "./planner-state.ts";
import { NO_TIMES, type Plan, type PlanOutcome, type Scene } from "./scene.ts";
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
  const { status, X, U, K } = chosen.result;
  const times = { ...NO_TIMES, field: fieldMs, init: initMs, sqp: t1 - t0 };
  const checked = () => ({ ...times, check: clock() - t1 });
  const instead = (note: string): PlanOutcome => {
    const found = findFallback(parts, state, scene, field);
    return { ...found, note, solve, partsMs: checked() };
  };
  if (status === "nonFinite") return { outcome: instead("the solver met NaN or infinity"), state };
  const plan: Plan = { time: scene.time, dt: problem.options.dt, X, U, K };
  const { safe, contactStage } = checker.check(X, field, scene.grid);
  const next = rememberPlan(state, plan, safe);
  if (!safe)
    return { outcome: instead(`the plan touches an obstacle in stage ${contactStage}`), state: next };
  return { outcome: { source: "solution", plan, solve, note: chosen.note, partsMs: checked() }, state: next };
}
