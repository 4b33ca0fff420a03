import { isOpen } from "../optimize-plan.ts";
import type { OptimizerChoice } from "../optimizer-list.ts";
import { entrant, type FairKind, type FairSetting, kindsOf, settle } from "./fair-settings.ts";

/** One whole run that is asked for. */
export type FairRun = {
  readonly choice: OptimizerChoice;
  readonly horizon: number;
  readonly seed: number;
  /** What its end is judged by: what settings are chosen on is never what is reported. */
  readonly judged: "validation" | "test";
};

export type FairOptions = {
  readonly optimizers: readonly OptimizerChoice[];
  readonly horizons: readonly number[];
  /** Of the runs that choose, and of those that are reported: none in common. */
  readonly tuneSeeds: readonly number[];
  readonly reportSeeds: readonly number[];
  /** Where the search of a rate begins. */
  readonly firstRate: number;
  /** Steps of the runs that search; the best settings are then compared in whole runs. Default: the horizon. */
  readonly searchSteps?: number;
  /** Makes runs. @returns their losses at the end, in order; NaN where one is not finite or was not made */
  readonly run: (runs: readonly FairRun[]) => Promise<number[]>;
};

/** One optimizer on one horizon. */
export type FairRow = {
  readonly optimizer: string;
  readonly horizon: number;
  /** What was chosen for it; nothing where there is nothing to choose. */
  readonly setting?: FairSetting;
  /** Runs that the choice took. */
  readonly tried: number;
  /** Loss at the end of each reported run; null where it is not finite. */
  readonly losses: readonly (number | null)[];
  /** Geometric mean over the runs of the loss over that of the first optimizer from the same start, and its range. */
  readonly ratio: { readonly mean: number | null; readonly min: number | null; readonly max: number | null };
};

/**
 * Compares optimizers with equal rights: for every horizon anew each that has a learning rate gets its best of all
 * schedules (constant, cosine, warm-up and cosine), of two pairs of Adam's shares, and of rates in powers of two, searched
 * until the best has worse neighbours; the others are told the horizon. What is reported was not seen by the search.
 */
export async function compareFairly(options: FairOptions): Promise<FairRow[]> {
  const { optimizers, horizons, reportSeeds, run } = options;
  const rows: FairRow[] = [];
  for (const horizon of horizons) {
    const found = new Map<string, { setting: FairSetting; tried: number }>();
    for (const choice of optimizers)
      if (isOpen(choice)) found.set(choice.label, await chooseSetting(choice.name, horizon, options));
    const runs = optimizers.flatMap((choice) => {
      const setting = found.get(choice.label)?.setting;
      const own = setting && isOpen(choice) ? settle(choice.name, setting, horizon) : entrant(choice, horizon); // biome-ignore format: one line
      return reportSeeds.map((seed): FairRun => ({ choice: own, horizon, seed, judged: "test" }));
    });
    const losses = await run(runs);
    const first = losses.slice(0, reportSeeds.length);
    optimizers.forEach(({ label }, i) => {
      const own = losses.slice(i * reportSeeds.length, (i + 1) * reportSeeds.length);
      const { setting, tried = 0 } = found.get(label) ?? {};
      const over = own.map((loss, s) => loss / first[s]);
      rows.push({
        optimizer: label,
        horizon,
        ...(setting && { setting }),
        tried,
        losses: own.map(finite),
        ratio: {
          mean: finite(Math.exp(meanLog(over))),
          min: finite(Math.min(...over)),
          max: finite(Math.max(...over)),
        },
      });
    });
  }
  return rows;
}

type Chosen = { readonly setting: FairSetting; readonly tried: number };

/** Settings that a search in shorter runs leaves to be compared in whole ones. */
const LEFT = 4;

/** The best setting for a horizon: of a search in whole runs, or of the best few of a search in shorter ones, in whole runs. */
async function chooseSetting(name: string, horizon: number, options: FairOptions): Promise<Chosen> {
  const { searchSteps = horizon, tuneSeeds } = options;
  const { settings, tried } = await searchSettings(name, Math.min(searchSteps, horizon), options);
  if (searchSteps >= horizon) return { setting: settings[0], tried };
  const left = settings.slice(0, LEFT);
  const scores = await scoresOf(name, left, horizon, options);
  return {
    setting: left[scores.indexOf(Math.min(...scores))],
    tried: tried + left.length * tuneSeeds.length,
  };
}

/** Mean log losses of settings, in runs of so many steps. */
async function scoresOf(
  name: string,
  settings: readonly FairSetting[],
  horizon: number,
  { tuneSeeds, run }: FairOptions,
): Promise<number[]> {
  const losses = await run(
    settings.flatMap((setting) => {
      const choice = settle(name, setting, horizon);
      return tuneSeeds.map((seed): FairRun => ({ choice, horizon, seed, judged: "validation" }));
    }),
  );
  const K = tuneSeeds.length;
  return settings.map((_, i) => meanLog(losses.slice(i * K, (i + 1) * K)));
}

/** One kind of setting while its rate is searched: mean log losses of `firstRate * 2^k`, and where the best may be. */
type Climb = { readonly kind: FairKind; readonly seen: Map<number, number>; centre: number; done: boolean };

/** Powers of two from the first rate beyond which no rate is tried. */
const FARTHEST = 10;

/** Climbs in the rates of all kinds side by side, so that their runs can be made at once. @returns the best first */
async function searchSettings(
  name: string,
  horizon: number,
  options: FairOptions,
): Promise<{ settings: FairSetting[]; tried: number }> {
  const climbs = kindsOf(name).map((kind): Climb => ({ kind, seen: new Map(), centre: 0, done: false }));
  const settingOf = (kind: FairKind, k: number): FairSetting => ({
    ...kind,
    rate: options.firstRate * 2 ** k,
  });
  let tried = 0;
  for (;;) {
    const missing = climbs.flatMap((climb) =>
      climb.done ? [] : around(climb).flatMap((k) => (climb.seen.has(k) ? [] : [{ climb, k }])),
    );
    if (missing.length === 0) break;
    const settings = missing.map(({ climb, k }) => settingOf(climb.kind, k));
    const scores = await scoresOf(name, settings, horizon, options);
    tried += missing.length * options.tuneSeeds.length;
    missing.forEach(({ climb, k }, i) => {
      climb.seen.set(k, scores[i]);
    });
    for (const climb of climbs) advance(climb);
  }
  const all = climbs.flatMap(({ kind, seen, centre }) =>
    [...seen]
      .sort(([a], [b]) => Math.abs(a - centre) - Math.abs(b - centre)) // of rates as good, the one climbed to
      .map(([k, score]) => ({ kind, k, score })),
  );
  all.sort((a, b) => (a.score === b.score ? 0 : a.score - b.score));
  const settings = all.map(({ kind, k }) => {
    const setting = settingOf(kind, k);
    return { ...setting, rate: Number(setting.rate.toPrecision(3)) };
  });
  return { settings, tried };
}

function around({ centre }: Climb): number[] {
  return [centre - 1, centre, centre + 1];
}

/** Goes to the best of three; done where none is better than the middle, or nothing is finite any more. */
function advance(climb: Climb): void {
  const [left, middle, right] = around(climb);
  const best = [middle, left, right].reduce((a, b) => (climb.seen.get(b)! < climb.seen.get(a)! ? b : a));
  const isStuck = climb.seen.get(best) === Infinity;
  const next = isStuck ? climb.centre - 1 : best;
  climb.done = next === climb.centre || Math.abs(next) > FARTHEST;
  climb.centre = next;
}

/** Mean of logarithms; infinite where a loss is not finite. */
function meanLog(losses: readonly number[]): number {
  const mean = losses.reduce((sum, loss) => sum + Math.log(loss), 0) / losses.length;
  return Number.isNaN(mean) ? Infinity : mean;
}

/** Null for numbers that JSON does not have. */
export function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
