import { type Address, type Code, v128 } from "./wasm-code.ts";
import { PAGE } from "./wasm-module.ts";

/** Hands out places of a memory, and remembers what constants are to be written there. */
export type MemoryPlan = {
  /** Room for some float32, and for the rest of a last vector. */
  reserve(floats: number): Address;
  /** Room with these numbers in it. */
  data(values: ArrayLike<number>): Address;
  /** A number in all lanes: an expression. Loaded, since a load costs less than a literal vector. */
  constant(value: number): Code;
  /** Bytes handed out. */
  bytes(): number;
  pages(): number;
  /** Writes all constants. @param memory the whole of it */
  fill(memory: Float32Array): void;
};

const VECTOR = 16;

export function createMemoryPlan(): MemoryPlan {
  let used = 0;
  const filled: { at: number; values: ArrayLike<number> }[] = [];
  const constants = new Map<string, Code>();
  const reserve = (floats: number): Address => {
    const offset = used;
    // A vector may begin at the last float.
    used += Math.ceil((4 * floats + VECTOR - 4) / VECTOR) * VECTOR;
    return { offset };
  };
  const data = (values: ArrayLike<number>): Address => {
    const at = reserve(values.length);
    filled.push({ at: at.offset / 4, values });
    return at;
  };
  return {
    reserve,
    data,
    constant(value) {
      const key = Object.is(value, -0) ? "-0" : String(value);
      const known = constants.get(key) ?? v128.load(data([value, value, value, value]));
      constants.set(key, known);
      return known;
    },
    bytes: () => used,
    pages: () => Math.ceil(used / PAGE),
    fill(memory) {
      for (const { at, values } of filled) memory.set(values, at);
    },
  };
}
