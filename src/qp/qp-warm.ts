import type { Vec } from "../ocp/index.ts";
import type { IpmEngine } from "./ipm-engine.ts";
import { isFixed } from "./ipm-pairs.ts";
import type { Qp } from "./qp.ts";

/** What {@link chooseWarmControls} asks of a solver whose present multipliers are guessed. */
export type WarmSteps = Pick<IpmEngine, "place" | "reducedGradient">;

/**
 * Starting controls for a QP whose multipliers are guessed: the last dU, right where the same QP is
 * solved again, or dU = 0, right where the plan was moved to the last solution and linearized there; a shifted
 * plan always was. The one with the smaller gradient of the Lagrangian is taken, clipped to the bounds.
 *
 * @param U (N, nu) the last controls on entry, the chosen ones on return; what `place` of the steps takes
 * @param last (N, nu) scratch
 */
export function chooseWarmControls(steps: WarmSteps, qp: Qp, U: Vec, shifted: boolean, last: Vec): void {
  if (!shifted) {
    last.set(U);
    placeClipped(steps, qp, U);
    const kept = steps.reducedGradient(qp);
    U.fill(0);
    placeClipped(steps, qp, U);
    if (steps.reducedGradient(qp) < kept) return;
    U.set(last);
  } else U.fill(0);
  placeClipped(steps, qp, U);
}

/** Clips U, with fixed controls at their middle, and makes it the present one. */
function placeClipped(steps: WarmSteps, qp: Qp, U: Vec): void {
  const { uLower, uUpper } = qp;
  for (let i = 0; i < U.length; i++) {
    U[i] = isFixed(uLower[i], uUpper[i])
      ? 0.5 * (uLower[i] + uUpper[i])
      : Math.min(Math.max(U[i], uLower[i]), uUpper[i]);
  }
  steps.place(qp);
}
