import type { ValueType } from "./value-types.ts";
import { type Bytes, float32, float64, signed, unsigned } from "./wasm-bytes.ts";

/**
 * Instructions of the stack machine, as bytes: those of all parts, in order. An expression leaves one value on
 * the stack, a statement none; expressions nest as in a formula: `add(mul(a, b), c)`.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.4 (binary format of instructions).
 */
export type Code = readonly (number | Code)[];

/** The bytes of code. */
export function bytesOf(code: Code): number[] {
  const bytes: number[] = [];
  const visit = (part: Code): void => {
    for (let i = 0; i < part.length; i++) {
      const item = part[i];
      if (typeof item === "number") bytes.push(item);
      else visit(item);
    }
  };
  visit(code);
  return bytes;
}

/** Where something lies in memory: a local with a number of bytes, if any, and bytes after it. */
export type Address = { readonly local?: number; readonly offset: number };

/** The address some bytes further on. */
export function after({ local, offset }: Address, bytes: number): Address {
  return { local, offset: offset + bytes };
}

/** Statements one after the other. */
export function sequence(...codes: readonly Code[]): Code {
  return codes;
}

/** Hands out locals. */
export type Locals = {
  /** The index of a new local, zero at first. */
  add(type: ValueType): number;
  /** Types of all that were added. */
  readonly types: readonly ValueType[];
};

/** @param params how many locals there are already: what the function is called with */
export function createLocals(params: number): Locals {
  const types: ValueType[] = [];
  return {
    types,
    add(type) {
      types.push(type);
      return params + types.length - 1;
    },
  };
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, ...unsigned(local)];
export const tee = (local: number, value: Code): Code => [value, 0x22, ...unsigned(local)];

/** An instruction with one byte of code, which takes its operands from the stack. */
export const scalar =
  (code: number) =>
  (...operands: readonly Code[]): Code => [...operands, code];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  isZero: scalar(0x45),
  /** Unsigned. */
  less: scalar(0x49),
  and: scalar(0x71),
  add: scalar(0x6a),
  sub: scalar(0x6b),
  load: (at: Address): Code => [base(at), 0x28, ...place(at)],
};

export const f32 = {
  constant: (value: number): Code => [0x43, ...float32(value)],
  add: scalar(0x92),
  mul: scalar(0x94),
  /** NaN where one of the two is. */
  min: scalar(0x96),
  max: scalar(0x97),
  store: (at: Address, value: Code): Code => [base(at), value, 0x38, ...place(at)],
};

export const SIMD = 0xfd;

/** An instruction on vectors. */
export const vector =
  (code: number) =>
  (...operands: readonly Code[]): Code => [...operands, SIMD, ...unsigned(code)];

export const v128 = {
  load: (at: Address): Code => [base(at), SIMD, ...unsigned(0x00), ...place(at)],
  /** The sixteen bytes of two float64. */
  constant: (low: number, high: number): Code => [SIMD, ...unsigned(0x0c), ...float64(low), ...float64(high)],
  /** One float32 of memory in all lanes. */
  loadSplat: (at: Address): Code => [base(at), SIMD, ...unsigned(0x09), ...place(at)],
  store: (at: Address, value: Code): Code => [base(at), value, SIMD, ...unsigned(0x0b), ...place(at)],
  /** @param lanes of the result: each the index of a lane of `value` */
  shuffle: (value: Code, lanes: readonly [number, number, number, number]): Code => [
    value,
    value,
    SIMD,
    ...unsigned(0x0d),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
  and: vector(0x4e),
  /** Bits of the first that the second has not. */
  andNot: vector(0x4f),
  or: vector(0x50),
  /** (ifSet, otherwise, mask): bits of the first where the mask has ones, else of the second. */
  select: vector(0x52),
  anyTrue: vector(0x53),
};

export const f32x4 = {
  splat: vector(0x13),
  first: (value: Code): Code => [value, SIMD, ...unsigned(0x1f), 0],
  notEqual: vector(0x42),
  less: vector(0x43),
  greater: vector(0x44),
  abs: vector(0xe0),
  neg: vector(0xe1),
  add: vector(0xe4),
  sub: vector(0xe5),
  mul: vector(0xe6),
  div: vector(0xe7),
  /** `a < b ? b : a`: a where one of the two is NaN. */
  pmax: vector(0xeb),
};

export const i32x4 = { shl: vector(0xab) };

/** Runs a body again as long as the condition it ends with is not zero. */
export function doWhile(body: Code, condition: Code): Code {
  const VOID = 0x40;
  return [0x03, VOID, body, condition, 0x0d, ...unsigned(0), 0x0b];
}

/** Runs a body while its condition, asked before, is not zero. */
export function whileDo(condition: Code, body: Code): Code {
  return ifElse(condition, doWhile(body, condition));
}

/** Runs one statement or the other. */
export function ifElse(condition: Code, then: Code, otherwise: Code = []): Code {
  const VOID = 0x40;
  return [condition, 0x04, VOID, then, otherwise.length === 0 ? [] : [0x05, otherwise], 0x0b];
}

/** Leaves the function with a value, or with none. */
export function leave(value: Code = []): Code {
  return [value, 0x0f];
}

/** Calls the module's function of an index. */
export function call(index: number, ...operands: readonly Code[]): Code {
  return [...operands, 0x10, ...unsigned(index)];
}

/** How many bodies stand one after the other in a loop, at most. */
const UNROLL = 4;

/**
 * Runs a body `count` times, with addresses that move on by their strides each time.
 *
 * @param moving where each begins, and bytes per turn
 * @param body what is run, given the addresses of its turn
 */
export function repeat(
  locals: Locals,
  count: number,
  moving: readonly { readonly from: Address; readonly stride: number }[],
  body: (addresses: readonly Address[]) => Code,
): Code {
  if (count === 0) return [];
  let copies = Math.min(UNROLL, count);
  while (count % copies !== 0) copies--;
  const bodies = (starts: readonly Address[]): Code =>
    sequence(
      ...Array.from({ length: copies }, (_, u) =>
        body(starts.map((start, i) => after(start, u * moving[i].stride))),
      ),
    );
  if (copies === count) return bodies(moving.map(({ from }) => from));
  const pointers = moving.map(() => locals.add("i32"));
  const left = locals.add("i32");
  const turns = moving.map(({ stride }, i) =>
    set(pointers[i], i32.add(get(pointers[i]), i32.constant(copies * stride))),
  );
  return sequence(
    ...moving.map(({ from }, i) => set(pointers[i], base(from))),
    set(left, i32.constant(count / copies)),
    doWhile(
      sequence(bodies(moving.map(({ from }, i) => ({ local: pointers[i], offset: from.offset }))), ...turns),
      tee(left, i32.sub(get(left), i32.constant(1))),
    ),
  );
}

/** The number of an address's local. */
export function base({ local }: Address): Code {
  return local === undefined ? i32.constant(0) : get(local);
}

/** Alignment (of 4 bytes) and offset. */
export function place({ offset }: Address): Bytes {
  return [2, ...unsigned(offset)];
}
