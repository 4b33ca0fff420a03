import {
  type Address,
  after,
  type Code,
  createLocals,
  createMemoryPlan,
  createSharedKernel,
  f64x2,
  get,
  type Locals,
  type PairPlace,
  pairwise,
  sequence,
  set,
  sharedPages,
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

/** The kernel and the memory that it works on: coordinates (DIRECTION_CHUNK), of which the first `count` are read. */
export type DirectionKernel = {
  readonly grads: Float32Array;
  readonly last: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
  /** Adam's directions before, what is moved along after. */
  readonly updates: Float32Array;
  /** The mean square of each one's row times that of its column. */
  readonly products: Float64Array;
  /** (EVEN, ODD) */
  readonly W: Float64Array;
  set(factors: Readonly<Record<FactorName, number>>): void;
  /** @param isMean whether what is read is added to the mean gradient instead of Adam's direction */
  run(count: number, isMean: boolean): void;
};

/**
 * What `readTensor` of `createDirectionArrays` does, as WebAssembly on two coordinates at a time, where nothing is remembered: the same
 * float64 operations in the same order, so that results are the same bit for bit.
 *
 * @returns undefined where there are no vectors
 */
export function createDirectionKernel(): DirectionKernel | undefined {
  const memory = createMemoryPlan();
  const floats = () => memory.reserve(DIRECTION_CHUNK);
  const doubles = (count: number) => memory.reserve(2 * count);
  const places = { grads: floats(), last: floats(), mean: floats(), square: floats(), updates: floats() };
  const [products, W, factors] = [doubles(DIRECTION_CHUNK), doubles(EVEN * ODD), doubles(FACTORS.length)];
  const functionOf = (isMean: boolean) => {
    const locals = createLocals(1);
    const all = { ...places, products, W, factors };
    const body = pairwise(locals, 0, (at) => readPair(locals, all, at, isMean));
    return { params: ["i32"], result: undefined, locals: locals.types, body } as const;
  };
  const kernel = createSharedKernel({
    functions: { mean: functionOf(true), adam: functionOf(false) },
    pages: sharedPages(memory.bytes()),
    pool: "directions",
  });
  if (kernel === undefined) return undefined;
  const view32 = ({ offset }: Address) => new Float32Array(kernel.memory, offset, DIRECTION_CHUNK);
  const view64 = ({ offset }: Address, count: number) => new Float64Array(kernel.memory, offset, count);
  const numbers = view64(factors, FACTORS.length);
  return {
    grads: view32(places.grads),
    last: view32(places.last),
    mean: view32(places.mean),
    square: view32(places.square),
    updates: view32(places.updates),
    products: view64(products, DIRECTION_CHUNK),
    W: view64(W, EVEN * ODD),
    set(given) {
      FACTORS.forEach((name, i) => {
        numbers[i] = given[name];
      });
    },
    run: (count, isMean) => void kernel.run[isMean ? "mean" : "adam"](Math.ceil(count / 2)),
  };
}

type Places = Readonly<
  Record<"grads" | "last" | "mean" | "square" | "updates" | "products" | "W" | "factors", Address>
>;

const both = (value: number): Code => v128.constant(value, value);

/** `x > most ? most : x < -most ? -most : x` */
const limited = (x: Code, most: number): Code => f64x2.pmax(f64x2.pmin(x, both(most)), both(-most));

function readPair(locals: Locals, places: Places, at: PairPlace, isMean: boolean): Code {
  const { add, sub, mul, div, sqrt, neg } = f64x2;
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
