import type { Ocp, Vec } from "../ocp/index.ts";
import {
  createNavigationProblem,
  type NavigationOptions,
  type NavigationProblem,
  poseScene,
  type Scene,
  sceneField,
} from "../planner/index.ts";
import type { DistanceField, Robot } from "../sim/index.ts";
import {
  createSqpWorkspace,
  type SqpGuess,
  type SqpOptions,
  type SqpResult,
  solveSqp,
} from "../sqp/index.ts";

/** A solve and its iterates' states, the guess's first, each (N + 1, nx). */
export type Traced = { readonly result: SqpResult; readonly iterates: readonly Vec[] };

/** The planner's optimization without the planner: one scene after the other, from any guess. */
export type SceneSolver = {
  readonly problem: NavigationProblem;
  /** Makes a scene the one to be solved, with the planner's margin. */
  enter(scene: Scene): void;
  solve(guess: SqpGuess, options: Partial<SqpOptions>): Traced;
};

export function createSceneSolver(robot: Robot, navigation?: Partial<NavigationOptions>): SceneSolver {
  const problem = createNavigationProblem(robot, navigation);
  const workspace = createSqpWorkspace(problem.ocp);
  let field: DistanceField | undefined;
  let x0 = new Float64Array(problem.ocp.dynamics.nx);
  return {
    problem,
    enter(scene) {
      field = sceneField(scene.grid, field);
      poseScene(problem, scene, field);
      x0 = Float64Array.from(scene.x);
    },
    solve(guess, options) {
      const iterates: Vec[] = [];
      const onIteration: SqpOptions["onIteration"] = (_row, X) => {
        iterates.push(X.slice());
      };
      return { result: solveSqp(problem.ocp, x0, guess, { ...options, onIteration }, workspace), iterates };
    },
  };
}

/** By how much the rows of a trajectory X (N + 1, nx) are violated at worst; speed limits are not among them. [m] */
export function rowViolation(ocp: Ocp, X: Vec | undefined): number {
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
