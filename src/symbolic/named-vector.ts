import { ConfigError, didYouMean } from "../base/index.ts";
import { createVariable, type Expr, type ExpressionGraph } from "./expression.ts";

/** Names of the entries of a vector, or how many it has. */
export type NamesOrCount = number | readonly string[];

/** Variables as an array, and under their names where they have some: `x[0]`, `x.px`. */
export type NamedVector<S extends NamesOrCount> = S extends readonly (infer Name extends string)[]
  ? readonly Expr[] & { readonly [K in Name]: Expr }
  : readonly Expr[];

/**
 * The names of a vector's entries; of a count, its letter with a number: x0, x1, ...
 *
 * @throws ConfigError for a count that is no positive integer, a name that is given twice or stands for something else
 */
export function namesOf(what: string, letter: string, given: NamesOrCount): readonly string[] {
  const count = typeof given === "number" ? given : given.length;
  if (!Number.isInteger(count) || count < 1)
    throw new ConfigError(`${what} is ${JSON.stringify(given)}, expected a positive integer or names`);
  if (typeof given === "number") return Array.from({ length: count }, (_, i) => `${letter}${i}`);
  given.forEach((name, i) => {
    if (given.indexOf(name) !== i)
      throw new ConfigError(`${what} has "${name}" twice, expected different names`);
    if (name === "length" || /^\d/.test(name))
      throw new ConfigError(`${what} has "${name}", expected a name that is no number and not "length"`);
  });
  return given;
}

/** Variables of these names. */
export function createVector(
  graph: ExpressionGraph,
  letter: string,
  names: readonly string[],
): readonly Expr[] {
  return names.map((name) => createVariable(graph, `${letter}.${name}`));
}

/** Values as an array and under their names, as {@link NamedVector}: asking for another one throws. */
export function byName<T>(letter: string, values: readonly T[], names: readonly string[]): readonly T[] {
  const named = Object.assign([...values], Object.fromEntries(names.map((name, i) => [name, values[i]])));
  return strict(letter, named, names);
}

/** An object of which an unknown property is an error, not undefined. */
export function strict<T extends object>(letter: string, object: T, legal: readonly string[]): T {
  return new Proxy(object, {
    get(target, key) {
      if (typeof key === "symbol" || key in target) return Reflect.get(target, key);
      const names = legal.length > 0 ? `one of ${legal.join(", ")}` : "nothing, there are none";
      throw new ConfigError(`${letter} has no "${key}", expected ${names}${didYouMean(key, legal)}`);
    },
  });
}
