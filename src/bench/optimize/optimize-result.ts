import { basename } from "node:path";
import type { DataRequest } from "../../node/index.ts";
import type { OptimizeRecord } from "../../optim/node.ts";
import type { Contestant } from "./optimize-plan.ts";
import type { OptimizeOutcome } from "./run-all.ts";
import type { RateTuning } from "./tune-rates.ts";

/** One optimizer's line of the result. */
export type OptimizeRow = OptimizerSummary & {
  readonly optimizer: string;
  /** Where it was given or found; the optimizer's default otherwise. */
  readonly learning_rate?: number;
  /** Horizons after which this rate was the best on validation data. */
  readonly tuned_for?: readonly number[];
};

/** What every result of `mnemosyne optimize` says. */
export type OptimizeHead = {
  readonly verb: "optimize";
  readonly status: "done" | "interrupted" | "failed";
  readonly optimizee: string;
  readonly parameters: number;
  readonly data?: string;
  readonly pool?: number;
  readonly batch?: number;
  /** In words. */
  readonly held_out: string;
  readonly seeds: number;
  readonly seed: number;
  readonly failures: readonly string[];
  /** What is to be known of the data. */
  readonly notes?: readonly string[];
  readonly cpu: string;
  readonly node: string;
  readonly load: number;
  readonly wall_s: number;
};

/** What `mnemosyne optimize` found; its JSON. */
export type OptimizeResult = OptimizeHead & {
  readonly steps: number;
  readonly horizons: readonly number[];
  readonly rows: readonly OptimizeRow[];
  readonly tuning?: readonly (RateTuning & { readonly seeds: number; readonly narrow?: number })[];
};

/** A row for each optimizer of which at least one run is there. */
export function rowsOf(
  contestants: readonly Contestant[],
  outcomes: readonly OptimizeOutcome[],
): OptimizeRow[] {
  return contestants.flatMap(({ choice, tunedFor }) => {
    const runs = outcomes.flatMap(({ key, record }) =>
      key.job.optimizer.label === choice.label && record !== undefined ? [record] : [],
    );
    if (runs.length === 0) return [];
    const learningRate = choice.kind === "classic" ? choice.learningRate : undefined;
    return [
      {
        optimizer: choice.label,
        ...(learningRate !== undefined && { learning_rate: learningRate }),
        ...(tunedFor !== undefined && { tuned_for: tunedFor }),
        ...summarizeRuns(runs),
      },
    ];
  });
}

/** What the data are called: a folder by its last part, since results do not depend on where it lies. */
export function dataName({ data }: DataRequest): string {
  return basename(data);
}

/** What was judged by, in words. @param count examples held out */
export function heldOutText(count: number | undefined, data: DataRequest | undefined): string {
  if (count === undefined || data === undefined) return "the function itself";
  return data.most < Number.MAX_SAFE_INTEGER
    ? `the first ${count} test examples`
    : `the whole test set, ${count} examples`;
}

/** Median, smallest and largest over seeds; null where it is not a finite number. */
export type Spread = {
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
};

/** One optimizer over all seeds. */
export type OptimizerSummary = {
  readonly runs: number;
  /** Runs that ended above their start, or not at a finite loss. */
  readonly diverged: number;
  /** Steps that the optimizer refused, in all runs. */
  readonly skipped_steps: number;
  readonly checkpoints: readonly {
    readonly step: number;
    /** Loss on what is held out. */
    readonly test: Spread;
    /** Mean loss of the last batches before the checkpoint, up to {@link TRAIN_WINDOW}; null at the start. */
    readonly train: Spread | null;
  }[];
  /** Training loss, means over stretches of steps that grow in length. */
  readonly curve: { readonly step: readonly number[] } & Readonly<
    Record<keyof Spread, readonly (number | null)[]>
  >;
  /** Median times of one step. [ms] */
  readonly ms: { readonly gradient: number; readonly update: number };
};

/** Batches whose mean is the training loss at a checkpoint. */
const TRAIN_WINDOW = 10;
/** Most points of a curve. */
const MOST_POINTS = 160;

/** What runs of one optimizer have in common. At least one run, all with the same checkpoints and steps. */
export function summarizeRuns(runs: readonly OptimizeRecord[]): OptimizerSummary {
  const checkpoints = runs[0].checkpoints.map(({ step }, at) => ({
    step,
    test: spreadOf(runs.map((run) => run.checkpoints[at].loss ?? Number.NaN)),
    train:
      step === 0
        ? null
        : spreadOf(runs.map(({ train }) => mean(train, Math.max(0, step - TRAIN_WINDOW), step))),
  }));
  const edges = curveEdges(runs[0].train.length);
  const curve = edges.map((to, i) =>
    spreadOf(runs.map(({ train }) => mean(train, i === 0 ? 0 : edges[i - 1], to))),
  );
  return {
    runs: runs.length,
    diverged: runs.filter(isDiverged).length,
    skipped_steps: runs.reduce((sum, { skipped }) => sum + skipped, 0),
    checkpoints,
    curve: {
      step: edges,
      median: curve.map(({ median }) => median),
      min: curve.map(({ min }) => min),
      max: curve.map(({ max }) => max),
    },
    ms: {
      gradient: milliseconds(runs.map(({ ms }) => ms.gradient)),
      update: milliseconds(runs.map(({ ms }) => ms.update)),
    },
  };
}

function isDiverged({ checkpoints }: OptimizeRecord): boolean {
  const [first, last] = [checkpoints[0].loss, checkpoints.at(-1)?.loss];
  return last === null || last === undefined || (first !== null && last > first);
}

/** The median, smallest and largest of some numbers; of an even number the mean of the middle two. NaN counts as larger than any number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.map((v) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : v)).sort((a, b) => a - b);
  const n = sorted.length;
  const median = n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted[n - 1]) };
}

/** Ends of stretches of steps: single steps at first, then about evenly spaced in their logarithm. */
function curveEdges(steps: number): number[] {
  const edges = new Set<number>();
  for (let i = 1; i <= MOST_POINTS; i++) edges.add(Math.max(1, Math.round(steps ** (i / MOST_POINTS))));
  return steps === 0 ? [] : [...edges];
}

/** A loss that JSON made null, because it was not finite, stays so. */
function mean(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? Number.NaN;
  return sum / (to - from);
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function milliseconds(values: readonly number[]): number {
  return Number((spreadOf(values).median ?? 0).toFixed(4));
}
