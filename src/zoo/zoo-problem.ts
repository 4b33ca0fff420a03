import type { Ocp, Vec } from "../ocp/index.ts";

/** A problem of the zoo: an {@link Ocp} in a user's units, where to begin, and what is known of its optimum. */
export type ZooProblem = {
  /** How command lines and tables call it. */
  readonly name: string;
  /** One sentence: what is to be done. */
  readonly about: string;
  /** Where the problem and its figures are from. */
  readonly source: string;
  /** Names of the states with their units, such as "speed [m/s]". */
  readonly states: readonly string[];
  /** Names of the controls with their units. */
  readonly controls: readonly string[];
  readonly ocp: Ocp;
  /** (nx) */
  readonly x0: Vec;
  /** (N, nu) the guess that somebody makes who knows nothing: constant controls. */
  readonly guess: Vec;
  /** (nu) standard deviation of the noise that makes other starts of the guess, in the controls' units. */
  readonly noise: readonly number[];
  /** Least cost that is known, with all constraints met. */
  readonly best: { readonly cost: number; readonly by: string };
};

/** The same control at every stage. */
export function constantGuess(N: number, ...u: readonly number[]): Vec {
  return Float64Array.from({ length: N * u.length }, (_, i) => u[i % u.length]);
}
