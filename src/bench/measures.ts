import { percentile } from "../drive/index.ts";

const SHARES = { p50: 0.5, p99: 0.99, max: 1 } as const;

/** Nearest-rank percentiles of what was measured. */
export type MeasuredSpread<Name extends keyof typeof SHARES = keyof typeof SHARES> = Readonly<
  Record<Name, number>
>;

/** The named percentiles of some measurements, rounded to `digits` behind the point. */
export function measuredSpread<Name extends keyof typeof SHARES>(
  values: readonly number[],
  names: readonly Name[],
  digits = 4,
): MeasuredSpread<Name> {
  const at = (name: Name): number => Number(percentile(values, SHARES[name]).toFixed(digits));
  return Object.fromEntries(names.map((name) => [name, at(name)])) as MeasuredSpread<Name>;
}

/** A table for people: the first `left` columns to the left, numbers to the right, two spaces between. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): string {
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at < left ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join("  ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n");
}
