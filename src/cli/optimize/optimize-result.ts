import type { OptimizerSummary } from "./summarize-runs.ts";
import type { Tuning } from "./tune-rates.ts";

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
  readonly tuning?: readonly (Tuning & { readonly seeds: number; readonly narrow?: number })[];
  readonly failures: readonly string[];
  readonly cpu: string;
  readonly node: string;
  readonly load: number;
  readonly wall_s: number;
};
