import {
  checkIlqrOptions,
  DEFAULT_ILQR_OPTIONS,
  type IlqrOptions,
  requireInteger,
  requireThat,
  withDefaults,
} from "./options.ts";

/** Options of `solveAlIlqr`: those of the steps, with `maxIterations` counting them all, and the outer loop's. */
export type AlIlqrOptions = IlqrOptions & {
  /** Largest violation of a hard constraint, and largest |min(c, lambda / rho)|, as shares of its size, > 0. */
  readonly constraintTol: number;
  /** Tolerance of the first outer iteration, > 0; each further one takes a tenth, down to `tol`. */
  readonly tolInitial: number;
  /** Penalty of the first outer iteration, in natural units of cost and constraints, > 0. */
  readonly rhoInitial: number;
  /** Factor by which the penalty grows, > 1. */
  readonly rhoFactor: number;
  /** Cap of the penalty, >= rhoInitial; infeasible where it does not suffice. */
  readonly rhoMax: number;
  /** How often a solve that ends with hard rows violated begins anew, its guess changed smoothly, an integer >= 0. */
  readonly restarts: number;
  /** Largest number of outer iterations, an integer >= 1. */
  readonly maxOuterIterations: number;
  /** Largest number of steps of one outer iteration, an integer >= 1. */
  readonly maxInnerIterations: number;
};

/** Defaults; the legal ranges are at {@link AlIlqrOptions}. */
export const DEFAULT_AL_ILQR_OPTIONS: AlIlqrOptions = {
  ...DEFAULT_ILQR_OPTIONS,
  maxIterations: 500, // integer >= 0
  constraintTol: 1e-7, // > 0
  tolInitial: 1e-2, // > 0
  rhoInitial: 0.1, // > 0
  rhoFactor: 10, // > 1
  rhoMax: 1e8, // >= rhoInitial
  restarts: 3, // integer >= 0
  maxOuterIterations: 50, // integer >= 1
  maxInnerIterations: 100, // integer >= 1
};

/** Fills in the defaults and checks every value. @throws ConfigError naming the option and its legal range */
export function resolveAlIlqrOptions(given: Partial<AlIlqrOptions> | undefined): AlIlqrOptions {
  const o = withDefaults(DEFAULT_AL_ILQR_OPTIONS, given, ["clock"]);
  checkIlqrOptions(o);
  requireThat(o.constraintTol > 0, "constraintTol", o.constraintTol, "a number > 0");
  requireThat(o.tolInitial > 0, "tolInitial", o.tolInitial, "a number > 0");
  const finite = Number.POSITIVE_INFINITY;
  requireThat(o.rhoInitial > 0 && o.rhoInitial < finite, "rhoInitial", o.rhoInitial, "a finite number > 0");
  requireThat(o.rhoFactor > 1 && o.rhoFactor < finite, "rhoFactor", o.rhoFactor, "a finite number > 1");
  requireThat(
    o.rhoMax >= o.rhoInitial && o.rhoMax < finite,
    "rhoMax",
    o.rhoMax,
    "a finite number >= rhoInitial",
  );
  requireInteger("restarts", o.restarts, 0);
  requireInteger("maxOuterIterations", o.maxOuterIterations, 1);
  requireInteger("maxInnerIterations", o.maxInnerIterations, 1);
  return o;
}
