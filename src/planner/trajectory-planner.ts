import type { DistanceField } from "../sim/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { findFallback, planScene } from "./plan-scene.ts";
import { createPlannerParts, type PlannerState, type TrajectoryPlannerOptions } from "./planner-parts.ts";
import { poseScene, sceneField } from "./pose-scene.ts";
import { NO_TIMES, type PlanOutcome, type Scene } from "./scene.ts";
import type { NamedGuess } from "./warm-start.ts";

/** Plans one trajectory per scene and remembers the last plans; owns the solver's memory. */
export type TrajectoryPlanner = {
  readonly problem: NavigationProblem;
  /**
   * Plans a scene; a promise only where the warm start returns one.
   *
   * @param field of the scene's grid, where it is at hand; it must not change before the plan is there
   */
  plan(scene: Scene, field?: DistanceField): PlanOutcome | Promise<PlanOutcome>;
  /** The next best thing to a fresh plan: the last safe plan, braking along it, or stopping. */
  fallback(scene: Scene, note: string, field?: DistanceField): PlanOutcome;
  /** Lets the next warm start do without the last plan, which led into a dead end; fallbacks keep theirs. */
  forgetGuess(): void;
  /** Forgets the last plans (new goal far away, displacement, recovery). */
  reset(): void;
};

/** Creates the planner of one robot: distance field, warm start, SQP, safety check, fallbacks. */
export function createTrajectoryPlanner(options: TrajectoryPlannerOptions): TrajectoryPlanner {
  const parts = createPlannerParts(options);
  const { problem, clock } = parts;
  let state: PlannerState = {};
  /** Number of the last scene that was to be planned. */
  let asked = 0;
  let ownField: DistanceField | undefined;
  const fieldOf = (scene: Scene): DistanceField => {
    ownField = sceneField(scene.grid, ownField);
    return ownField;
  };

  return {
    problem,
    plan(scene, given) {
      const started = clock();
      const mine = ++asked;
      const field = given ?? fieldOf(scene);
      const { margin } = poseScene(problem, scene, field);
      const t1 = clock();
      const candidates = options.warmStart.candidates({
        scene,
        problem,
        field,
        margin,
        lastPlan: state.lastPlan,
      });
      const finish = (list: readonly NamedGuess[]): PlanOutcome => {
        // The field, the problem and the last plans are another scene's by now.
        if (mine !== asked)
          return { source: "stop", note: "another scene is planned by now", partsMs: NO_TIMES };
        const times = { fieldMs: t1 - started, initMs: clock() - t1, started };
        const planned = planScene(parts, state, { scene, field, candidates: list, ...times });
        state = planned.state;
        return planned.outcome;
      };
      return candidates instanceof Promise ? candidates.then(finish) : finish(candidates);
    },
    fallback(scene, note, given) {
      const t0 = clock();
      // A plan may be under way that still reads the field it began with.
      const found = findFallback(parts, state, scene, given ?? sceneField(scene.grid));
      return { ...found, note, partsMs: { ...NO_TIMES, check: clock() - t0 } };
    },
    forgetGuess() {
      state = { ...state, lastPlan: undefined };
    },
    reset() {
      state = {};
    },
  };
}
