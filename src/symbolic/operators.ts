/** What an operator is: its number of arguments, its value, and the JavaScript that computes it. */
type OperatorRule = {
  readonly arity: 1 | 2 | 3;
  readonly value: (a: number, b: number, c: number) => number;
  readonly code: (a: string, b: string, c: string) => string;
};

const unary = (
  value: OperatorRule["value"],
  code: (a: string, b: string, c: string) => string,
): OperatorRule => ({ arity: 1, value, code });
const binary = (value: OperatorRule["value"], code: OperatorRule["code"]): OperatorRule => ({
  arity: 2,
  value,
  code,
});
/** A function of `Math`, under its own name. */
const math = (
  name: "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "tanh",
): OperatorRule => unary(Math[name], (a) => `Math.${name}(${a})`);

/**
 * The operators an expression is made of. Value and code are the same arithmetic, so that interpreted and
 * generated functions agree to the bit. Derivatives are in `partials.ts`.
 */
export const OPERATORS = {
  add: binary(
    (a, b) => a + b,
    (a, b) => `${a}+${b}`,
  ),
  sub: binary(
    (a, b) => a - b,
    (a, b) => `${a}-${b}`,
  ),
  mul: binary(
    (a, b) => a * b,
    (a, b) => `${a}*${b}`,
  ),
  div: binary(
    (a, b) => a / b,
    (a, b) => `${a}/${b}`,
  ),
  neg: unary(
    (a) => -a,
    (a) => `-${a}`,
  ),
  sin: math("sin"),
  cos: math("cos"),
  tan: math("tan"),
  asin: math("asin"),
  acos: math("acos"),
  atan: math("atan"),
  sinh: math("sinh"),
  cosh: math("cosh"),
  tanh: math("tanh"),
  sqrt: unary(Math.sqrt, (a) => `Math.sqrt(${a})`),
  exp: unary(Math.exp, (a) => `Math.exp(${a})`),
  log: unary(Math.log, (a) => `Math.log(${a})`),
  abs: unary(Math.abs, (a) => `Math.abs(${a})`),
  sign: unary(Math.sign, (a) => `Math.sign(${a})`),
  pow: binary(Math.pow, (a, b) => `Math.pow(${a},${b})`),
  atan2: binary(Math.atan2, (a, b) => `Math.atan2(${a},${b})`),
  min: binary(
    (a, b) => Math.min(a, b),
    (a, b) => `Math.min(${a},${b})`,
  ),
  max: binary(
    (a, b) => Math.max(a, b),
    (a, b) => `Math.max(${a},${b})`,
  ),
  less: binary(
    (a, b) => (a < b ? 1 : 0),
    (a, b) => `${a}<${b}?1:0`,
  ),
  ifElse: {
    arity: 3,
    value: (a, b, c) => (a !== 0 ? b : c),
    code: (a, b, c) => `${a}!==0?${b}:${c}`,
  },
} as const satisfies Record<string, OperatorRule>;

/** The name of an operator. */
export type Operator = keyof typeof OPERATORS;

/** Names in a fixed order; a program on tape names an operator by its place here. */
export const OPERATOR_NAMES = Object.keys(OPERATORS) as readonly Operator[];

/** The rule of an operator, typed alike for all. */
export const ruleOf = (op: Operator): OperatorRule => OPERATORS[op];
