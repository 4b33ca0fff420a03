import { ConfigError, check, checkLength, didYouMean, ShapeError } from "../base/index.ts";
import { createVariable, type Expr, type ExpressionGraph } from "./expression.ts";
import { strict } from "./named-vector.ts";

/** A number, or a list of numbers whose length never changes. */
export type RunTimeValue = number | ArrayLike<number>;

/** Values by name: first ones where a problem is made, new ones later. */
export type Parameters = Readonly<Record<string, RunTimeValue>>;

/** A value for each of the stages 0..N, by name. */
export type StageData = Readonly<Record<string, ArrayLike<RunTimeValue>>>;

/** Variables as their values are: one, or a list. */
export type ParameterVariables<P> = { readonly [K in keyof P]: P[K] extends number ? Expr : readonly Expr[] };
export type DataVariables<D> = {
  readonly [K in keyof D]: D[K] extends ArrayLike<infer V>
    ? V extends number
      ? Expr
      : readonly Expr[]
    : never;
};

/** Values of the kinds and lengths a problem was made with; those that are missing stay. */
export type NewValues<P, D> = {
  readonly [K in keyof P]?: P[K] extends number ? number : ArrayLike<number>;
} & {
  readonly [K in keyof D]?: D[K] extends ArrayLike<number> ? ArrayLike<number> : ArrayLike<ArrayLike<number>>;
};

/** Named values in one row of numbers, with the variables that stand for them. */
export type ValueLayout = {
  /** By name: one variable, or a list. */
  readonly named: Readonly<Record<string, Expr | readonly Expr[]>>;
  readonly variables: readonly Expr[];
  readonly places: ReadonlyMap<
    string,
    { readonly from: number; readonly length: number; readonly single: boolean }
  >;
};

/** Lays values out one after the other. @param letter what messages call them by, `p` or `d` */
export function layOut(graph: ExpressionGraph, letter: string, values: Parameters): ValueLayout {
  const named: Record<string, Expr | readonly Expr[]> = {};
  const places = new Map<string, { from: number; length: number; single: boolean }>();
  const variables: Expr[] = [];
  for (const [name, value] of Object.entries(values)) {
    const single = typeof value === "number";
    const length = single ? 1 : value.length;
    const own = Array.from({ length }, (_, i) =>
      createVariable(graph, single ? `${letter}.${name}` : `${letter}.${name}[${i}]`),
    );
    places.set(name, { from: variables.length, length, single });
    named[name] = single ? own[0] : own;
    variables.push(...own);
  }
  return { named: strict(letter, named, Object.keys(named)), variables, places };
}

/**
 * Writes a value where its layout has it, in a row that begins at `offset`.
 *
 * @param others names that are legal too, for the message
 * @throws ConfigError, ShapeError for a value of another kind or length, or one that is NaN
 */
export function writeValue(
  layout: ValueLayout,
  name: string,
  value: RunTimeValue,
  out: Float64Array,
  offset = 0,
  others: readonly string[] = [],
): void {
  const place = layout.places.get(name);
  if (place === undefined) {
    const legal = [...layout.places.keys(), ...others];
    throw new ConfigError(
      `unknown value "${name}", expected one of ${legal.join(", ")}${didYouMean(name, legal)}`,
    );
  }
  const expected = place.single ? "a number" : `a list of ${place.length} numbers`;
  check(name, value, place.single === (typeof value === "number"), expected, ShapeError);
  const all = typeof value === "number" ? [value] : value;
  checkLength(name, all.length, place.length, "its first length");
  for (let i = 0; i < place.length; i++) {
    check(`${name}[${i}]`, all[i], typeof all[i] === "number" && !Number.isNaN(all[i]), "a number");
    out[offset + place.from + i] = all[i];
  }
}

/** Refuses data that is not of N + 1 stages. @throws ShapeError */
export function checkStages(name: string, stages: ArrayLike<RunTimeValue>, N: number): void {
  checkLength(name, stages.length, N + 1, "N + 1");
}
