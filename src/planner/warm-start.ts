import { ConfigError, didYouMean } from "../linalg/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { pathStart, straightStart } from "./path-start.ts";
import type { Plan, Scene } from "./scene.ts";
import { shiftStart } from "./shift-start.ts";

/** A guess and the name it is reported under. */
export type NamedGuess = { readonly name: string; readonly guess: SqpGuess };

/** What a warm start may look at. */
export type WarmStartInput = {
  readonly scene: Scene;
  readonly problem: NavigationProblem;
  /** The plan of the last tick, where there is one. */
  readonly lastPlan?: Plan;
};

/** How one of several candidates is chosen: the only one, by its merit, or by merit after one QP each. */
export type WarmStartChoice = "merit" | "oneQp";

/** A strategy that proposes where the solver starts. */
export type WarmStart = {
  readonly name: string;
  readonly choice: WarmStartChoice;
  /** At least one candidate; asynchronous ones (a network) may return a promise. */
  candidates(input: WarmStartInput): readonly NamedGuess[] | Promise<readonly NamedGuess[]>;
};

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
  candidates: ({ scene, problem }) => [{ name: "path", guess: pathStart(problem, scene) }],
};

const shift: WarmStart = {
  name: "shift",
  choice: "merit",
  candidates: ({ scene, problem, lastPlan }) =>
    lastPlan === undefined
      ? [{ name: "path", guess: pathStart(problem, scene) }]
      : [{ name: "shift", guess: shiftStart(problem, lastPlan, scene.time) }],
};

const best: WarmStart = {
  name: "best",
  choice: "oneQp",
  candidates: ({ scene, problem, lastPlan }) => {
    const along = { name: "path", guess: pathStart(problem, scene) };
    if (lastPlan === undefined) return [along];
    return [{ name: "shift", guess: shiftStart(problem, lastPlan, scene.time) }, along];
  },
};

/**
 * The warm starts of the house: `zero` (a cold start: the better of no motion and a straight drive),
 * `path` (follow the global path), `shift` (the last plan moved on in time), `best` (shift or path,
 * whichever is better after one QP). A user adds one by putting it into a registry of their own.
 */
export const WARM_STARTS: ReadonlyMap<string, WarmStart> = new Map(
  [zero, path, shift, best].map((start) => [start.name, start]),
);

/** @throws ConfigError listing the names of the registry */
export function getWarmStart(
  name: string,
  registry: ReadonlyMap<string, WarmStart> = WARM_STARTS,
): WarmStart {
  const start = registry.get(name);
  if (start !== undefined) return start;
  const names = [...registry.keys()];
  throw new ConfigError(
    `warm start is "${name}", expected one of ${names.join(", ")}${didYouMean(name, names)}`,
  );
}
