import type { RunMeta, TickRecord } from "../../../src/record/index.ts";
import type { Mark, Series } from "../contracts.ts";
import { createMarkFinder } from "./mark-finder.ts";
import { columnsOf, stateOf } from "./series.ts";

/** What is kept of all ticks: a few numbers each. */
export type TickTable = {
  /** (n) ascending [s] */ readonly times: Float64Array;
  /** (n, 3) x, y, yaw; NaN where nobody knows */ readonly trail: Float64Array;
  /** (n) each, in the order of {@link columnsOf} */ readonly columns: readonly Float64Array[];
  readonly marks: readonly Mark[];
};

/** Gathers a run's ticks as they come. */
type IndexBuilder = {
  /** @param fallbackTime of the message, where the tick has none [s] */
  add(tick: TickRecord, fallbackTime?: number): void;
  readonly count: number;
  /** A copy of the first `n` ticks, by default of all so far. */ table(n?: number): TickTable;
};

/**
 * Creates a builder; what it holds grows by doubling.
 *
 * @param deadlineMs of a plan, where it is known [ms]
 */
export function createIndexBuilder(meta: RunMeta, deadlineMs?: number): IndexBuilder {
  const definitions = columnsOf(meta);
  const finder = createMarkFinder(deadlineMs);
  const marks: Mark[] = [];
  let capacity = 1024;
  let times = new Float64Array(capacity);
  let trail = new Float64Array(3 * capacity);
  let columns = definitions.map(() => new Float64Array(capacity));
  let count = 0;

  const grow = (): void => {
    capacity *= 2;
    times = grown(times, capacity);
    trail = grown(trail, 3 * capacity);
    columns = columns.map((column) => grown(column, capacity));
  };

  return {
    add(tick, fallbackTime = 0) {
      if (count === capacity) grow();
      const earliest = count === 0 ? Number.NEGATIVE_INFINITY : times[count - 1];
      // Never backwards, whatever a damaged log says: the cursor is found by bisection.
      const time = Math.max(Number.isFinite(tick.time) ? tick.time : fallbackTime, earliest);
      times[count] = time;
      const x = stateOf(tick);
      trail[3 * count] = x?.[0] ?? tick.pose?.x ?? Number.NaN;
      trail[3 * count + 1] = x?.[1] ?? tick.pose?.y ?? Number.NaN;
      trail[3 * count + 2] = x?.[2] ?? tick.pose?.yaw ?? Number.NaN;
      for (let c = 0; c < columns.length; c++) columns[c][count] = definitions[c].of(tick);
      marks.push(...finder.add(tick, time));
      count++;
    },
    get count() {
      return count;
    },
    table: (n = count) => ({
      times: times.slice(0, n),
      trail: trail.slice(0, 3 * n),
      columns: columns.map((column) => column.slice(0, n)),
      marks: n === count ? marks.slice() : marks.filter(({ time }) => time < times[n]),
    }),
  };
}

/** The series of a table by name; those without a single number are left out. */
export function seriesOf(meta: RunMeta, table: TickTable): ReadonlyMap<string, Series> {
  const series = new Map<string, Series>();
  columnsOf(meta).forEach(({ name, unit, group }, c) => {
    const values = table.columns[c];
    if (values.some(Number.isFinite)) series.set(name, { name, unit, group, values });
  });
  return series;
}

function grown(values: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(values);
  return larger;
}
