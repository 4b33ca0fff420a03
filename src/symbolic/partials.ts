import { ConfigError } from "../base/index.ts";
import { apply } from "./build.ts";
import type { Expr, Scalar } from "./expression.ts";
import type { Operator } from "./operators.ts";

const add = (a: Scalar, b: Scalar): Scalar => apply("add", a, b);
const sub = (a: Scalar, b: Scalar): Scalar => apply("sub", a, b);
const mul = (a: Scalar, b: Scalar): Scalar => apply("mul", a, b);
const div = (a: Scalar, b: Scalar): Scalar => apply("div", a, b);
const square = (a: Scalar): Scalar => mul(a, a);

/**
 * Derivatives of `self = op(a, b)` with respect to its arguments, where those are products of the slope of an
 * argument with a factor; min, max and ifElse choose a slope instead, see {@link slopeOf}.
 */
const PARTIALS: Readonly<
  Record<
    Exclude<Operator, "min" | "max" | "ifElse">,
    (a: Scalar, b: Scalar, self: Scalar) => readonly Scalar[]
  >
> = {
  add: () => [1, 1],
  sub: () => [1, -1],
  mul: (a, b) => [b, a],
  div: (_a, b, self) => [div(1, b), apply("neg", div(self, b))],
  neg: () => [-1],
  sin: (a) => [apply("cos", a)],
  cos: (a) => [apply("neg", apply("sin", a))],
  tan: (_a, _b, self) => [add(1, square(self))],
  asin: (a) => [div(1, apply("sqrt", sub(1, square(a))))],
  acos: (a) => [div(-1, apply("sqrt", sub(1, square(a))))],
  atan: (a) => [div(1, add(1, square(a)))],
  sinh: (a) => [apply("cosh", a)],
  cosh: (a) => [apply("sinh", a)],
  tanh: (_a, _b, self) => [sub(1, square(self))],
  sqrt: (_a, _b, self) => [div(0.5, self)],
  exp: (_a, _b, self) => [self],
  log: (a) => [div(1, a)],
  abs: (a) => [apply("sign", a)],
  sign: () => [0],
  pow: (a, b, self) => [
    mul(b, apply("pow", a, sub(b, 1))),
    // Only where the exponent is no number: log(a) is NaN for the negative bases a fixed one allows.
    typeof b === "number" ? 0 : mul(self, logOfBase(a)),
  ],
  atan2: (a, b) => {
    const size = add(square(a), square(b));
    return [div(b, size), apply("neg", div(a, size))];
  },
  less: () => [0, 0],
};

function logOfBase(a: Scalar): Scalar {
  if (typeof a === "number" && a < 0)
    throw new ConfigError(
      `pow(${a}, ...) has no derivative with respect to its exponent, expected a base >= 0`,
    );
  return apply("log", a);
}

/** Whether the slope of an operator is chosen from those of its arguments, not summed up of them. */
export function chooses(op: Expr["op"]): op is "min" | "max" | "ifElse" {
  return op === "min" || op === "max" || op === "ifElse";
}

/** Derivatives of a node with respect to its arguments. The node is no variable and does not choose. */
export function partialsOf({ op, args }: Expr, self: Scalar): readonly Scalar[] {
  return PARTIALS[op as keyof typeof PARTIALS](args[0], args[1], self);
}

/**
 * The slope of a node along a direction, from the slopes of its arguments. A choice takes the slope of what it
 * chose, and no product mixes in the other (which may be NaN there); where min and max tie, that of one of them.
 */
export function slopeOf(node: Expr, slopes: readonly Scalar[]): Scalar {
  const { op, args } = node;
  if (op === "ifElse") return apply("ifElse", args[0], slopes[1], slopes[2]);
  if (op === "min") return apply("ifElse", apply("less", args[0], args[1]), slopes[0], slopes[1]);
  if (op === "max") return apply("ifElse", apply("less", args[1], args[0]), slopes[0], slopes[1]);
  return partialsOf(node, node).reduce<Scalar>((sum, partial, i) => add(sum, mul(partial, slopes[i])), 0);
}
