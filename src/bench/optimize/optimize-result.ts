import { basename } from "node:path";
import type { DataRequest } from "../../node/index.ts";
import type { Contestant } from "./optimize-plan.ts";
import type { OptimizeOutcome } from "./run-all.ts";
import { type OptimizerSummary, summarizeRuns } from "./summarize-runs.ts";
import type { RateTuning } from "./tune-rates.ts";

/** One optimizer's line of the result. */
export type OptimizeRow = OptimizerSummary & {
  readonly optimizer: string;
  /** Where it was given or found; the optimizer's default otherwise. */
  readonly learning_rate?: number;
  /** Horizons after which this rate was the best on validation data. */
  readonly tuned_for?: readonly number[];
};

/** What `mnemosyne optimize` found; its JSON. */
export type OptimizeResult = {
  readonly verb: "optimize";
  readonly status: "done" | "interrupted" | "failed";
  readonly optimizee: string;
  readonly parameters: number;
  readonly data?: string;
  readonly pool?: number;
  readonly batch?: number;
  /** In words. */
  readonly held_out: string;
  readonly steps: number;
  readonly horizons: readonly number[];
  readonly seeds: number;
  readonly seed: number;
  readonly rows: readonly OptimizeRow[];
  readonly tuning?: readonly (RateTuning & { readonly seeds: number; readonly narrow?: number })[];
  readonly failures: readonly string[];
  readonly cpu: string;
  readonly node: string;
  readonly load: number;
  readonly wall_s: number;
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

/** What was judged by, in words. @param count images held out */
export function heldOutText(count: number | undefined, data: DataRequest | undefined): string {
  if (count === undefined || data === undefined) return "the function itself";
  return data.most < Number.MAX_SAFE_INTEGER
    ? `the first ${count} test images`
    : `the whole test set, ${count} images`;
}
