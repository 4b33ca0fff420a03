import { ConfigError, didYouMean } from "../base/index.ts";

const HESSIANS = ["gaussNewton", "full"] as const;

/** Which second derivatives are used: of the cost alone, made convex, or of the dynamics too (DDP). */
export type IlqrHessian = (typeof HESSIANS)[number];

/** Options of `solveIlqr`; the defaults are {@link DEFAULT_ILQR_OPTIONS}. */
export type IlqrOptions = {
  /** Converged when no control's gradient is more than this share of the terms that it is the sum of, > 0. */
  readonly tol: number;
  /**
   * A step without regularization that promises less than costTol of the stages' costs is rounding: converged too if
   * the gradient is within 1000 times its tolerance, else stalled; >= 0.
   */
  readonly costTol: number;
  /** Largest number of steps, an integer >= 0. */
  readonly maxIterations: number;
  readonly hessian: IlqrHessian;
  /** Accepted share of the expected decrease, in (0, 0.5). */
  readonly armijo: number;
  /** Largest number of trial steps 1, 1/2, 1/4, ... of one line search, an integer >= 1. */
  readonly maxTrials: number;
  /** Regularization mu of the first step, a multiple of each control's curvature, >= 0. */
  readonly muInitial: number;
  /** Smallest mu that is not zero, > 0. */
  readonly muMin: number;
  /** Stalled beyond this mu, > muMin. */
  readonly muMax: number;
  /** Growth factor of the factor by which mu changes, > 1. */
  readonly muFactor: number;
  /** Milliseconds the solve may take, >= 0; a finite one needs `clock`. */
  readonly deadline: number;
  /** Monotonic clock [ms]. */
  readonly clock?: () => number;
};

/** Defaults; the legal ranges are at {@link IlqrOptions}. */
export const DEFAULT_ILQR_OPTIONS: IlqrOptions = {
  tol: 1e-6, // > 0
  costTol: 1e-13, // >= 0
  maxIterations: 200, // integer >= 0
  hessian: "gaussNewton", // "gaussNewton" | "full"
  armijo: 1e-4, // (0, 0.5)
  maxTrials: 12, // integer >= 1
  muInitial: 0, // >= 0
  muMin: 1e-6, // > 0
  muMax: 1e10, // > muMin
  muFactor: 1.6, // > 1
  deadline: Number.POSITIVE_INFINITY, // >= 0, finite only with a clock
};

/** Fills in the defaults and checks every value. @throws ConfigError naming the option and its legal range */
export function resolveIlqrOptions(given: Partial<IlqrOptions> | undefined): IlqrOptions {
  const o = withDefaults(DEFAULT_ILQR_OPTIONS, given, ["clock"]);
  checkIlqrOptions(o);
  return o;
}

/** Overrides defaults with what is given and not undefined. @throws ConfigError for an unknown name */
export function withDefaults<T extends object>(
  defaults: T,
  given: Partial<T> | undefined,
  optional: readonly string[],
): T {
  const legal = [...Object.keys(defaults), ...optional];
  const merged = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!legal.includes(name)) {
      throw new ConfigError(
        `unknown option "${name}"${didYouMean(name, legal)}, expected one of ${legal.join(", ")}`,
      );
    }
    if (value !== undefined) merged[name] = value;
  }
  return merged as T;
}

/** Throws a ConfigError naming the option and its legal range unless every value is legal. */
export function checkIlqrOptions(o: IlqrOptions): void {
  requireThat(o.tol > 0, "tol", o.tol, "a number > 0");
  requireThat(o.costTol >= 0, "costTol", o.costTol, "a number >= 0");
  requireInteger("maxIterations", o.maxIterations, 0);
  requireThat(HESSIANS.includes(o.hessian), "hessian", `"${o.hessian}"`, `one of ${HESSIANS.join(", ")}`);
  requireThat(o.armijo > 0 && o.armijo < 0.5, "armijo", o.armijo, "a number in (0, 0.5)");
  requireInteger("maxTrials", o.maxTrials, 1);
  requireThat(o.muMin > 0 && o.muMin < Number.POSITIVE_INFINITY, "muMin", o.muMin, "a finite number > 0");
  requireThat(
    o.muMax > o.muMin && o.muMax < Number.POSITIVE_INFINITY,
    "muMax",
    o.muMax,
    "a finite number > muMin",
  );
  requireThat(o.muInitial >= 0 && o.muInitial <= o.muMax, "muInitial", o.muInitial, "a number in [0, muMax]");
  requireThat(
    o.muFactor > 1 && o.muFactor < Number.POSITIVE_INFINITY,
    "muFactor",
    o.muFactor,
    "a finite number > 1",
  );
  requireThat(o.deadline >= 0, "deadline", o.deadline, "milliseconds >= 0");
  const untold = o.deadline < Number.POSITIVE_INFINITY && o.clock === undefined;
  requireThat(!untold, "deadline", o.deadline, "Infinity, or an option clock: () => milliseconds beside it");
}

/** Throws a ConfigError `name is got, expected legal` unless `holds`. */
export function requireThat(holds: boolean, name: string, got: unknown, legal: string): void {
  if (!holds) throw new ConfigError(`${name} is ${got}, expected ${legal}`);
}

/** Throws a ConfigError unless `value` is an integer of at least `least`. */
export function requireInteger(name: string, value: number, least: number): void {
  requireThat(Number.isInteger(value) && value >= least, name, value, `an integer >= ${least}`);
}
