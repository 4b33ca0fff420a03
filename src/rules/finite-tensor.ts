import { abs, add, less, mul, sum, type Tensor } from "../graph/index.ts";

/** 2^-100: float32's largest number times it is 2.7e8, so the sum below cannot overflow by itself. */
const SHRINK = 2 ** -100;

/**
 * Whether every element of some flat vectors is finite: `sum |x| 2^-100 < 1e38`, false for NaN. (The sum
 * of squares would overflow for honest gradients of 1e20; `0 x` may be folded away by a shader compiler.)
 *
 * @param xs each (n)
 * @returns (1), bool
 */
export function allFinite(xs: readonly [Tensor, ...Tensor[]]): Tensor {
  const sizes = xs.map((x) => sum(mul(abs(x), SHRINK), [0], true));
  return less(
    sizes.reduce((a, b) => add(a, b)),
    1e38,
  );
}
