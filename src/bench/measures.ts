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

/** What surrounds a benchmark while it measures. */
export type BenchRun = {
  /** Monotonic clock. [ms] */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  /** Is told how many steps are done. */
  readonly onProgress?: (done: number) => void;
};

/** A column of a table: its head, and a row's cell in it. */
export type Column<Row> = readonly [head: string, cell: (row: Row) => string | number];

/** A table for people, a line for each row: the first `left` columns to the left, numbers to the right. */
export function formatTable<Row>(
  rows: readonly Row[],
  left: number,
  columns: readonly Column<Row>[],
): string {
  const cells = columns.map(([head, cell]) => [head, ...rows.map((row) => String(cell(row)))]);
  const aligned = cells.map((column, at) => {
    const width = Math.max(...column.map((cell) => cell.length));
    return column.map((cell) => (at < left ? cell.padEnd(width) : cell.padStart(width)));
  });
  const lines = aligned[0].map((_, i) => aligned.map((column) => column[i]).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** A number to three digits behind the point, as tables show times in ms. */
export function ms3(value: number): string {
  return value.toFixed(3);
}
