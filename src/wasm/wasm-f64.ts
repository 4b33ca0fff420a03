import { float64, unsigned } from "./wasm-bytes.ts";
import {
  type Address,
  base,
  type Code,
  doWhile,
  get,
  i32,
  type Locals,
  place,
  SIMD,
  scalar,
  sequence,
  set,
  tee,
  v128,
  vector,
} from "./wasm-code.ts";

/** Instructions on one float64. */
export const f64 = {
  constant: (value: number): Code => [0x44, ...float64(value)],
  load: (at: Address): Code => [base(at), 0x2b, ...place(at)],
  store: (at: Address, value: Code): Code => [base(at), value, 0x39, ...place(at)],
  less: scalar(0x63),
  greater: scalar(0x64),
  /** 1 where they differ or one is NaN. */
  differ: scalar(0x62),
  /** (ifNotZero, otherwise, condition). */
  select: scalar(0x1b),
  abs: scalar(0x99),
  neg: scalar(0x9a),
  sqrt: scalar(0x9f),
  add: scalar(0xa0),
  sub: scalar(0xa1),
  mul: scalar(0xa2),
  div: scalar(0xa3),
  /** NaN where one of the two is. */
  min: scalar(0xa4),
  max: scalar(0xa5),
  /** Of a signed integer. */
  fromInteger: scalar(0xb7),
};

/** Instructions on vectors of two float64. */
export const f64x2 = {
  splat: vector(0x14),
  /** A number in both lanes. */
  both: (value: number): Code => v128.constant(value, value),
  /** One float64 of memory in both lanes. */
  loadSplat: (at: Address): Code => [base(at), SIMD, ...unsigned(0x0a), ...place(at)],
  /** Two float32 of memory. */
  loadFloats: (at: Address): Code => [
    base(at),
    SIMD,
    ...unsigned(0x5d),
    ...place(at),
    SIMD,
    ...unsigned(0x5f),
  ],
  /** Rounded to float32. */
  rounded: (value: Code): Code => [value, SIMD, ...unsigned(0x5e), SIMD, ...unsigned(0x5f)],
  /** As two float32, rounded. */
  storeFloats: (at: Address, value: Code): Code => [
    base(at),
    value,
    ...[SIMD, ...unsigned(0x5e)],
    ...[SIMD, ...unsigned(0x5b), ...place(at), 0],
  ],
  lane: (value: Code, lane: number): Code => [value, SIMD, ...unsigned(0x21), lane],
  /** Lane i of the first (0, 1) or of the second (2, 3). */
  shuffle: (first: Code, second: Code, lanes: readonly [number, number]): Code => [
    first,
    second,
    SIMD,
    ...unsigned(0x0d),
    ...lanes.flatMap((lane) => [0, 1, 2, 3, 4, 5, 6, 7].map((byte) => 8 * lane + byte)),
  ],
  differ: vector(0x48),
  less: vector(0x49),
  greater: vector(0x4a),
  abs: vector(0xec),
  neg: vector(0xed),
  sqrt: vector(0xef),
  add: vector(0xf0),
  sub: vector(0xf1),
  mul: vector(0xf2),
  div: vector(0xf3),
  /** `b < a ? b : a`: a where one of the two is NaN. */
  pmin: vector(0xf6),
  /** `a < b ? b : a`: a where one of the two is NaN. */
  pmax: vector(0xf7),
  /** `x > most ? most : x < -most ? -most : x` */
  limited: (x: Code, most: number): Code => f64x2.pmax(f64x2.pmin(x, f64x2.both(most)), f64x2.both(-most)),
};

/** Where two numbers of the turn lie, in a vector of float32 (4 bytes each) or float64 (8). */
export type PairPlace = (vector: Address, size: 4 | 8) => Address;

/**
 * Runs a body for pairs of numbers, one after the other.
 *
 * @param pairs a local (i32) with how many there are, at least 1; it is counted down
 */
export function pairwise(locals: Locals, pairs: number, body: (at: PairPlace) => Code): Code {
  const pointers = { 4: locals.add("i32"), 8: locals.add("i32") };
  return doWhile(
    sequence(
      body(({ offset }, size) => ({ local: pointers[size], offset })),
      set(pointers[4], i32.add(get(pointers[4]), i32.constant(8))),
      set(pointers[8], i32.add(get(pointers[8]), i32.constant(16))),
    ),
    tee(pairs, i32.sub(get(pairs), i32.constant(1))),
  );
}
