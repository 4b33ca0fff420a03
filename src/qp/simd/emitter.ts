import {
  type Address,
  type Code,
  createLocals,
  doWhile,
  type FunctionParts,
  f64x2,
  get,
  i32,
  type Locals,
  sequence,
  set,
  v128,
  whileDo,
} from "../../wasm/index.ts";

/** What the body of one function is written with. */
export type Emitter = {
  readonly locals: Locals;
  /** New vector locals. */
  readonly vectors: (n: number) => number[];
};

/** A function of these parameters, whose body is written with an emitter. */
export function emitFunction(
  params: FunctionParts["params"],
  result: FunctionParts["result"],
  write: (emitter: Emitter) => Code,
): FunctionParts {
  const locals = createLocals(params.length);
  const vectors = (n: number): number[] => Array.from({ length: n }, () => locals.add("v128"));
  const body = write({ locals, vectors });
  return { params, result, locals: locals.types, body };
}

/** 0..n - 1. */
export function range(n: number): number[] {
  const all: number[] = [];
  for (let i = 0; i < n; i++) all.push(i);
  return all;
}

/** Statements for each of n indices, or of a list. */
export function each(items: number | readonly number[], write: (i: number) => Code): Code {
  const all: Code[] = [];
  if (typeof items === "number") for (let i = 0; i < items; i++) all.push(write(i));
  else for (const i of items) all.push(write(i));
  return all;
}

/** `sum += a b` on a vector local. */
export const addProduct = (sum: number, a: Code, b: Code): Code =>
  set(sum, f64x2.add(get(sum), f64x2.mul(a, b)));

/** Both lanes the one of a vector. */
export const splatLane = (value: Code, lane: number): Code => f64x2.shuffle(value, value, [lane, lane]);

/** Zero in both lanes. */
export const ZERO = v128.constant(0, 0);

/** Runs a body for a pointer from a place on, in steps of some bytes, up to a place (which it may be that of begin). */
export function walk(
  { locals }: Emitter,
  from: Code,
  to: Code,
  bytes: number,
  body: (at: Address) => Code,
): Code {
  const pointer = locals.add("i32");
  const end = locals.add("i32");
  return sequence(
    set(pointer, from),
    set(end, to),
    whileDo(
      i32.less(get(pointer), get(end)),
      sequence(body({ local: pointer, offset: 0 }), set(pointer, i32.add(get(pointer), i32.constant(bytes)))),
    ),
  );
}

/** Runs a body for a pointer from one step before a place back to another, at least once. */
export function walkBack(
  { locals }: Emitter,
  from: number,
  to: number,
  bytes: number,
  body: (at: Address) => Code,
): Code {
  const pointer = locals.add("i32");
  return sequence(
    set(pointer, i32.constant(from)),
    doWhile(
      sequence(set(pointer, i32.sub(get(pointer), i32.constant(bytes))), body({ local: pointer, offset: 0 })),
      i32.less(i32.constant(to), get(pointer)),
    ),
  );
}
