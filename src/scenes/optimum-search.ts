import type { Vec } from "../ocp/index.ts";
import {
  aside,
  brakeAlong,
  type NamedGuess,
  type NavigationProblem,
  type Plan,
  pathStart,
  pursue,
  type Scene,
  shiftStart,
  straightStart,
} from "../planner/index.ts";
import type { SqpGuess, SqpOptions, SqpResult } from "../sqp/index.ts";
import { isAt, type KnownOptimum, meritShare, type Optimum, optimumOf } from "./optimum.ts";
import type { SceneSolver } from "./scene-solver.ts";

/** What is known of a scene before it is solved. */
export type SceneHints = {
  readonly lastPlan?: Plan;
  /** (n, 2) a way to the local goal that the path does not tell. */
  readonly detour?: Vec;
  /** Nothing has happened since the last plan: the path, the last plan and one start more are enough. */
  readonly calm?: boolean;
};

/** A way aside of the path, as shares of the lookahead: a bulge to the left, and an S. */
export type WayAside = { readonly bulge: number; readonly bend?: number };

/**
 * All starts of a scene: those that a control loop has, too, and those that may lead to other optima. Lists where there
 * may be none or several.
 */
export function sceneStarts(
  problem: NavigationProblem,
  scene: Scene,
  { lastPlan, detour }: Pick<SceneHints, "lastPlan" | "detour">,
  ways: readonly WayAside[],
) {
  const { lookahead } = problem.options;
  const { x, path, time } = scene;
  const named = (name: string, guess: SqpGuess): NamedGuess => ({ name, guess });
  const along = (name: string, way: Vec): NamedGuess => named(name, { U: pursue(problem, x, way) });
  return {
    path: named("path", pathStart(problem, scene)),
    shift: lastPlan === undefined ? [] : [named("shift", shiftStart(problem, lastPlan, time))],
    detour: detour === undefined ? [] : [along("detour", detour)],
    straight: named("straight", straightStart(problem, scene)),
    aside: ways.map(({ bulge, bend }) => {
      const name = bend !== undefined ? "aside" : bulge > 0 ? "left" : "right";
      return along(name, aside(path, bulge * lookahead, (bend ?? 0) * lookahead));
    }),
    brake: named("brake", { U: brakeAlong(problem, undefined, x, time).U }),
  };
}

/**
 * After so many QPs a start is given up whose merit is this share above the best. Measured on 179 disturbed scenes
 * from six starts: half the QPs of following all to the end; 3.4% of the labels are worse by more than 1%, 2.2%
 * with the latter.
 */
const GIVE_UP: readonly { readonly after: number; readonly above: number }[] = [
  { after: 9, above: 0.02 },
  { after: 6, above: 0.1 },
  { after: 3, above: 0.5 },
  { after: 2, above: 1 },
  { after: 1, above: 3 },
];

/** How starts are followed. */
export type SearchRules = Partial<Pick<SqpOptions, "createQpSolver">> &
  Pick<SqpOptions, "tol" | "maxIterations"> & {
    /** Follow every start to its end, also where it is far above the best. */
    readonly patient: boolean;
    /** QPs that a start has for free, before it may be stopped; default 0. */
    readonly free?: number;
  };

/** What a start has led to. */
export type FollowedStart = {
  readonly result: SqpResult;
  /** None where the start was stopped, or ended at NaN or infinity. */
  readonly optimum?: Optimum;
};

/**
 * Follows a start until it converges, or until it runs into a known optimum or is given up.
 *
 * @param solver has entered the scene
 */
export function followStart(
  { problem, solve }: SceneSolver,
  { name, guess }: NamedGuess,
  known: readonly KnownOptimum[],
  { patient, free = 0, ...limits }: SearchRules,
): FollowedStart {
  const least = known.reduce((merit, k) => Math.min(merit, k.merit), Number.POSITIVE_INFINITY);
  let stopped = false;
  const result = solve(guess, {
    ...limits,
    onIteration({ iteration, merit }, X) {
      if (iteration <= free) return undefined;
      const limit = GIVE_UP.find(({ after }) => iteration >= after);
      const hopeless = !patient && limit !== undefined && merit > least + meritShare(least, limit.above);
      stopped = hopeless || known.some((optimum) => isAt(problem, optimum, X, merit));
      return stopped ? "stop" : undefined;
    },
  });
  const found = !stopped && result.status !== "nonFinite" && Number.isFinite(result.merit);
  return { result, optimum: found ? optimumOf(name, result) : undefined };
}
