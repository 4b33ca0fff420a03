import { createSharedKernel, sharedPages } from "./simd-support.ts";
import { type Address, type Code, createLocals, type Locals } from "./wasm-code.ts";
import { type PairPlace, pairwise } from "./wasm-f64.ts";
import { createMemoryPlan } from "./wasm-memory.ts";

/** What a {@link CoordinateKernel} is made of. */
export type CoordinateKernelParts<Floats extends string, Doubles extends string, Run extends string> = {
  /** Whose memory it works on, in turns with others. */
  readonly pool: string;
  /** Lengths of its arrays of float32 and of float64, by their names. */
  readonly floats: Readonly<Record<Floats, number>>;
  readonly doubles: Readonly<Record<Doubles, number>>;
  /** Its functions: each writes a body, given where the arrays are and what runs code for two coordinates after two others. */
  readonly functions: Readonly<
    Record<Run, (locals: Locals, places: CoordinatePlaces<NoInfer<Floats | Doubles>>, each: EachPair) => Code>
  >;
};

/** Where a kernel's arrays are. */
export type CoordinatePlaces<Name extends string> = Readonly<Record<Name, Address>>;

/** Runs code for all pairs of coordinates of a call, one after the other. */
export type EachPair = (body: (at: PairPlace) => Code) => Code;

/** Arrays, and functions on the first coordinates of them; what they leave may be gone after the next use of the pool. */
export type CoordinateKernel<Floats extends string, Doubles extends string, Run extends string> = {
  readonly floats: Readonly<Record<Floats, Float32Array>>;
  readonly doubles: Readonly<Record<Doubles, Float64Array>>;
  /** @param count coordinates, at least 1; of an odd number, the pair of the last one is run whole */
  readonly run: Readonly<Record<Run, (count: number) => void>>;
};

/**
 * Compiles functions that go through coordinates two at a time, in float64 on arrays of float32 and float64.
 *
 * @returns undefined where there are no vectors of WebAssembly
 */
export function createCoordinateKernel<F extends string, D extends string, R extends string>(
  parts: CoordinateKernelParts<F, D, R>,
): CoordinateKernel<F, D, R> | undefined {
  const memory = createMemoryPlan();
  const floatPlaces = mapValues(parts.floats, (length) => memory.reserve(length));
  const doublePlaces = mapValues(parts.doubles, (length) => memory.reserve(2 * length));
  const functions = mapValues(parts.functions, (write) => {
    const locals = createLocals(1);
    const body = write(locals, { ...floatPlaces, ...doublePlaces }, (pair) => pairwise(locals, 0, pair));
    return { params: ["i32"], result: undefined, locals: locals.types, body } as const;
  });
  const kernel = createSharedKernel({ functions, pages: sharedPages(memory.bytes()), pool: parts.pool });
  if (kernel === undefined) return undefined;
  const { run, memory: buffer } = kernel;
  return {
    floats: mapValues(
      parts.floats,
      (length, name) => new Float32Array(buffer, floatPlaces[name].offset, length),
    ),
    doubles: mapValues(
      parts.doubles,
      (length, name) => new Float64Array(buffer, doublePlaces[name].offset, length),
    ),
    run: mapValues(parts.functions, (_, name) => (count: number) => void run[name](Math.ceil(count / 2))),
  };
}

function mapValues<Name extends string, From, To>(
  of: Readonly<Record<Name, From>>,
  make: (value: From, name: Name) => To,
): Record<Name, To> {
  const entries = Object.entries(of) as [Name, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, make(value, name)])) as Record<Name, To>;
}
