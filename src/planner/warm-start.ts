import { ConfigError, didYouMean } from "../base/index.ts";
import type { Trajectory, Vec } from "../ocp/index.ts";
import type { DistanceField } from "../sim/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import { moverStarts, type NamedStart } from "./mover-starts.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { pursuit, reverseStart, straightStart } from "./path-start.ts";
import type { Plan, Scene } from "./scene.ts";
import { shiftPlan, shiftStart } from "./shift-start.ts";

/** A guess and the name it is reported under. */
export type NamedGuess = {
  readonly name: string;
  readonly guess: SqpGuess;
  /** (N + 1, nx) where controls alone lead to, if that is at hand. */
  readonly states?: Vec;
  /** Why it is not what the warm start is named after; for people. */
  readonly note?: string;
};

/** What a warm start may look at. */
export type WarmStartInput = {
  readonly scene: Scene;
  readonly problem: NavigationProblem;
  /** Distance field of the scene's grid; overwritten by the next scene's. */
  readonly field: DistanceField;
  /** Clearance that the problem asks for in this scene. [m] */
  readonly margin: number;
  /** The plan of the last tick, where there is one. */
  readonly lastPlan?: Plan;
};

/** How one of several candidates is chosen: the only one, by its merit, or by merit after one QP each. */
export type WarmStartChoice = "merit" | "oneQp";

/** A strategy that proposes where the solver starts. */
export type WarmStart = {
  readonly name: string;
  readonly choice: WarmStartChoice;
  /** QPs per tick where nobody says how many; 10 where missing. */
  readonly iterations?: number;
  /** Of more candidates than this only those of the lowest merit get a QP; all where missing. */
  readonly shortlist?: number;
  /** Asked once, before the first scene. @throws ConfigError where it is made for another robot or problem */
  checkProblem?(problem: NavigationProblem): void;
  /** At least one candidate; asynchronous ones (a network) may return a promise. */
  candidates(input: WarmStartInput): readonly NamedGuess[] | Promise<readonly NamedGuess[]>;
};

/**
 * The trajectories that are at hand in every scene: pursuit of the path, and what is left of the last plan; and where the
 * robot has its back to the path and no room to turn, pursuit of that backwards; where both run into a mover, ways on
 * either side of him, and to wait.
 */
export type BaseStarts = {
  readonly path: Pick<Trajectory, "X" | "U">;
  readonly reverse?: Pick<Trajectory, "X" | "U">;
  readonly shift?: Plan;
  readonly besides?: readonly NamedStart[];
};

/** Computes the base trajectories of a scene, each once; no shifted plan without a last one. */
export function baseStarts({ scene, problem, field, lastPlan }: WarmStartInput): BaseStarts {
  const path = problem.reference ?? pursuit(problem, scene.x, scene.path);
  const shift = lastPlan === undefined ? undefined : shiftPlan(problem, lastPlan, scene.time);
  const known = shift === undefined ? [path.X] : [shift.X, path.X];
  return {
    path,
    reverse: reverseStart(problem, scene, field),
    shift,
    besides: moverStarts(problem, scene, field, known, lastPlan),
  };
}

/** The base trajectories as guesses, the shifted plan first: it is tracked, the pursuits' controls are rolled out. */
export function baseGuesses({ path, reverse, shift, besides = [] }: BaseStarts): NamedGuess[] {
  const guesses: NamedGuess[] = [{ name: "path", guess: { U: path.U }, states: path.X }];
  if (reverse !== undefined) guesses.push({ name: "reverse", guess: { U: reverse.U }, states: reverse.X });
  for (const { name, X, U } of besides) guesses.push({ name, guess: { U }, states: X });
  if (shift === undefined) return guesses;
  const { U, X, K } = shift;
  return [{ name: "shift", guess: { U, X, K } }, ...guesses];
}

const zero: WarmStart = {
  name: "zero",
  choice: "merit",
  candidates: ({ scene, problem }) => [
    { name: "zero", guess: {} },
    { name: "straight", guess: straightStart(problem, scene) },
  ],
};

const path: WarmStart = {
  name: "path",
  choice: "merit",
  candidates: (input) => baseGuesses(baseStarts({ ...input, lastPlan: undefined })),
};

const shift: WarmStart = {
  name: "shift",
  choice: "merit",
  candidates(input) {
    const { scene, problem, lastPlan } = input;
    if (lastPlan === undefined) return path.candidates(input);
    const guesses: NamedGuess[] = [{ name: "shift", guess: shiftStart(problem, lastPlan, scene.time) }];
    const { reference } = problem;
    // Where a piece of the route begins, the last plan may turn the wrong way round.
    if (reference !== undefined)
      guesses.push({ name: "path", guess: { U: reference.U }, states: reference.X });
    return guesses;
  },
};

const shiftOrPath: WarmStart = {
  name: "shift-or-path",
  choice: "merit",
  candidates: (input) => baseGuesses(baseStarts(input)),
};

const best: WarmStart = { name: "best", choice: "oneQp", iterations: 1, candidates: shiftOrPath.candidates };

/** Names of all warm starts; `net` needs a network, the others are in {@link WARM_STARTS}. */
export const WARM_START_NAMES = ["zero", "path", "shift", "shift-or-path", "net", "best"] as const;
export type WarmStartName = (typeof WARM_START_NAMES)[number];

/**
 * The warm starts of the house: `zero` (a cold start: the better of no motion and a straight drive),
 * `path` (follow the global path, or backwards where there is no room to turn to it), `shift` (the last plan moved on in time), `shift-or-path` (whichever has
 * the lower merit), `best` (shift or path, whichever is better after one QP). A user adds one by putting it
 * into a registry of their own.
 */
export const WARM_STARTS: ReadonlyMap<string, WarmStart> = new Map(
  [zero, path, shift, shiftOrPath, best].map((start) => [start.name, start]),
);

/** @throws ConfigError listing the names of the registry */
export function getWarmStart(
  name: string,
  registry: ReadonlyMap<string, WarmStart> = WARM_STARTS,
): WarmStart {
  const start = registry.get(name);
  if (start !== undefined) return start;
  const names = [...registry.keys()];
  if (name === "net")
    throw new ConfigError(
      `warm start "net" needs a network: make it with createNetStart(net), net from loadNet`,
    );
  throw new ConfigError(
    `warm start is "${name}", expected one of ${names.join(", ")}${didYouMean(name, names)}`,
  );
}
