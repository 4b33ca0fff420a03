import { ConfigError } from "../base/index.ts";
import type { QpShape, QpSolver } from "../qp/index.ts";

/** How a candidate step is rolled out: with no feedback, or with gains from one of three sources. */
export const GAIN_KINDS = ["open", "stable", "approx-sens", "sens"] as const;
export type GainKind = (typeof GAIN_KINDS)[number];

/**
 * Curvature of the cost alone; with the Lagrangian's as far as convex; with all of it, each block projected; with all
 * of it, damped as far as it takes to be convex and as steps were refused or shortened.
 */
export const HESSIAN_KINDS = ["gaussNewton", "full", "projected", "auto"] as const;
export type HessianKind = (typeof HESSIAN_KINDS)[number];

/** How states of a guess enter: tracked in closed loop, or as they are, with gaps that the steps close. */
export const ENTRY_KINDS = ["project", "defects"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export type SqpOptions = {
  /** Relative KKT tolerance, > 0. */
  readonly tol: number;
  /** Largest number of QPs, >= 0. */
  readonly maxIterations: number;
  /**
   * How a guess in states enters; "defects" is that of multiple shooting, for states that tracking would lose
   * (docs/solver.md#gaps).
   */
  readonly entry: EntryKind;
  /** Feedback in the rollout of a step. */
  readonly gains: GainKind;
  /** Curvature in the QP; "projected" is the paper's, and depends on the units of states and controls. */
  readonly hessian: HessianKind;
  /** Smallest eigenvalue of R after projection, > 0. */
  readonly rFloor: number;
  /** Sufficient decrease of the line search, in (0, 0.5). */
  readonly armijo: number;
  /** Largest number of trial steps of one line search, >= 1. */
  readonly maxTrials: number;
  /** Log-barrier parameter of the sensitivity gains, > 0. */
  readonly barrier: number;
  /** First L1 weight of hard rows in a QP that cannot meet them, > 0; raised up to `maxHardWeight`. */
  readonly hardWeight: number;
  /** At this weight a violated hard row means `infeasible`. */
  readonly maxHardWeight: number;
  /** How often a solve that ends with hard rows violated begins anew, its guess changed smoothly, an integer >= 0. */
  readonly restarts: number;
  /** Start each QP from the multipliers of the one before it. */
  readonly warmQp: boolean;
  /** Milliseconds the solve may take; needs `clock`. */
  readonly deadline: number;
  /** Monotonic clock [ms]; without it there is no deadline and no times are taken. */
  readonly clock?: () => number;
  /** QP solver; default: the Riccati interior point. */
  readonly createQpSolver?: (shape: QpShape) => QpSolver;
  /**
   * Called after every iteration with the current states and controls (views: copy to keep). Where it answers
   * "stop" the solve ends there, as if that were the iteration limit.
   */
  readonly onIteration?: (iteration: SqpIteration, X: Float64Array, U: Float64Array) => unknown;
};

/** One row of the history: the iterate before QP number `iteration + 1`. */
export type SqpIteration = {
  /** Number of QPs solved so far. */
  readonly iteration: number;
  readonly cost: number;
  /** Cost plus the penalties of soft rows. */
  readonly merit: number;
  /** Largest violation of a row or of the state box. */
  readonly violation: number;
  /** Relative KKT residual: converged when <= tol. */
  readonly kkt: number;
  /** Step length that led here (1 at the guess). */
  readonly alpha: number;
  /** Iterations of the QP that led here. */
  readonly qpIterations: number;
  /** Gains used by the step that led here. */
  readonly gains: GainKind;
  /** Largest penalty of the merit function. */
  readonly penalty: number;
};

/** Defaults; legal ranges are in {@link SqpOptions}. */
export const DEFAULT_SQP_OPTIONS: SqpOptions = {
  tol: 1e-6,
  maxIterations: 200,
  entry: "project",
  gains: "stable",
  hessian: "auto",
  rFloor: 1e-3,
  armijo: 1e-4,
  maxTrials: 12,
  barrier: 1e-2,
  hardWeight: 1e3,
  maxHardWeight: 1e7,
  restarts: 3,
  warmQp: false,
  deadline: Number.POSITIVE_INFINITY,
};

const ALL: Record<keyof SqpOptions, unknown> = {
  ...DEFAULT_SQP_OPTIONS,
  clock: undefined,
  createQpSolver: undefined,
  onIteration: undefined,
};
const KNOWN: readonly string[] = Object.keys(ALL);
const POSITIVE = ["tol", "rFloor", "barrier", "hardWeight", "maxHardWeight"] as const;
const COUNTS = [
  { name: "maxIterations", least: 0 },
  { name: "restarts", least: 0 },
  { name: "maxTrials", least: 1 },
] as const;

/** Fills in the defaults and checks every value. @throws ConfigError naming the option and its legal range */
export function resolveSqpOptions(given: Partial<SqpOptions> | undefined): SqpOptions {
  const filled: Record<string, unknown> = { ...ALL, ...given };
  for (const name in filled) {
    if (filled[name] === undefined) filled[name] = DEFAULT_SQP_OPTIONS[name as keyof SqpOptions];
    else if (!KNOWN.includes(name))
      throw new ConfigError(`unknown SQP option "${name}", expected one of ${KNOWN.join(", ")}`);
  }
  const o = filled as SqpOptions;
  for (const name of POSITIVE) {
    if (!(o[name] > 0)) throw new ConfigError(`${name} is ${o[name]}, expected a number > 0`);
  }
  for (const { name, least } of COUNTS) {
    if (!(Number.isInteger(o[name]) && o[name] >= least))
      throw new ConfigError(`${name} is ${o[name]}, expected an integer >= ${least}`);
  }
  if (!(o.armijo > 0 && o.armijo < 0.5))
    throw new ConfigError(`armijo is ${o.armijo}, expected a number in (0, 0.5)`);
  if (!(o.deadline >= 0)) throw new ConfigError(`deadline is ${o.deadline}, expected milliseconds >= 0`);
  if (!ENTRY_KINDS.includes(o.entry)) {
    throw new ConfigError(`entry is "${o.entry}", expected one of ${ENTRY_KINDS.join(", ")}`);
  }
  if (!GAIN_KINDS.includes(o.gains)) {
    throw new ConfigError(`gains is "${o.gains}", expected one of ${GAIN_KINDS.join(", ")}`);
  }
  if (!HESSIAN_KINDS.includes(o.hessian)) {
    throw new ConfigError(`hessian is "${o.hessian}", expected one of ${HESSIAN_KINDS.join(", ")}`);
  }
  return o;
}
