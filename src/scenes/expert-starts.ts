import type { Rng } from "../base/index.ts";
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

/** Starts aside of the path: their bulge as a share of the lookahead. */
const BULGE = { least: 0.1, most: 0.4 } as const;

/** The starts that a control loop has, too: the path, and the shifted last plan where there is one. */
export function likelyStarts(problem: NavigationProblem, scene: Scene, lastPlan?: Plan): NamedGuess[] {
  const starts: NamedGuess[] = [{ name: "path", guess: pathStart(problem, scene) }];
  if (lastPlan !== undefined)
    starts.push({ name: "shift", guess: shiftStart(problem, lastPlan, scene.time) });
  return starts;
}

/**
 * Starts that may lead to other solutions: a known detour, the straight line, both sides of the path, braking.
 *
 * @param detour (n, 2)
 * @param rng draws how far aside of the path two of them go
 */
export function furtherStarts(
  problem: NavigationProblem,
  scene: Scene,
  detour: Vec | undefined,
  rng: Rng,
): NamedGuess[] {
  const { lookahead } = problem.options;
  const { x, path, time } = scene;
  const bulge = (): number => lookahead * (BULGE.least + (BULGE.most - BULGE.least) * rng.uniform());
  const along = (name: string, way: Vec): NamedGuess => ({ name, guess: { U: pursue(problem, x, way) } });
  return [
    ...(detour === undefined ? [] : [along("detour", detour)]),
    { name: "straight", guess: straightStart(problem, scene) },
    along("left", aside(path, bulge())),
    along("right", aside(path, -bulge())),
    { name: "brake", guess: { U: brakeAlong(problem, undefined, x, time).U } },
  ];
}
