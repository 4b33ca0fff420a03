import { ShapeError } from "../base/index.ts";
import { isExpr, type Scalar } from "./expression.ts";
import { add, cos, hypot, mul, sqrt, square, sub } from "./scalar-functions.ts";

/** A vector of numbers and expressions. */
export type ScalarVector = ArrayLike<Scalar>;

/** The entries as an array. */
const entries = (v: ScalarVector): Scalar[] => Array.from(v);

function sameLength(name: string, a: ScalarVector, b: ScalarVector): void {
  if (a.length !== b.length)
    throw new ShapeError(
      `${name} has vectors of ${a.length} and ${b.length} entries, expected equal lengths`,
    );
}

/** a'b. @throws ShapeError where the lengths differ */
export function dot(a: ScalarVector, b: ScalarVector): Scalar {
  sameLength("dot", a, b);
  return add(...entries(a).map((value, i) => mul(value, b[i])));
}

/** |a|; its slopes are NaN where a = 0, {@link smoothNorm} has some there. */
export function norm(a: ScalarVector): Scalar {
  return hypot(...entries(a));
}

/** sqrt(|a|^2 + width^2) - width: |a| with its tip rounded over about width. */
export function smoothNorm(a: ScalarVector, width: Scalar): Scalar {
  return sub(sqrt(add(square(width), ...entries(a).map((value) => square(value)))), width);
}

/** a + b. @throws ShapeError where the lengths differ */
export function plus(a: ScalarVector, b: ScalarVector): Scalar[] {
  sameLength("plus", a, b);
  return entries(a).map((value, i) => add(value, b[i]));
}

/** a - b. @throws ShapeError where the lengths differ */
export function minus(a: ScalarVector, b: ScalarVector): Scalar[] {
  sameLength("minus", a, b);
  return entries(a).map((value, i) => sub(value, b[i]));
}

/** s a. */
export function scale(s: Scalar, a: ScalarVector): Scalar[] {
  return entries(a).map((value) => mul(s, value));
}

/** a x b of two vectors of three. @throws ShapeError for other lengths */
export function cross(a: ScalarVector, b: ScalarVector): Scalar[] {
  if (a.length !== 3 || b.length !== 3)
    throw new ShapeError(`cross has vectors of ${a.length} and ${b.length} entries, expected 3 and 3`);
  return [0, 1, 2].map((i) => {
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    return sub(mul(a[j], b[k]), mul(a[k], b[j]));
  });
}

/** M a, for rows of a matrix. @throws ShapeError for a row that is not as long as a */
export function timesVector(M: readonly ScalarVector[], a: ScalarVector): Scalar[] {
  return M.map((row) => dot(row, a));
}

/** sum_i w_i a_i^2, with a weight for each or one for all. @throws ShapeError where the lengths differ */
export function weightedSquares(weights: Scalar | ScalarVector, a: ScalarVector): Scalar {
  const single = typeof weights === "number" || isExpr(weights);
  const all = single ? entries(a).map(() => weights) : weights;
  sameLength("weightedSquares", all, a);
  return add(...entries(a).map((value, i) => mul(all[i], square(value))));
}

/**
 * 1 - cos(a - b): the cost of an angle's error, half its square where it is small, and the same for angles that
 * differ by full turns, with nothing to wrap.
 */
export function angleCost(a: Scalar, b: Scalar): Scalar {
  return sub(1, cos(sub(a, b)));
}
