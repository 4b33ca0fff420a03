import { ConfigError, checkLength, didYouMean } from "../base/index.ts";
import type { SoftPenalty, StateBox, Vec } from "../ocp/index.ts";

/** A bound for all stages, or one for each: N of a control, N + 1 of a state, whose first is not read. */
type Bound = number | ArrayLike<number>;

/** [lower, upper] by the name of a state or control. */
export type NamedBounds = Readonly<Record<string, readonly [lower: Bound, upper: Bound]>>;

/** The place of a name. @throws ConfigError with the legal ones */
export function indexOf(name: string, names: readonly string[], what: string): number {
  const at = names.indexOf(name);
  if (at >= 0) return at;
  throw new ConfigError(
    `${what} has "${name}", expected one of ${names.join(", ")}${didYouMean(name, names)}`,
  );
}

/** Bounds of controls, and a box of the states that have some. @throws ConfigError, ShapeError naming the bound */
export function boundsOf(
  { N, bounds = {}, softStates }: { N: number; bounds?: NamedBounds; softStates?: SoftPenalty },
  { states, controls }: { readonly states: readonly string[]; readonly controls: readonly string[] },
): { uLower: Vec; uUpper: Vec; stateBox?: StateBox } {
  const all = [...states, ...controls];
  for (const name of Object.keys(bounds)) indexOf(name, all, "bounds");
  const sides = (names: readonly string[], stages: number): { lower: Vec; upper: Vec } => {
    const given = names.map((name) => bounds[name] ?? [-Infinity, Infinity]);
    const byStage = given.flat().some((bound) => typeof bound !== "number");
    const side = (at: 0 | 1): Vec => {
      const lists = given.map((pair, i) => {
        const bound = pair[at];
        if (typeof bound === "number") return new Array<number>(stages).fill(bound);
        checkLength(`bounds.${names[i]}[${at}]`, bound.length, stages, stages === N ? "N" : "N + 1");
        return bound;
      });
      const length = byStage ? stages * names.length : names.length;
      return Float64Array.from({ length }, (_, i) => lists[i % names.length][Math.floor(i / names.length)]);
    };
    return { lower: side(0), upper: side(1) };
  };
  const { lower: uLower, upper: uUpper } = sides(controls, N);
  const boxed = states.filter((name) => name in bounds);
  if (boxed.length === 0) return { uLower, uUpper };
  const index = boxed.map((name) => states.indexOf(name));
  return { uLower, uUpper, stateBox: { index, ...sides(boxed, N + 1), soft: softStates } };
}
