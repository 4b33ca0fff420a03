import { apply } from "./build.ts";
import { checkArguments, type Scalar } from "./expression.ts";

type Unary = (a: Scalar) => Scalar;
type Binary = (a: Scalar, b: Scalar) => Scalar;

// Rest parameters, so that one argument too many is refused as one too few is.

/** Sum of any number of terms. */
export const add = (...terms: readonly Scalar[]): Scalar => fold("add", terms, 0);
/** Product of any number of factors. */
export const mul = (...factors: readonly Scalar[]): Scalar => fold("mul", factors, 1);
/** a - b. */
export const sub: Binary = (...args) => apply("sub", ...args);
/** a / b; b may not be the number 0. */
export const div: Binary = (...args) => apply("div", ...args);
/** -a. */
export const neg: Unary = (...args) => apply("neg", ...args);
/** a^2. */
export const square: Unary = (...args) => apply("pow", ...args, 2);
/**
 * a^b. Whole powers up to 16 are products. Where b is no number the slope along it has log(a): NaN for a < 0, and
 * at a = 0 too where b > 0.
 */
export const pow: Binary = (...args) => apply("pow", ...args);
/** Square root; its slope is infinite at 0, and both are NaN below. */
export const sqrt: Unary = (...args) => apply("sqrt", ...args);
/** e^a. */
export const exp: Unary = (...args) => apply("exp", ...args);
/** Natural logarithm; -Infinity at 0, NaN below. */
export const log: Unary = (...args) => apply("log", ...args);
/** Sine of an angle [rad]. */
export const sin: Unary = (...args) => apply("sin", ...args);
/** Cosine of an angle [rad]. */
export const cos: Unary = (...args) => apply("cos", ...args);
/** Tangent of an angle [rad]. */
export const tan: Unary = (...args) => apply("tan", ...args);
/** Inverse sine [rad]; its slope is infinite at -1 and 1, and both are NaN beyond. */
export const asin: Unary = (...args) => apply("asin", ...args);
/** Inverse cosine [rad]; its slope is infinite at -1 and 1, and both are NaN beyond. */
export const acos: Unary = (...args) => apply("acos", ...args);
/** Inverse tangent, in (-pi/2, pi/2) [rad]. */
export const atan: Unary = (...args) => apply("atan", ...args);
/** Angle [rad] of the vector (b, a), in [-pi, pi]; 0 at the origin, where its slopes are NaN. */
export const atan2: Binary = (...args) => apply("atan2", ...args);
/** Hyperbolic sine. */
export const sinh: Unary = (...args) => apply("sinh", ...args);
/** Hyperbolic cosine. */
export const cosh: Unary = (...args) => apply("cosh", ...args);
/** Hyperbolic tangent. */
export const tanh: Unary = (...args) => apply("tanh", ...args);
/** |a|, with slope 0 at 0 and second derivative 0 everywhere; {@link smoothAbs} has curvature. */
export const abs: Unary = (...args) => apply("abs", ...args);
/** -1, 0 or 1, with slope 0. */
export const sign: Unary = (...args) => apply("sign", ...args);
/** The smaller one, with its slope; where they tie, that of one of them. */
export const min: Binary = (...args) => apply("min", ...args);
/** The larger one, with its slope; where they tie, that of one of them. */
export const max: Binary = (...args) => apply("max", ...args);
/** 1 where a < b, else 0; its slope is 0. For {@link ifElse}. */
export const less: Binary = (...args) => apply("less", ...args);
/**
 * `whenTrue` where the condition is not 0, else `otherwise`; slopes are those of what is taken, whatever the other's
 * are. Both are always computed.
 */
export const ifElse = (...args: [condition: Scalar, whenTrue: Scalar, otherwise: Scalar]): Scalar =>
  apply("ifElse", ...args);
/** sqrt(a^2 + b^2); slopes are NaN at (0, 0), {@link smoothNorm} has some there. */
export const hypot = (...args: readonly Scalar[]): Scalar => sqrt(add(...args.map((arg) => square(arg))));

/** sqrt(a^2 + width^2) - width: |a| with its corner rounded over about +-width. */
export const smoothAbs = (a: Scalar, width: Scalar): Scalar => sub(hypot(a, width), width);
/** The larger one with its corner rounded where they differ by less than about width; at most width / 2 above. */
export const smoothMax = (a: Scalar, b: Scalar, width: Scalar): Scalar =>
  mul(0.5, add(a, b, hypot(sub(a, b), width)));
/** The smaller one with its corner rounded where they differ by less than about width; at most width / 2 below. */
export const smoothMin = (a: Scalar, b: Scalar, width: Scalar): Scalar =>
  mul(0.5, sub(add(a, b), hypot(sub(a, b), width)));
/** A step from 0 to 1 at a = 0, smooth over about +-width: (1 + tanh(a / width)) / 2. */
export const smoothStep = (a: Scalar, width: Scalar): Scalar => mul(0.5, add(1, tanh(div(a, width))));

function fold(op: "add" | "mul", args: readonly Scalar[], none: number): Scalar {
  checkArguments(op, args, args.length);
  return args.length === 0 ? none : args.reduce((sum, arg) => apply(op, sum, arg));
}
