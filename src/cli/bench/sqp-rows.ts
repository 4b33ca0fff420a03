import { percentile, SCENE_KINDS, type SceneKind } from "../../planner/index.ts";

/** Relative KKT tolerances that QPs are counted to; the first is the control loop's, and the one that is timed. */
export const BENCH_TOLERANCES = ["1e-2", "1e-3"] as const;
export type BenchTolerance = (typeof BENCH_TOLERANCES)[number];
/** QPs are counted up to here, as in the paper; a solve that has not converged by then counts as this many. */
export const BENCH_CAP = 10;
/** A plan is good within this share of the best known cost and this violation. [1, m] */
export const GOOD = { gap: 0.02, violation: 0.02 } as const;
/** Costs below this are compared as if they were this: beside the goal a share of next to nothing says nothing. */
const LEAST_COST = 1;

/** What one scene and one warm start gave. */
export type SqpTrial = {
  readonly kind: SceneKind;
  readonly init: string;
  readonly qps: Readonly<Record<BenchTolerance, { readonly count: number; readonly converged: boolean }>>;
  /** After exactly one QP. */
  readonly costGap: number;
  /** [m] */
  readonly violation: number;
  readonly ms: { readonly init: number; readonly iteration: number; readonly total: number };
};

type ToConvergence = {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly converged: number;
};

/** A row of `bench sqp --json`. */
export type SqpRow = {
  readonly kind: SceneKind;
  readonly init: string;
  readonly n: number;
  readonly to_convergence: Readonly<Record<BenchTolerance, ToConvergence>>;
  readonly after_one: {
    readonly cost_gap: { readonly p50: number; readonly p90: number };
    readonly good: number;
    readonly violation_m: { readonly p90: number };
  };
  readonly ms: {
    readonly init_p50: number;
    readonly iteration_p50: number;
    readonly total_p50: number;
    readonly total_p99: number;
  };
};

/** (J - J*) / max(J*, 1). */
export function costGap(cost: number, best: number): number {
  return (cost - best) / Math.max(best, LEAST_COST);
}

/** A row for every kind and warm start that occurs, kinds in the order of {@link SCENE_KINDS}. */
export function summarizeTrials(trials: readonly SqpTrial[]): SqpRow[] {
  const inits = [...new Set(trials.map((trial) => trial.init))];
  return SCENE_KINDS.flatMap((kind) =>
    inits.flatMap((init) => {
      const own = trials.filter((trial) => trial.kind === kind && trial.init === init);
      return own.length === 0 ? [] : [summarize(kind, init, own)];
    }),
  );
}

function summarize(kind: SceneKind, init: string, trials: readonly SqpTrial[]): SqpRow {
  const values = (pick: (trial: SqpTrial) => number): number[] => trials.map(pick);
  const at = (share: number, pick: (trial: SqpTrial) => number): number =>
    round(percentile(values(pick), share));
  const shareOf = (holds: (trial: SqpTrial) => boolean): number =>
    round(trials.filter(holds).length / trials.length);
  const toConvergence = (tol: BenchTolerance): ToConvergence => ({
    mean: round(values((t) => t.qps[tol].count).reduce((a, b) => a + b, 0) / trials.length),
    p50: at(0.5, (t) => t.qps[tol].count),
    p95: at(0.95, (t) => t.qps[tol].count),
    converged: shareOf((t) => t.qps[tol].converged),
  });
  return {
    kind,
    init,
    n: trials.length,
    to_convergence: { "1e-2": toConvergence("1e-2"), "1e-3": toConvergence("1e-3") },
    after_one: {
      cost_gap: { p50: at(0.5, (t) => t.costGap), p90: at(0.9, (t) => t.costGap) },
      good: shareOf((t) => t.costGap < GOOD.gap && t.violation < GOOD.violation),
      violation_m: { p90: at(0.9, (t) => t.violation) },
    },
    ms: {
      init_p50: at(0.5, (t) => t.ms.init),
      iteration_p50: at(0.5, (t) => t.ms.iteration),
      total_p50: at(0.5, (t) => t.ms.total),
      total_p99: at(0.99, (t) => t.ms.total),
    },
  };
}

/** Five significant digits; a rounded -0 is 0. */
function round(value: number): number {
  return Number(value.toPrecision(5)) + 0;
}
