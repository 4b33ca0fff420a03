import type { Rng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Scene } from "../planner/index.ts";
import { robotBounds, YAW_INDEX } from "../sim/index.ts";
import { createSensitivity, predictSolution } from "../sqp/index.ts";
import { type Optimum, optimumOf } from "./optimum-search.ts";
import type { SceneSolver } from "./scene-solver.ts";

/** A scene a little way off another, and its optimum. */
export type NearbyLabel = { readonly scene: Scene; readonly optimum: Optimum };

/**
 * Standard deviations of the states: of the position as a share of the lookahead, of the yaw [rad], of the speeds as a
 * share of their limits. With twice as much a correction is enough for 55% of the labels, not 67%.
 */
const SPREAD = { position: 0.01, yaw: 0.03, speed: 0.04 } as const;
/** A label is kept that a correction of one QP takes to this relative KKT tolerance; without one next to none are. */
const CORRECTION = { maxIterations: 1, tol: 1e-3 } as const;

/**
 * Labels states near that of a scene for one QP each: the optimum moves with its initial state as
 * `U(x0 + d) = U + dU/dx0 d`, by the implicit function theorem with the active set held, and is corrected by a QP. Labels
 * that are no optimum then, most of them where the active set changes, are left out.
 *
 * @param solver has entered the scene
 * @param best its optimum, converged
 * @param round takes a state to what a file keeps of it
 * @returns at most `count`; none where the optimum is not strict
 *
 * Source: arXiv 2604.19011 trains on such derivatives; docs/solver.md#sensitivities has the equations
 */
export function nearbyLabels(
  { problem, solve }: SceneSolver,
  scene: Scene,
  best: Optimum,
  count: number,
  rng: Rng,
  round: (x: Vec) => Vec = (x) => x,
): NearbyLabel[] {
  if (best.status !== "converged" || count === 0) return [];
  const { ocp } = problem;
  const solution = { X: best.X, U: best.U, multipliers: best.Y };
  const derivative = createSensitivity(ocp, solution)?.state();
  if (derivative === undefined) return [];
  const labels: NearbyLabel[] = [];
  for (let n = 0; n < count; n++) {
    const x = round(drawState(problem, scene.x, rng));
    const change = x.map((value, i) => value - scene.x[i]);
    const { U, multipliers } = predictSolution(ocp, solution, derivative, change);
    const result = solve({ U, multipliers }, CORRECTION, x);
    if (result.status === "converged")
      labels.push({ scene: { ...scene, x }, optimum: optimumOf("nearby", result) });
  }
  return labels;
}

function drawState({ robot, options }: SceneSolver["problem"], x: Vec, rng: Rng): Vec {
  const { boxIndex, xUpper } = robotBounds(robot);
  const moved = x.slice();
  for (let i = 0; i < YAW_INDEX; i++) moved[i] += SPREAD.position * options.lookahead * rng.gauss();
  moved[YAW_INDEX] += SPREAD.yaw * rng.gauss();
  for (const [j, i] of boxIndex.entries()) moved[i] += SPREAD.speed * xUpper[j] * rng.gauss();
  return moved;
}
