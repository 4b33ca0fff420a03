import { percentile } from "../drive/index.ts";
import { type CountedQps, isGood, type PlanGap, SCENE_KINDS, type SceneKind } from "../scenes/index.ts";

/** Relative KKT tolerances that QPs are counted to; the first is the control loop's, and the one that is timed. */
export const BENCH_TOLERANCES = ["1e-2", "1e-3"] as const;
export type BenchTolerance = (typeof BENCH_TOLERANCES)[number];
/** How a solve went: its QPs, and the plan after exactly one. */
export type SolveCounts = PlanGap & { readonly qps: Readonly<Record<BenchTolerance, CountedQps>> };

/** What one scene and one warm start gave. */
export type SqpTrial = SolveCounts & {
  readonly kind: SceneKind;
  readonly init: string;
  /** Largest position error of the rolled out guess, to the best known optimum. [m] */
  readonly guessError: number;
  /** The same to the nearest known optimum. [m] */
  readonly nearestError: number;
  /** Whether the solve to the reference's tolerance ends at the best known optimum, or at one as good. */
  readonly reachesBest: boolean;
  readonly scene: SceneClass;
  readonly ms: { readonly init: number; readonly iteration: number; readonly total: number };
};

/** Whether the scene has another optimum far from the best, and whether one of those is nearly as good. */
export type SceneClass = { readonly ambiguous: boolean; readonly close: boolean };

type ToConvergence = {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly converged: number;
};

/** What all tables tell of a set of solves. */
export type SolveQuality = {
  readonly n: number;
  readonly to_convergence: Readonly<Record<BenchTolerance, ToConvergence>>;
  readonly after_one: {
    readonly cost_gap: { readonly p50: number; readonly p90: number };
    readonly good: number;
    readonly violation_m: { readonly p90: number };
  };
};

/** How far guesses are from optima. */
type GuessQuality = {
  /** Largest position error of the rolled out guess, to the best known optimum. [m] */
  readonly guess_m: { readonly p50: number; readonly p90: number };
  /** The same to the nearest known optimum. [m] */
  readonly nearest_m: { readonly p50: number; readonly p90: number };
  /** Share of the guesses from which the solver finds the best known optimum, or one as good. */
  readonly reaches_best: number;
};

/** A row of `bench sqp --json`. */
export type SqpRow = { readonly kind: SceneKind; readonly init: string } & SolveQuality &
  GuessQuality & {
    readonly ms: {
      readonly init_p50: number;
      readonly iteration_p50: number;
      readonly total_p50: number;
      readonly total_p99: number;
    };
  };

/** The classes that scenes are reported apart in; `close` ones are among the ambiguous. */
export const SCENE_CLASSES = ["single", "ambiguous", "close"] as const;

/** A row of the section on scenes with several optima. */
export type AmbiguityRow = {
  readonly scenes: (typeof SCENE_CLASSES)[number];
  readonly kind: SceneKind | "all";
  readonly init: string;
} & SolveQuality &
  GuessQuality;

/** A row for every kind and warm start that occurs, kinds in the order of {@link SCENE_KINDS}. */
export function summarizeTrials(trials: readonly SqpTrial[]): SqpRow[] {
  return SCENE_KINDS.flatMap((kind) =>
    initsOf(trials).flatMap((init) => {
      const own = trials.filter((trial) => trial.kind === kind && trial.init === init);
      if (own.length === 0) return [];
      const at = (share: number, pick: (trial: SqpTrial) => number): number => percentileOf(own, share, pick);
      return {
        kind,
        init,
        ...qualityOf(own),
        ...guessQualityOf(own),
        ms: {
          init_p50: at(0.5, (t) => t.ms.init),
          iteration_p50: at(0.5, (t) => t.ms.iteration),
          total_p50: at(0.5, (t) => t.ms.total),
          total_p99: at(0.99, (t) => t.ms.total),
        },
      };
    }),
  );
}

/** The same apart for scenes with one known optimum and with several, over all kinds and for each. */
export function summarizeAmbiguity(trials: readonly SqpTrial[]): AmbiguityRow[] {
  return SCENE_CLASSES.flatMap((scenes) => {
    const members = trials.filter(({ scene }) => (scenes === "single" ? !scene.ambiguous : scene[scenes]));
    return (["all", ...SCENE_KINDS] as const).flatMap((kind) =>
      initsOf(trials).flatMap((init) => {
        const own = members.filter((trial) => (kind === "all" || trial.kind === kind) && trial.init === init);
        return own.length === 0 ? [] : [{ scenes, kind, init, ...qualityOf(own), ...guessQualityOf(own) }];
      }),
    );
  });
}

function initsOf(trials: readonly SqpTrial[]): string[] {
  return [...new Set(trials.map((trial) => trial.init))];
}

/** Means, nearest-rank percentiles and shares; at least one solve. */
export function qualityOf(solves: readonly SolveCounts[]): SolveQuality {
  const at = (share: number, pick: (solve: SolveCounts) => number): number =>
    percentileOf(solves, share, pick);
  const toConvergence = (tol: BenchTolerance): ToConvergence => ({
    mean: rounded(solves.reduce((sum, { qps }) => sum + qps[tol].count, 0) / solves.length),
    p50: at(0.5, ({ qps }) => qps[tol].count),
    p95: at(0.95, ({ qps }) => qps[tol].count),
    converged: shareOf(solves, ({ qps }) => qps[tol].converged),
  });
  return {
    n: solves.length,
    to_convergence: { "1e-2": toConvergence("1e-2"), "1e-3": toConvergence("1e-3") },
    after_one: {
      cost_gap: { p50: at(0.5, (t) => t.costGap), p90: at(0.9, (t) => t.costGap) },
      good: shareOf(solves, isGood),
      violation_m: { p90: at(0.9, (t) => t.violation) },
    },
  };
}

function guessQualityOf(trials: readonly SqpTrial[]): GuessQuality {
  const both = (pick: (trial: SqpTrial) => number) => ({
    p50: percentileOf(trials, 0.5, pick),
    p90: percentileOf(trials, 0.9, pick),
  });
  return {
    guess_m: both((t) => t.guessError),
    nearest_m: both((t) => t.nearestError),
    reaches_best: shareOf(trials, (t) => t.reachesBest),
  };
}

/** A nearest-rank percentile to five digits. */
export function percentileOf<T>(items: readonly T[], share: number, pick: (item: T) => number): number {
  return rounded(percentile(items.map(pick), share));
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return rounded(items.filter(holds).length / items.length);
}

/** Five significant digits; a rounded -0 is 0. */
function rounded(value: number): number {
  return Number(value.toPrecision(5)) + 0;
}
