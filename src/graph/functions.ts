import { ConfigError } from "../base/index.ts";
import { add, checkFloat, div, mul, unary } from "./elementwise.ts";
import { addNode, scalar, type Tensor } from "./graph.ts";

function operation(op: string): (x: Tensor) => Tensor {
  return (x) => unary(op, x);
}

/** e^x */
export const exp = operation("Exp");

/** Natural logarithm. */
export const log = operation("Log");

/** Square root; its gradient at 0 is infinite. */
export const sqrt = operation("Sqrt");

/** x^2 */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** 1 / x */
export const reciprocal = operation("Reciprocal");

/** |x|, with gradient 0 at 0. */
export const abs = operation("Abs");

/** -1, 0 or 1; no gradient passes. */
export const sign = operation("Sign");

/** Hyperbolic tangent. */
export const tanh = operation("Tanh");

/** 1 / (1 + e^-x) */
export const sigmoid = operation("Sigmoid");

/** max(x, 0), with gradient 0 at 0. */
export const relu = operation("Relu");

/** The error function 2 / sqrt(pi) int_0^x e^{-t^2} dt. */
export const erf = operation("Erf");

/** x Phi(x) with Phi the standard normal distribution (the exact form, not the tanh one). */
export function gelu(x: Tensor): Tensor {
  return mul(mul(x, 0.5), add(erf(div(x, Math.SQRT2)), 1));
}

/** log(1 + e^x), without overflow. */
export const softplus = operation("Softplus");

/** Sine; x in [rad]. */
export const sin = operation("Sin");

/** Cosine; x in [rad]. */
export const cos = operation("Cos");

/**
 * x limited to [lo, hi]; the gradient passes where lo <= x <= hi.
 *
 * @throws ConfigError unless lo <= hi
 */
export function clip(x: Tensor, lo: number, hi: number): Tensor {
  if (!(lo <= hi)) throw new ConfigError(`clip: bounds are [${lo}, ${hi}], expected lo <= hi`);
  checkFloat("clip", x);
  return addNode("Clip", [x, scalar(x.graph, lo), scalar(x.graph, hi)], { shape: x.shape });
}

/** x itself, but a constant to differentiation. */
export const stopGradient = operation("Identity");
