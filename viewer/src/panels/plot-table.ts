import { SOLVE_STATUSES } from "../../../src/ocp/index.ts";
import { PHASES, PLAN_SOURCES } from "../../../src/sim/index.ts";
import type { Run, Series } from "../contracts.ts";

/** One chosen series of one run. */
export type PlotLine = { readonly run: number; readonly label: string; readonly series: Series };

/** Lines that share an axis: chosen series of the same group and unit. */
export type PlotGroup = { readonly unit: string; readonly lines: readonly PlotLine[] };

/** Index of the tick at or before a time, -1 before the first. `times` ascends. */
export function tickAtOrBefore(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (times[mid] <= time + 1e-9) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

/** The series' value at the tick at or before a time; NaN where there is none. */
export function valueAt(run: Run, series: Series, time: number): number {
  const i = tickAtOrBefore(run.index.times, time);
  return i < 0 ? Number.NaN : (series.values[i] ?? Number.NaN);
}

/** The chosen series of all runs, gathered in the order they were chosen in. */
export function groupLines(runs: readonly Run[], chosen: readonly string[]): PlotGroup[] {
  const groups = new Map<string, PlotLine[]>();
  for (const name of chosen) {
    runs.forEach((run, r) => {
      const series = run.index.series.get(name);
      if (series === undefined) return;
      const key = `${series.group}|${series.unit}`;
      const lines = groups.get(key) ?? [];
      lines.push({ run: r, label: runs.length > 1 ? `${name} (${run.index.name})` : name, series });
      groups.set(key, lines);
    });
  }
  return [...groups.values()].map((lines) => ({ unit: lines[0].series.unit, lines }));
}

/**
 * The lines of a group over one ascending axis of times: the union of their runs' ticks, null where a run has
 * none there, so that a drawn line passes over it.
 *
 * @returns times first, then one column per line
 */
export function alignLines(runs: readonly Run[], lines: readonly PlotLine[]): (number | null)[][] {
  const used = [...new Set(lines.map((line) => line.run))];
  if (used.length === 1) {
    const { times } = runs[used[0]].index;
    const columns = lines.map(({ series }) => Array.from(times, (_, i) => finite(series.values[i])));
    return [Array.from(times), ...columns];
  }
  const all = new Set<number>();
  for (const r of used) for (const time of runs[r].index.times) all.add(time);
  const axis = [...all].sort((a, b) => a - b);
  const places = new Map(axis.map((time, i) => [time, i]));
  const columns = lines.map(({ run, series }) => {
    const column = new Array<number | null | undefined>(axis.length).fill(undefined);
    runs[run].index.times.forEach((time, i) => {
      column[places.get(time)!] = finite(series.values[i]);
    });
    return column as (number | null)[];
  });
  return [axis, ...columns];
}

/** A gap for what is not finite. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** What the numbers of a series stand for, where they stand for words. */
export function wordsOf(name: string): readonly string[] | undefined {
  return Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  "solver status": SOLVE_STATUSES,
  "command source": PLAN_SOURCES,
  phase: PHASES,
};

/** A number for people: four figures, no exponent where it can be helped. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}
