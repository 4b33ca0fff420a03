import type { Series } from "../contracts.ts";
import { latestAt } from "../run/latest-at.ts";
import type { Expression, FunctionName } from "./expression.ts";

/** A series, and when each of its values was. [s] */
type Timed = { readonly series: Series; readonly times: Float64Array };
/** A part of an expression: a number, or one for each time. */
type Value = { readonly values: number | Float64Array; readonly unit: string };

/**
 * Computes an expression at the times of the first series in it; of the others the last value at or before each.
 *
 * @param find a series by name and its run's letter
 * @returns undefined where it holds no series, or one is missing
 */
export function evaluateExpression(
  expression: Expression,
  name: string,
  find: (name: string, run: string | undefined) => Timed | undefined,
): Series | undefined {
  let base: Timed | undefined;
  const evaluate = (part: Expression): Value | undefined => {
    if (part.kind === "number") return { values: part.value, unit: "" };
    if (part.kind === "series") {
      const found = find(part.name, part.run);
      if (found === undefined) return undefined;
      base ??= found;
      return { values: sampled(found, base.times), unit: found.series.unit };
    }
    const of: Value[] = [];
    for (const one of part.of) {
      const value = evaluate(one);
      if (value === undefined) return undefined;
      of.push(value);
    }
    const unit = unitOf(part.name, of, part.of);
    if (part.name === "derivative") return { values: derivative(of[0].values, base?.times), unit };
    return { values: each(FUNCTIONS[part.name], of), unit };
  };
  const made = evaluate(expression);
  if (made === undefined || base === undefined) return undefined;
  const { values, unit } = made;
  const { times } = base;
  return {
    name,
    unit,
    group: "derived",
    times,
    values: typeof values === "number" ? new Float64Array(times.length).fill(values) : values,
  };
}

function sampled({ series, times }: Timed, at: Float64Array): Float64Array {
  if (times === at) return series.values;
  return at.map((time) => series.values[latestAt(times, time, (t) => t, 1e-9)] ?? Number.NaN);
}

const FUNCTIONS: Readonly<Record<Exclude<FunctionName, "derivative" | "xy">, (...of: number[]) => number>> &
  Record<string, (...of: number[]) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  negative: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  deg: (a) => (180 / Math.PI) * a,
  wrap: (a) => Math.atan2(Math.sin(a), Math.cos(a)),
  norm: Math.hypot,
  min: Math.min,
  max: Math.max,
};

function each(f: (...of: number[]) => number, of: readonly Value[]): number | Float64Array {
  const columns = of.map(({ values }) => values);
  const first = columns.find((values) => typeof values !== "number");
  const at = (i: number): number => f(...columns.map((v) => (typeof v === "number" ? v : v[i])));
  return first === undefined ? at(0) : Float64Array.from(first, (_, i) => at(i));
}

/**
 * How fast values change: the slope of the parabola through three neighbours, of the line at the ends.
 *
 * @param times ascending; values at the same time, of a damaged log, have no slope [s]
 */
function derivative(values: number | Float64Array, times: Float64Array | undefined): number | Float64Array {
  if (typeof values === "number" || times === undefined) return 0;
  const n = values.length;
  const slope = (i: number, j: number): number => (values[j] - values[i]) / (times[j] - times[i]);
  return values.map((_, i) => {
    if (n < 2) return Number.NaN;
    if (i === 0) return slope(0, 1);
    if (i === n - 1) return slope(n - 2, n - 1);
    const [before, after] = [times[i] - times[i - 1], times[i + 1] - times[i]];
    return (after * slope(i - 1, i) + before * slope(i, i + 1)) / (before + after);
  });
}

/** The unit of a result; none where it is not one of few. */
function unitOf(name: FunctionName, of: readonly Value[], parts: readonly Expression[]): string {
  const [{ unit }] = of;
  switch (name) {
    case "derivative":
      return unit === "" ? "1/s" : unit === "m/s" ? "m/s²" : unit === "rad/s" ? "rad/s²" : `${unit}/s`;
    case "deg":
      return unit.replace("rad", "°");
    case "*":
    case "/": {
      const number = parts.findIndex((part) => part.kind === "number");
      return number < 0 || (name === "/" && number === 0) ? "" : of[1 - number].unit;
    }
    case "sqrt":
    case "sin":
    case "cos":
      return "";
    default: {
      const units = new Set(of.filter((_, i) => parts[i].kind !== "number").map((one) => one.unit));
      return units.size === 1 ? [...units][0] : "";
    }
  }
}
