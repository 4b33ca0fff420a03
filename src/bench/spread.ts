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
