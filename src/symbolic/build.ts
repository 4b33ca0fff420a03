import { ConfigError } from "../base/index.ts";
import { checkArguments, type Expr, intern, isExpr, type Scalar, toText } from "./expression.ts";
import { type Operator, ruleOf } from "./operators.ts";

type Fold = (a: Scalar, b: Scalar, c: Scalar) => Scalar | undefined;

/**
 * An operator applied to its arguments: a number where all are numbers, else the simplest form that the rules
 * below find. They are those of the real numbers: `0 * x` is 0 even where x will be infinite or NaN, and sums and
 * products with constants may be put together (which changes the last bit).
 *
 * @throws ConfigError for a wrong number or kind of arguments, or expressions of two graphs
 */
export function apply(op: Operator, ...args: readonly Scalar[]): Scalar {
  const { arity, value } = ruleOf(op);
  checkArguments(op, args, arity);
  const [a, b, c] = args;
  if (!args.some(isExpr)) return value(a as number, b as number, c as number);
  return SIMPLER[op]?.(a, b, c) ?? intern(op, args);
}

const isOp = <Op extends Operator>(x: Scalar, op: Op): x is Expr & { readonly op: Op } =>
  isExpr(x) && x.op === op;
/** Whether x is a number times, or plus, something. */
const withNumber = (x: Scalar, op: "add" | "mul"): x is Expr & { readonly args: readonly [number, Scalar] } =>
  isOp(x, op) && !isExpr(x.args[0]);

/** Numbers first, then by age, so that a + b and b + a are one node. */
function commute(op: "add" | "mul" | "min" | "max", a: Scalar, b: Scalar): Scalar {
  const swap = isExpr(a) && (!isExpr(b) || b.id < a.id);
  return intern(op, swap ? [b, a] : [a, b]);
}

function simplerSum(a: Scalar, b: Scalar): Scalar {
  if (a === 0) return b;
  if (b === 0) return a;
  if (a === b) return apply("mul", 2, a);
  if (isOp(b, "neg")) return apply("sub", a, b.args[0]);
  if (isOp(a, "neg")) return apply("sub", b, a.args[0]);
  if (!isExpr(b)) return simplerSum(b, a);
  if (!isExpr(a) && withNumber(b, "add")) return apply("add", a + b.args[0], b.args[1]);
  return commute("add", a, b);
}

function simplerDifference(a: Scalar, b: Scalar): Scalar {
  if (b === 0) return a;
  if (a === 0) return apply("neg", b);
  if (a === b) return 0;
  if (!isExpr(b)) return simplerSum(-b, a);
  if (isOp(b, "neg")) return apply("add", a, b.args[0]);
  if (isOp(a, "neg")) return apply("neg", apply("add", a.args[0], b));
  return intern("sub", [a, b]);
}

function simplerProduct(a: Scalar, b: Scalar): Scalar {
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  if (a === -1) return apply("neg", b);
  if (b === -1) return apply("neg", a);
  if (!isExpr(b)) return simplerProduct(b, a);
  if (isOp(a, "neg")) return apply("neg", apply("mul", a.args[0], b));
  if (isOp(b, "neg"))
    return isExpr(a) ? apply("neg", apply("mul", a, b.args[0])) : apply("mul", -a, b.args[0]);
  if (withNumber(b, "mul")) {
    const [factor, rest] = b.args;
    return isExpr(a) ? apply("mul", factor, apply("mul", a, rest)) : apply("mul", a * factor, rest);
  }
  if (withNumber(a, "mul")) return apply("mul", a.args[0], apply("mul", a.args[1], b));
  return commute("mul", a, b);
}

function simplerQuotient(a: Scalar, b: Scalar): Scalar | undefined {
  if (b === 0) throw new ConfigError(`div divides ${toText(a)} by the number 0`);
  if (a === 0) return 0;
  if (b === 1) return a;
  if (b === -1) return apply("neg", a);
  if (isOp(a, "neg")) return apply("neg", apply("div", a.args[0], b));
  if (isOp(b, "neg")) return apply("neg", apply("div", a, b.args[0]));
  return undefined;
}

function simplerNegative(a: Scalar): Scalar | undefined {
  if (isOp(a, "neg")) return a.args[0];
  if (isOp(a, "sub")) return apply("sub", a.args[1], a.args[0]);
  if (withNumber(a, "mul")) return apply("mul", -a.args[0], a.args[1]);
  return undefined;
}

/** Largest whole power that is written out as products. */
const WRITTEN_OUT = 16;

function simplerPower(a: Scalar, b: Scalar): Scalar | undefined {
  if (isExpr(b)) return undefined;
  if (b === 0) return 1;
  if (b === 0.5) return apply("sqrt", a);
  if (!Number.isInteger(b) || Math.abs(b) > WRITTEN_OUT) return undefined;
  if (b < 0) return apply("div", 1, apply("pow", a, -b));
  if (b === 1) return a;
  const half = apply("pow", a, Math.floor(b / 2));
  const square = apply("mul", half, half);
  return b % 2 === 0 ? square : apply("mul", square, a);
}

const odd =
  (op: Operator): Fold =>
  (a) =>
    isOp(a, "neg") ? apply("neg", apply(op, a.args[0])) : undefined;
const even =
  (op: Operator): Fold =>
  (a) =>
    isOp(a, "neg") ? apply(op, a.args[0]) : undefined;
const eitherOrder =
  (op: "min" | "max"): Fold =>
  (a, b) =>
    a === b ? a : commute(op, a, b);

const SIMPLER: { readonly [K in Operator]?: Fold } = {
  add: simplerSum,
  sub: simplerDifference,
  mul: simplerProduct,
  div: simplerQuotient,
  neg: simplerNegative,
  pow: simplerPower,
  sin: odd("sin"),
  tan: odd("tan"),
  asin: odd("asin"),
  atan: odd("atan"),
  sinh: odd("sinh"),
  tanh: odd("tanh"),
  sign: odd("sign"),
  cos: even("cos"),
  cosh: even("cosh"),
  abs: even("abs"),
  min: eitherOrder("min"),
  max: eitherOrder("max"),
  less: (a, b) => (a === b ? 0 : undefined),
  ifElse: (a, b, c) => (!isExpr(a) ? (a !== 0 ? b : c) : b === c ? b : undefined),
};
