import type { Run, Series } from "../contracts.ts";
import { labelOf, timesOf, valueAt } from "../derived/find-series.ts";

/**
 * Series of a run as comma-separated values (RFC 4180): a row per tick, the time first, units in the header,
 * nothing where there is no number. Numbers are exact; a series with times of its own has its last value at each tick.
 */
export function formatCsv(run: Run, columns: readonly Series[]): string {
  const { index } = run;
  const times = index.times.length > 0 || columns.length === 0 ? index.times : timesOf(run, columns[0]);
  const header = [
    "time [s]",
    ...columns.map(({ name, unit }) => (unit === "" ? labelOf(name) : `${labelOf(name)} [${unit}]`)),
  ];
  const rows = [header.map(quoted).join(",")];
  const at = columns.map((series) =>
    timesOf(run, series) === times
      ? (i: number) => series.values[i]
      : (i: number) => valueAt(run, series, times[i]),
  );
  for (let i = 0; i < times.length; i++) {
    const values = at.map((valueAtTick) => valueAtTick(i));
    rows.push([times[i], ...values].map((v) => (Number.isFinite(v) ? String(v) : "")).join(","));
  }
  return `${rows.join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
