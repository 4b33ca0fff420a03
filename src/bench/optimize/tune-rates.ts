import { withRate } from "./optimizer-list.ts";
import { type OptimizeOutcome, type RunAllOptions, runAll } from "./run-all.ts";
import type { RunKey } from "./run-files.ts";
import type { OptimizeTask } from "./run-job.ts";

/** A grid of learning rates, evenly spaced in their logarithms. */
export type RateGrid = { readonly from: number; readonly to: number; readonly count: number };

/** The rates that are tried where nobody says which: three per decade. */
export const DEFAULT_RATES: RateGrid = { from: 1e-4, to: 4.64, count: 15 };

/** The rates of a grid, to three digits. */
export function ratesOf({ from, to, count }: RateGrid): number[] {
  return Array.from({ length: count }, (_, i) => {
    const share = count === 1 ? 0 : i / (count - 1);
    return Number((from * (to / from) ** share).toPrecision(3));
  });
}

/** One rate: the mean loss on validation data after each horizon; null where it is not finite. */
export type RateScore = {
  readonly rate: number;
  readonly seeds: number;
  readonly validation: Readonly<Record<string, number | null>>;
};

/** Which rate is best after each horizon. */
export type RateTuning = {
  readonly optimizer: string;
  readonly scores: readonly RateScore[];
  readonly best: Readonly<Record<string, BestRate>>;
};
/** The best rate of one horizon. */
export type BestRate = {
  readonly rate: number;
  readonly validation: number;
  /** The rate is the first or the last of the grid: a better one may lie beyond. */
  readonly edge: boolean;
};

/** What rates are tuned on. */
export type TuneOptions = {
  /** Names of optimizers with a learning rate. */
  readonly names: readonly string[];
  readonly rates: readonly number[];
  /** Numbers of steps to choose a rate for; the last is the length of a run. */
  readonly horizons: readonly number[];
  readonly seeds: readonly number[];
  /** Every rate with the first seed, then this many of the best per horizon with all; undefined: all with all. */
  readonly narrow?: number;
  /** As the final runs, but judged on validation data. */
  readonly task: OptimizeTask;
  readonly dataId?: string;
  readonly run: RunAllOptions;
};

/** Searches the best learning rate per optimizer and horizon. Incomplete where the signal was aborted. */
export async function tuneRates(
  options: TuneOptions,
): Promise<{ tunings: RateTuning[]; failures: string[] }> {
  const { names, rates, horizons, seeds, narrow, run } = options;
  const keyOf = (name: string, rate: number, seed: number): RunKey => ({
    job: { task: options.task, optimizer: withRate(name, rate), seed },
    dataId: options.dataId,
  });
  const keysOf = (pick: (name: string) => readonly number[], some: readonly number[]): RunKey[] =>
    some.flatMap((seed) => names.flatMap((name) => pick(name).map((rate) => keyOf(name, rate, seed))));

  const outcomes = await runAll(
    keysOf(() => rates, narrow === undefined ? seeds : seeds.slice(0, 1)),
    run,
  );
  if (narrow !== undefined && !run.signal.aborted) {
    const kept = (name: string): number[] => {
      const scores = scoresOf(name, rates, horizons, outcomes);
      const best = horizons.flatMap((horizon) =>
        [...scores].sort((a, b) => lossAt(a, horizon) - lossAt(b, horizon)).slice(0, narrow),
      );
      return rates.filter((rate) => best.some((score) => score.rate === rate));
    };
    outcomes.push(...(await runAll(keysOf(kept, seeds.slice(1)), run)));
  }
  return {
    tunings: names.map((optimizer) => {
      const scores = scoresOf(optimizer, rates, horizons, outcomes);
      return { optimizer, scores, best: bestOf(scores, horizons, seeds.length) };
    }),
    failures: outcomes.flatMap(({ key, failure }) =>
      failure === undefined ? [] : [`${key.job.optimizer.label}: ${failure}`],
    ),
  };
}

function scoresOf(
  name: string,
  rates: readonly number[],
  horizons: readonly number[],
  outcomes: readonly OptimizeOutcome[],
): RateScore[] {
  return rates.map((rate) => {
    const { label } = withRate(name, rate);
    const records = outcomes.flatMap(({ key, record }) =>
      key.job.optimizer.label === label && record !== undefined ? [record] : [],
    );
    const validation = horizons.map((horizon) => {
      const losses = records.map(
        ({ checkpoints }) => checkpoints.find(({ step }) => step === horizon)?.loss ?? Number.NaN,
      );
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      return [horizon, Number.isFinite(mean) ? mean : null] as const;
    });
    return { rate, seeds: records.length, validation: Object.fromEntries(validation) };
  });
}

function lossAt({ validation }: RateScore, horizon: number): number {
  return validation[horizon] ?? Number.POSITIVE_INFINITY;
}

/** Only rates that were tried with all seeds compete. */
function bestOf(
  scores: readonly RateScore[],
  horizons: readonly number[],
  seeds: number,
): Record<string, BestRate> {
  const tried = scores.filter((score) => score.seeds === seeds);
  const best = horizons.flatMap((horizon) => {
    const found = tried.reduce<RateScore | undefined>(
      (a, b) => (a === undefined || lossAt(b, horizon) < lossAt(a, horizon) ? b : a),
      undefined,
    );
    if (found === undefined || !Number.isFinite(lossAt(found, horizon))) return [];
    const edge = scores.length > 1 && (found.rate === scores[0].rate || found.rate === scores.at(-1)?.rate);
    return [[horizon, { rate: found.rate, validation: lossAt(found, horizon), edge }] as const];
  });
  return Object.fromEntries(best);
}
