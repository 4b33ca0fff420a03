import { evaluateGuess } from "../sqp/index.ts";
import { createWorkspaces } from "./planner-parts.ts";
import type { BaseStarts, WarmStartInput } from "./warm-start.ts";

/**
 * The shifted plan does where today's cost and penalties are at most this many times those it was left with. On 96 scenes
 * (docs/learned-start.md#asked-when-needed) three of four ordinary ticks are below 1.04, all others above 1.2; a network found
 * a plan better by more than 0.1% in none of the former, by 5% and more after every kind of shock above 2.
 */
const GROWTH = 1.2;

/** Says of a posed scene whether the shifted plan is good enough to do without a network; keeps its memory. */
export function createGate(): (input: WarmStartInput, bases: BaseStarts) => boolean {
  const workspaceOf = createWorkspaces();
  return ({ problem, scene, lastPlan }, { shift }) => {
    if (lastPlan?.merit === undefined || shift === undefined) return false;
    const { X, U, K } = shift;
    const { merit } = evaluateGuess(problem.ocp, scene.x, { X, U, K }, workspaceOf(problem.ocp));
    return merit <= GROWTH * lastPlan.merit;
  };
}
