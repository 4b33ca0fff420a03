import type { Vec } from "../ocp/index.ts";

/**
 * Cost of a metre of way by its distance d to the nearest obstacle, tabulated:
 *
 *     c(d) = 1 + clearanceWeight exp(-(d - radius) / clearanceScale) + marginWeight max(0, 1 - (d - radius) / margin)^2
 *
 * for d >= radius. It never falls below 1, so straight-line distance is an admissible estimate.
 */
export type ClearanceCost = {
  /** Least distance to an obstacle. [m] */ readonly radius: number;
  /** Entries of the table per metre. */ readonly perMetre: number;
  /** c at the middles of equal steps of d - radius; the last entry holds beyond. */ readonly table: Vec;
  /** c(radius), the greatest. */ readonly highest: number;
};

export type ClearanceCostOptions = {
  readonly radius: number;
  readonly margin: number;
  readonly marginWeight: number;
  readonly clearanceWeight: number;
  readonly clearanceScale: number;
};

const ENTRIES = 2048;
/** The exponential is cut where it has fallen to exp(-6). */
const SCALES = 6;

/**
 * Tabulates the cost.
 *
 * @param table (2048) memory to use again
 */
export function tabulateClearanceCost(
  options: ClearanceCostOptions,
  table: Vec = new Float64Array(ENTRIES),
): ClearanceCost {
  const { radius, margin, marginWeight, clearanceWeight, clearanceScale } = options;
  const extent = Math.max(margin, clearanceWeight > 0 ? SCALES * clearanceScale : 0, 1e-3);
  const costAt = (extra: number): number => {
    const squeeze = margin > 0 ? Math.max(0, 1 - extra / margin) : 0;
    return 1 + clearanceWeight * Math.exp(-extra / clearanceScale) + marginWeight * squeeze * squeeze;
  };
  for (let n = 0; n < ENTRIES; n++) table[n] = costAt(((n + 0.5) * extent) / ENTRIES);
  return { radius, perMetre: ENTRIES / extent, table, highest: costAt(0) };
}

/** Cost of a metre at a distance to the nearest obstacle. [m] */
export function clearanceCost(cost: ClearanceCost, distance: number): number {
  const { table } = cost;
  const n = (distance - cost.radius) * cost.perMetre;
  return table[n >= table.length ? table.length - 1 : n > 0 ? Math.trunc(n) : 0];
}
