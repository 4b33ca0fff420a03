import {
  type Address,
  after,
  type Code,
  type CoordinateKernel,
  type CoordinatePlaces,
  createCoordinateKernel,
  f64x2,
  get,
  type Locals,
  type PairPlace,
  sequence,
  set,
  v128,
} from "../../wasm/index.ts";
import { GRADIENT_LIMIT } from "../gradient-limit.ts";
import { EVEN, ODD, ODD_LIMIT } from "./direction-reader.ts";
import { TINY_SQUARE } from "./feedback-law.ts";

/** Coordinates that are read with one call. */
export const DIRECTION_CHUNK = 1024;

/** Numbers of a tensor that its coordinates are read with, in the order in which the kernel has them. */
const FACTORS = ["scale", "direction", "ratio", "momentum", "factored", "gradient", "before", "perSquare", "time", "vector"] as const; // biome-ignore format: one line
type FactorName = (typeof FACTORS)[number];

/**
 * Reads coordinates, of float32 arrays (DIRECTION_CHUNK): `updates` are Adam's directions before and what is moved along
 * after. Of float64 it has `products`, the mean square of each one's row times that of its column, W (EVEN, ODD), and `factors` in their
 * order ({@link setFactors}). `mean` adds what is read to the mean gradient, `adam` to Adam's direction.
 */
export type DirectionKernel = CoordinateKernel<FloatName, DoubleName, "mean" | "adam">;

type FloatName = "grads" | "last" | "mean" | "square" | "updates";
type DoubleName = "products" | "W" | "factors";

/**
 * What `readTensor` of `createDirectionArrays` does, as WebAssembly on two coordinates at a time, where nothing is remembered: the same
 * float64 operations in the same order, so that results are the same bit for bit.
 *
 * @returns undefined where there are no vectors
 */
export function createDirectionKernel(): DirectionKernel | undefined {
  const n = DIRECTION_CHUNK;
  return createCoordinateKernel({
    pool: "directions",
    floats: { grads: n, last: n, mean: n, square: n, updates: n },
    doubles: { products: n, W: EVEN * ODD, factors: FACTORS.length },
    functions: {
      mean: (locals, places, each) => each((at) => readPair(locals, places, at, true)),
      adam: (locals, places, each) => each((at) => readPair(locals, places, at, false)),
    },
  });
}

/** Writes the numbers of a tensor that its coordinates are read with. */
export function setFactors(
  { doubles: { factors } }: DirectionKernel,
  given: Readonly<Record<FactorName, number>>,
): void {
  FACTORS.forEach((name, i) => {
    factors[i] = given[name];
  });
}

type Places = CoordinatePlaces<FloatName | DoubleName>;

function readPair(locals: Locals, places: Places, at: PairPlace, isMean: boolean): Code {
  const { add, sub, mul, div, sqrt, neg, both, limited } = f64x2;
  const local = () => locals.add("v128");
  const [g, d, m, square, product, unit, x, dot] = Array.from({ length: 8 }, local);
  const even = Array.from({ length: EVEN }, local);
  const odd = Array.from({ length: ODD }, local);
  const factor = (name: FactorName): Code =>
    f64x2.loadSplat(after(places.factors, 8 * FACTORS.indexOf(name)));
  const floats = (place: Address): Code => f64x2.loadFloats(at(place, 4));
  const level = (value: Code): Code =>
    sequence(
      set(x, value),
      v128.select(
        div(sub(get(x), both(1)), add(get(x), both(1))),
        both(1),
        f64x2.less(get(x), both(Number.POSITIVE_INFINITY)),
      ),
    );
  const entry = (e: number, c: number): Code => f64x2.loadSplat(after(places.W, 8 * (e * ODD + c)));
  const row = (e: number): Code =>
    odd.reduce<Code>((sum, y, c) => add(sum, mul(entry(e, c), get(y))), both(0));
  return sequence(
    set(g, limited(mul(factor("scale"), floats(places.grads)), GRADIENT_LIMIT)),
    set(d, floats(places.updates)),
    set(m, mul(factor("momentum"), floats(places.mean))),
    set(square, floats(places.square)),
    set(product, v128.load(at(places.products, 8))),
    set(unit, mul(factor("gradient"), get(g))),
    set(odd[0], limited(mul(factor("direction"), get(d)), ODD_LIMIT)),
    set(
      odd[1],
      limited(div(mul(factor("ratio"), get(g)), sqrt(f64x2.pmax(get(square), both(TINY_SQUARE)))), ODD_LIMIT),
    ),
    set(odd[2], limited(get(m), ODD_LIMIT)),
    set(
      odd[3],
      v128.and(
        limited(div(mul(factor("factored"), floats(places.mean)), sqrt(get(product))), ODD_LIMIT),
        f64x2.greater(get(product), both(0)),
      ),
    ),
    set(even[0], both(1)),
    set(even[1], level(mul(get(unit), get(unit)))),
    set(even[2], limited(mul(get(odd[0]), get(odd[1])), 1)),
    set(even[3], level(mul(get(d), get(d)))),
    set(even[4], limited(mul(mul(neg(get(unit)), factor("before")), floats(places.last)), 1)),
    set(even[5], level(mul(factor("perSquare"), get(square)))),
    set(even[6], factor("time")),
    set(even[7], factor("vector")),
    set(dot, both(0)),
    ...even.map((value, e) => set(dot, add(get(dot), mul(get(value), row(e))))),
    f64x2.storeFloats(
      at(places.updates, 4),
      add(isMean ? get(m) : mul(factor("direction"), get(d)), get(dot)),
    ),
  );
}
