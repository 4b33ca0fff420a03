import { type Code, f32x4, get, i32, i32x4, type Locals, sequence, set, v128 } from "./wasm-code.ts";
import type { MemoryPlan } from "./wasm-memory.ts";

/** Where functions get locals and constants from. */
export type Emitter = { readonly locals: Locals; readonly memory: MemoryPlan };

/** exp is zero below: the result would not be a normal float32. */
export const EXP_UNDERFLOW = -87.3;

/** Added to a number of size below 2^22, leaves its nearest integer, plus 127, in the lowest bits. */
const ROUNDER = 1.5 * 2 ** 23 + 127;
/** ln 2 in two parts; the first has 9 bits, so that its products with exponents are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2, highest power first. */
const EXP_TERMS = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];

/**
 * `exp(x)` for x <= 0 in all lanes, to two units in the last place; 0 below `EXP_UNDERFLOW`, NaN for NaN.
 * `x = n ln 2 + r`, a polynomial in r, and 2^n by its bits.
 *
 * Source: Cephes (Moshier), expf.
 */
export function exp({ locals, memory }: Emitter, x: Code): Code {
  const [arg, n, r, y] = Array.from({ length: 4 }, () => locals.add("v128"));
  const c = memory.constant;
  return sequence(
    set(arg, x),
    set(n, f32x4.add(f32x4.mul(get(arg), c(Math.LOG2E)), c(ROUNDER))),
    set(y, f32x4.sub(get(n), c(ROUNDER))),
    set(r, f32x4.sub(get(arg), f32x4.mul(get(y), c(LN2_HIGH)))),
    set(r, f32x4.sub(get(r), f32x4.mul(get(y), c(LN2_LOW)))),
    set(y, polynomial(EXP_TERMS.map(c), get(r))),
    set(y, f32x4.add(f32x4.add(f32x4.mul(get(y), f32x4.mul(get(r), get(r))), get(r)), c(1))),
    v128.andNot(
      f32x4.mul(get(y), i32x4.shl(get(n), i32.constant(23))),
      f32x4.less(get(arg), c(EXP_UNDERFLOW)),
    ),
  );
}

/** `1 / (1 + exp(-x))` in all lanes. */
export function logistic(emitter: Emitter, x: Code): Code {
  const [arg, e] = [emitter.locals.add("v128"), emitter.locals.add("v128")];
  const one = emitter.memory.constant(1);
  return sequence(
    set(arg, x),
    set(e, exp(emitter, f32x4.neg(f32x4.abs(get(arg))))),
    // e / (1 + e) where x < 0, so that small results keep their digits.
    f32x4.div(
      v128.select(get(e), one, f32x4.less(get(arg), emitter.memory.constant(0))),
      f32x4.add(one, get(e)),
    ),
  );
}

/** (tanh(x) - x) / x^3 as a polynomial in x^2 for |x| < 0.625, highest power first. */
const TANH_TERMS = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
];
const TANH_SMALL = 0.625;
const SIGN_BIT = -0;

/** `tanh(x)` in all lanes. Source: Cephes (Moshier), tanhf. */
export function tanh(emitter: Emitter, x: Code): Code {
  const { locals, memory } = emitter;
  const [arg, size, e, small] = Array.from({ length: 4 }, () => locals.add("v128"));
  const c = memory.constant;
  return sequence(
    set(arg, x),
    set(size, f32x4.abs(get(arg))),
    set(e, exp(emitter, f32x4.mul(get(size), c(-2)))),
    set(e, f32x4.div(f32x4.sub(c(1), get(e)), f32x4.add(c(1), get(e)))),
    set(e, v128.or(get(e), v128.and(get(arg), c(SIGN_BIT)))),
    set(small, f32x4.mul(get(arg), get(arg))),
    set(small, f32x4.mul(polynomial(TANH_TERMS.map(c), get(small)), f32x4.mul(get(small), get(arg)))),
    set(small, f32x4.add(get(small), get(arg))),
    v128.select(get(small), get(e), f32x4.less(get(size), c(TANH_SMALL))),
  );
}

/** The sum of four lanes, in all of them. */
export function sumLanes({ locals }: Emitter, x: Code): Code {
  const sum = locals.add("v128");
  return sequence(
    set(sum, x),
    set(sum, f32x4.add(get(sum), v128.shuffle(get(sum), [2, 3, 0, 1]))),
    f32x4.add(get(sum), v128.shuffle(get(sum), [1, 0, 3, 2])),
  );
}

/** The largest of four lanes, in all of them. */
export function maxLanes({ locals }: Emitter, x: Code): Code {
  const most = locals.add("v128");
  return sequence(
    set(most, x),
    set(most, f32x4.pmax(get(most), v128.shuffle(get(most), [2, 3, 0, 1]))),
    f32x4.pmax(get(most), v128.shuffle(get(most), [1, 0, 3, 2])),
  );
}

/** Adds 0 to a local where a number is finite, NaN where it is not. */
export function addTimesZero({ memory }: Emitter, local: number, x: Code): Code {
  return set(local, f32x4.add(get(local), f32x4.mul(x, memory.constant(0))));
}

/** By Horner's rule. @param terms coefficients, highest power first */
function polynomial(terms: readonly Code[], x: Code): Code {
  return terms.slice(1).reduce((sum, term) => f32x4.add(f32x4.mul(sum, x), term), terms[0]);
}
