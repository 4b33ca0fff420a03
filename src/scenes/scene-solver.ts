import type { Vec } from "../ocp/index.ts";
import {
  createNavigationProblem,
  createWorkspaces,
  type NavigationOptions,
  type NavigationProblem,
  type PosedScene,
  passableMargin,
  poseScene,
  type Scene,
  sceneField,
} from "../planner/index.ts";
import type { DistanceField, Robot } from "../sim/index.ts";
import {
  evaluateGuess,
  type GuessEvaluation,
  type SqpGuess,
  type SqpOptions,
  type SqpResult,
  solveSqp,
} from "../sqp/index.ts";

/** The planner's optimization without the planner: one scene after the other, from any guess. */
export type SceneSolver = {
  readonly problem: NavigationProblem;
  /**
   * Makes a scene the one to be solved; its distance field is overwritten by the next one's.
   *
   * @param margin of every stage, instead of the least of the planner's [m]
   */
  enter(scene: Scene, margin?: number): PosedScene;
  /** @param x the initial state, where it is not the scene's */
  solve(guess: SqpGuess, options: Partial<SqpOptions>, x?: Vec): SqpResult;
  evaluate(guess: SqpGuess): GuessEvaluation;
};

/** Creates the solver of one robot's scenes, with memory for one solve at a time. */
export function createSceneSolver(robot: Robot, navigation?: Partial<NavigationOptions>): SceneSolver {
  const problem = createNavigationProblem(robot, navigation);
  const workspaceOf = createWorkspaces();
  let field: DistanceField | undefined;
  let x0: Vec = new Float64Array(problem.ocp.dynamics.nx);
  return {
    problem,
    enter(scene, margin) {
      x0 = scene.x;
      field = sceneField(scene.grid, field);
      return poseScene(problem, scene, field, margin ?? passableMargin(problem, scene, field));
    },
    solve: (guess, options, x = x0) =>
      solveSqp(problem.ocp, x, guess, { hessian: "full", ...options }, workspaceOf(problem.ocp)),
    evaluate: (guess) => evaluateGuess(problem.ocp, x0, guess, workspaceOf(problem.ocp)),
  };
}
