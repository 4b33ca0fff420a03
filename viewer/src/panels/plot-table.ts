import { SOLVE_STATUSES } from "../../../src/ocp/index.ts";
import { PHASES, PLAN_SOURCES } from "../../../src/sim/index.ts";
import { type Run, runLetter, type Series } from "../contracts.ts";
import { findSeries, labelOf, timesOf } from "../derived/find-series.ts";
import { latestAt } from "../run/latest-at.ts";

/** One chosen series of one run. */
export type PlotLine = { readonly run: number; readonly label: string; readonly series: Series };

/** Lines that share an axis: chosen series of the same group and unit. */
export type PlotGroup = { readonly unit: string; readonly lines: readonly PlotLine[] };

/** Index of the tick at or before a time, -1 before the first. `times` ascends. */
export function tickAtOrBefore(times: Float64Array, time: number): number {
  return latestAt(times, time, (t) => t, 1e-9);
}

/** The chosen series of all runs, gathered in the order they were chosen in. */
export function groupLines(runs: readonly Run[], chosen: readonly string[]): PlotGroup[] {
  const groups = new Map<string, PlotLine[]>();
  for (const name of chosen) {
    runs.forEach((_, run) => {
      const series = findSeries(runs, run, name);
      if (series === undefined) return;
      const key = `${series.group}|${series.unit}`;
      const lines = groups.get(key) ?? [];
      lines.push({ run, label: lineLabel(runs, run, labelOf(name)), series });
      groups.set(key, lines);
    });
  }
  return [...groups.values()].map((lines) => ({ unit: lines[0].series.unit, lines }));
}

/** What a line is called: with its run where there are several. */
export function lineLabel(runs: readonly Run[], run: number, name: string): string {
  return runs.length > 1 ? `${runLetter(run)} ${name}` : name;
}

/**
 * The lines of a group over one ascending axis of times: the union of their own, null where a line has no number,
 * undefined where it has nothing at all, so that a drawn line passes over it.
 *
 * @returns times first, then one column per line
 */
export function alignLines(
  runs: readonly Run[],
  lines: readonly PlotLine[],
): (number | null | undefined)[][] {
  const timesOfLine = lines.map(({ run, series }) => timesOf(runs[run], series));
  if (new Set(timesOfLine).size === 1) {
    const [times] = timesOfLine;
    return [
      Array.from(times),
      ...lines.map(({ series }) => Array.from(times, (_, i) => finite(series.values[i]))),
    ];
  }
  const all = new Set<number>();
  for (const times of new Set(timesOfLine)) for (const time of times) all.add(time);
  const axis = [...all].sort((a, b) => a - b);
  const places = new Map(axis.map((time, i) => [time, i]));
  const columns = lines.map(({ series }, n) => {
    const column = new Array<number | null | undefined>(axis.length).fill(undefined);
    timesOfLine[n].forEach((time, i) => {
      column[places.get(time)!] = finite(series.values[i]);
    });
    return column;
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
