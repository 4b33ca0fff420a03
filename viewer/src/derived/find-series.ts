import { type Run, type RunIndex, runLetter, type Series } from "../contracts.ts";
import { latestAt } from "../run/latest-at.ts";
import { evaluateExpression } from "./evaluate.ts";
import { type Expression, formatExpression, parseExpression } from "./expression.ts";

/** What begins the name of a series that is computed of others. */
export const DERIVED = "=";

/** Two series of a run at the same times, one over the other. */
export type SeriesPair = { readonly x: Series; readonly y: Series };

/** When each value of a series was. [s] */
export function timesOf({ index }: Pick<Run, "index">, series: Pick<Series, "times">): Float64Array {
  return series.times ?? index.times;
}

/** The value of a series at or before a time; NaN where there is none. */
export function valueAt(run: Run, series: Series, time: number): number {
  const i = latestAt(timesOf(run, series), time, (t) => t, 1e-9);
  return i < 0 ? Number.NaN : (series.values[i] ?? Number.NaN);
}

/** Whether a chosen name is a plot of two series over each other. */
export function isPair(name: string): boolean {
  const parsed = parsedOf(name);
  return parsed?.kind === "call" && parsed.name === "xy";
}

/** Names of the series that a chosen name asks for: its own, or those it is computed of. */
export function namesNeeded(name: string): string[] {
  if (!name.startsWith(DERIVED)) return [name];
  const names = (part: Expression): string[] =>
    part.kind === "series" ? [part.name] : part.kind === "call" ? part.of.flatMap(names) : [];
  const parsed = parsedOf(name);
  return parsed === undefined ? [] : names(parsed);
}

/**
 * A series of a run by the name it was chosen by: its own, or one that is computed (`=speed - speed@B`).
 *
 * @returns undefined where the run, or what it is computed of, lacks it
 */
export function findSeries(runs: readonly Run[], slot: number, name: string): Series | undefined {
  const { index } = runs[slot];
  if (!name.startsWith(DERIVED)) return index.series.get(name);
  const parsed = parsedOf(name);
  if (parsed === undefined || (parsed.kind === "call" && parsed.name === "xy")) return undefined;
  return computed(runs, slot, name, parsed);
}

/** The two series of `=xy(a, b)` for a run, at the times of the first one. */
export function findPair(runs: readonly Run[], slot: number, name: string): SeriesPair | undefined {
  const parsed = parsedOf(name);
  if (parsed?.kind !== "call" || parsed.name !== "xy") return undefined;
  const [x, y] = parsed.of.map((part, i) =>
    computed(runs, slot, `${name}#${i}`, part, formatExpression(part)),
  );
  if (x === undefined || y === undefined) return undefined;
  const times = timesOf(runs[slot], x);
  const values =
    timesOf(runs[slot], y) === times ? y.values : times.map((time) => valueAt(runs[slot], y, time));
  return { x, y: { ...y, times, values } };
}

/** What was computed of an index, and of which others it was. */
type Kept = { readonly of: readonly RunIndex[]; readonly series: Series | undefined };
const kept = new WeakMap<RunIndex, Map<string, Kept>>();

function computed(
  runs: readonly Run[],
  slot: number,
  name: string,
  parsed: Expression,
  label = name,
): Series | undefined {
  const { index } = runs[slot];
  const mine = kept.get(index) ?? new Map<string, Kept>();
  kept.set(index, mine);
  const of = runs.map((run) => run.index);
  const known = mine.get(name);
  if (known !== undefined && known.of.length === of.length && known.of.every((one, i) => one === of[i]))
    return known.series;
  const series = evaluateExpression(parsed, label, (wanted, letter) => {
    const r = letter === undefined ? slot : runs.findIndex((_, i) => runLetter(i) === letter.toUpperCase());
    const found = runs[r]?.index.series.get(wanted);
    return found && { series: found, times: timesOf(runs[r], found) };
  });
  mine.set(name, { of, series });
  return series;
}

const parses = new Map<string, Expression | undefined>();

/** The expression in a chosen name; undefined where it is none, or cannot be read. */
function parsedOf(name: string): Expression | undefined {
  if (!name.startsWith(DERIVED)) return undefined;
  if (parses.has(name)) return parses.get(name);
  let parsed: Expression | undefined;
  try {
    parsed = parseExpression(name.slice(DERIVED.length));
  } catch {
    // Of a link that somebody changed: nothing is plotted of it.
  }
  parses.set(name, parsed);
  return parsed;
}

/** A chosen name as people read it. */
export function labelOf(name: string): string {
  return name.startsWith(DERIVED) ? name.slice(DERIVED.length).trim() : name;
}
