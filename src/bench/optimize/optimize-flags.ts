import type { OptimizerChoice } from "./optimizer-list.ts";
import type { RateGrid } from "./tune-rates.ts";

/** The flags of `mnemosyne optimize` as they were given. */
export type OptimizeFlags = {
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly optimizee: string;
  readonly optimizers: readonly OptimizerChoice[];
  readonly data: string;
  readonly pool: number;
  readonly steps: number;
  readonly horizons?: readonly number[];
  readonly seeds: number;
  readonly batch: number;
  readonly testImages?: number;
  readonly threads?: number;
  readonly tune?: boolean;
  readonly rates: RateGrid;
  readonly tuneSeeds: number;
  readonly narrow?: number;
  readonly logX?: boolean;
};
