import { once } from "../../base/index.ts";
import {
  after,
  type Code,
  type CoordinatePlaces,
  createCoordinateKernel,
  type EachPair,
  f64,
  f64x2,
  get,
  type Locals,
  sequence,
  set,
} from "../../wasm/index.ts";
import { GRADIENT_LIMIT } from "../gradient-limit.ts";
import { TINY_SQUARE } from "./feedback-law.ts";
import { type MomentSums, type MomentsStep, type MomentVectors, plainMoments } from "./moments.ts";

/** Coordinates of a call. */
const CHUNK = 4096;

/** In the order of memory. */
const SUMS = [
  "dot",
  "gg",
  "uu",
  "dd",
  "unsound",
  "absolute",
  "ratio",
  "mm",
] as const satisfies readonly (keyof MomentSums)[];
const READ = ["grads", "m", "v", "last"] as const;
const WRITTEN = ["nextM", "nextV", "updates"] as const;

/**
 * The first loop of the feedback rule as WebAssembly, two coordinates at a time: float64, each sum in the coordinates' order.
 *
 * @returns undefined where there are no vectors
 */
export function createMomentsKernel(): MomentsStep | undefined {
  const kernel = createCoordinateKernel({
    pool: "moments",
    floats: Object.fromEntries([...READ, ...WRITTEN].map((name) => [name, CHUNK])) as MomentLengths,
    doubles: { factors: 5, sums: SUMS.length },
    functions: {
      few: (locals, places, each) => moments(locals, places, each, false),
      all: (locals, places, each) => moments(locals, places, each, true),
    },
  });
  if (kernel === undefined) return undefined;
  const { floats, doubles } = kernel;
  return (vectors, scale, beta1, beta2, from, to, more) => {
    doubles.factors.set([scale, beta1, 1 - beta1, beta2, 1 - beta2]);
    doubles.sums.fill(0);
    const run = more ? kernel.run.all : kernel.run.few;
    for (let begin = from; begin < to; begin += CHUNK) {
      const end = Math.min(begin + CHUNK, to);
      for (const name of READ) {
        floats[name].set(vectors[name].subarray(begin, end));
        floats[name][end - begin] = 0; // half of a last pair, which adds nothing
      }
      run(end - begin);
      for (const name of WRITTEN) vectors[name].set(floats[name].subarray(0, end - begin), begin);
    }
    const [dot, gg, uu, dd, unsound, absolute, ratio, mm] = doubles.sums;
    return { dot, gg, uu, dd, unsound, absolute, ratio, mm };
  };
}

type MomentLengths = Record<keyof MomentVectors, number>;

function moments(
  locals: Locals,
  places: CoordinatePlaces<keyof MomentVectors | "factors" | "sums">,
  each: EachPair,
  more: boolean,
): Code {
  const { add, mul, div, sqrt, abs, pmax, lane, both, limited } = f64x2;
  const { factors, sums } = places;
  const [scale, beta1, fresh1, beta2, fresh2] = [0, 1, 2, 3, 4].map((i) =>
    f64x2.loadSplat(after(factors, 8 * i)),
  );
  const [g, u, m, v, floor, d, product] = Array.from({ length: 7 }, () => locals.add("v128"));
  const totals = SUMS.map(() => locals.add("f64"));
  const sumUp = (total: number, value: Code): Code =>
    sequence(
      set(product, value),
      set(total, f64.add(f64.add(get(total), lane(get(product), 0)), lane(get(product), 1))),
    );
  const square = (x: number): Code => mul(get(x), get(x));
  const few = [mul(get(u), get(g)), square(g), square(u), square(d), mul(both(0), mul(get(m), get(v)))];
  const rest = [abs(get(g)), div(square(g), get(floor)), square(m)];
  return sequence(
    ...totals.map((total, i) => set(total, f64.load(after(sums, 8 * i)))),
    each((at) => {
      const place = (name: keyof MomentVectors) => at(places[name], 4);
      const read = (name: keyof MomentVectors) => f64x2.loadFloats(place(name));
      return sequence(
        set(g, limited(mul(scale, read("grads")), GRADIENT_LIMIT)),
        set(u, read("last")),
        set(m, f64x2.rounded(add(mul(beta1, read("m")), mul(fresh1, get(g))))),
        set(v, f64x2.rounded(add(mul(beta2, read("v")), mul(mul(fresh2, get(g)), get(g))))),
        set(floor, pmax(get(v), both(TINY_SQUARE))),
        set(d, div(get(m), sqrt(get(floor)))),
        f64x2.storeFloats(place("nextM"), get(m)),
        f64x2.storeFloats(place("nextV"), get(v)),
        f64x2.storeFloats(place("updates"), get(d)),
        ...[...few, ...(more ? rest : [])].map((x, i) => sumUp(totals[i], x)),
      );
    }),
    ...totals.map((total, i) => f64.store(after(sums, 8 * i), get(total))),
  );
}

/** One for all: it keeps nothing from call to call. */
const sharedKernel = once(createMomentsKernel);

/** @param simd whether as WebAssembly, where there is that: to the same bits */
export function momentsStep(simd = true): MomentsStep {
  return (simd ? sharedKernel() : undefined) ?? plainMoments;
}
