import { ConfigError } from "../base/index.ts";
import { add, checkFloat, div, mul, unary } from "./elementwise.ts";
import { addNode, scalar, type Tensor } from "./graph.ts";

/** e^x */
export function exp(x: Tensor): Tensor {
  return unary("Exp", x);
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary("Log", x);
}

/** Square root; its gradient at 0 is infinite. */
export function sqrt(x: Tensor): Tensor {
  return unary("Sqrt", x);
}

/** x^2 */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** 1 / x */
export function reciprocal(x: Tensor): Tensor {
  return unary("Reciprocal", x);
}

/** |x|, with gradient 0 at 0. */
export function abs(x: Tensor): Tensor {
  return unary("Abs", x);
}

/** -1, 0 or 1; no gradient passes. */
export function sign(x: Tensor): Tensor {
  return unary("Sign", x);
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary("Tanh", x);
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: Tensor): Tensor {
  return unary("Sigmoid", x);
}

/** max(x, 0), with gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  return unary("Relu", x);
}

/** The error function 2 / sqrt(pi) int_0^x e^{-t^2} dt. */
export function erf(x: Tensor): Tensor {
  return unary("Erf", x);
}

/** x Phi(x) with Phi the standard normal distribution (the exact form, not the tanh one). */
export function gelu(x: Tensor): Tensor {
  return mul(mul(x, 0.5), add(erf(div(x, Math.SQRT2)), 1));
}

/** log(1 + e^x), without overflow. */
export function softplus(x: Tensor): Tensor {
  return unary("Softplus", x);
}

/** Sine; x in [rad]. */
export function sin(x: Tensor): Tensor {
  return unary("Sin", x);
}

/** Cosine; x in [rad]. */
export function cos(x: Tensor): Tensor {
  return unary("Cos", x);
}

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
export function stopGradient(x: Tensor): Tensor {
  return unary("Identity", x);
}
