import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/base/index.ts";
import {
  abs,
  add,
  angleCost,
  atan2,
  cos,
  cross,
  div,
  dot,
  type Expr,
  ifElse,
  less,
  log,
  max,
  minus,
  mul,
  neg,
  nodesOf,
  norm,
  plus,
  pow,
  type Scalar,
  scale,
  sin,
  smoothNorm,
  sqrt,
  sub,
  timesVector,
  toText,
  weightedSquares,
} from "../../src/symbolic/index.ts";
import { variables } from "./random-expression.ts";

describe("an expression", () => {
  const [x, y] = variables(2);

  test("of numbers alone is a number", () => {
    expect(add(1, 2, 3)).toBe(6);
    expect(mul(2, sin(0.5), sub(1, 4))).toBe(2 * Math.sin(0.5) * -3);
    expect(atan2(1, -1)).toBe(Math.atan2(1, -1));
    expect(add()).toBe(0);
    expect(mul()).toBe(1);
  });

  test("that is written twice is one node, in either order", () => {
    expect(add(x, y)).toBe(add(y, x));
    expect(mul(sin(x), cos(y))).toBe(mul(cos(y), sin(x)));
    expect(max(x, y)).toBe(max(y, x));
    expect(sub(x, y)).not.toBe(sub(y, x));
    expect(nodesOf([add(mul(x, y), sin(mul(y, x)))]).length).toBe(5);
  });

  const simpler: readonly [string, Scalar, Scalar][] = [
    ["x + 0", add(x, 0), x],
    ["x + x", add(x, x), mul(2, x)],
    ["x + (-y)", add(x, neg(y)), sub(x, y)],
    ["2 + (3 + x)", add(2, add(3, x)), add(5, x)],
    ["x - x", sub(x, x), 0],
    ["0 - x", sub(0, x), neg(x)],
    ["x - (-y)", sub(x, neg(y)), add(x, y)],
    ["0 x", mul(0, x), 0],
    ["1 x", mul(x, 1), x],
    ["-1 x", mul(-1, x), neg(x)],
    ["(-x)(-y)", mul(neg(x), neg(y)), mul(x, y)],
    ["2 (3 x)", mul(2, mul(3, x)), mul(6, x)],
    ["(2 x) y", mul(mul(2, x), y), mul(2, mul(x, y))],
    ["-(-x)", neg(neg(x)), x],
    ["-(x - y)", neg(sub(x, y)), sub(y, x)],
    ["x / 1", div(x, 1), x],
    ["0 / x", div(0, x), 0],
    ["x^0", pow(x, 0), 1],
    ["x^1", pow(x, 1), x],
    ["x^3", pow(x, 3), mul(mul(x, x), x)],
    ["x^-2", pow(x, -2), div(1, mul(x, x))],
    ["x^0.5", pow(x, 0.5), sqrt(x)],
    ["sin(-x)", sin(neg(x)), neg(sin(x))],
    ["cos(-x)", cos(neg(x)), cos(x)],
    ["|-x|", abs(neg(x)), abs(x)],
    ["x < x", less(x, x), 0],
    ["true ? x : y", ifElse(1, x, y), x],
    ["x < y ? y : y", ifElse(less(x, y), y, y), y],
  ];
  test.each(simpler)("%s is written simpler", (_, got, expected) => {
    expect(got).toBe(expected);
  });

  test("is told as text, cut off where it is deep", () => {
    expect(toText(add(2, sin(mul(x, y))))).toBe("add(2, sin(mul(z0, z1)))");
    let deep: Scalar = x;
    for (let i = 0; i < 9; i++) deep = sin(deep);
    expect(toText(deep)).toBe("sin(sin(sin(sin(...))))");
  });
});

describe("vectors", () => {
  test("have the products and norms of their numbers", () => {
    expect(dot([1, 2, 3], [4, 5, 6])).toBe(32);
    expect(norm([3, 4])).toBe(5);
    expect(smoothNorm([0, 0], 0.1)).toBe(0);
    expect(plus([1, 2], [3, 4])).toEqual([4, 6]);
    expect(minus([1, 2], [3, 5])).toEqual([-2, -3]);
    expect(scale(2, [1, 2])).toEqual([2, 4]);
    expect(cross([1, 2, 3], [4, 5, 6])).toEqual([-3, 6, -3]);
    expect(
      timesVector(
        [
          [1, 2],
          [3, 4],
        ],
        [5, 6],
      ),
    ).toEqual([17, 39]);
    expect(weightedSquares([1, 10], [2, 3])).toBe(94);
    expect(weightedSquares(2, [2, 3])).toBe(26);
  });

  test("an angle's cost is the same after a full turn, with nothing wrapped", () => {
    expect(angleCost(0.3 + 2 * Math.PI, 0.1)).toBeCloseTo(1 - Math.cos(0.2), 12);
  });
});

describe("a mistake is refused by name", () => {
  const [x] = variables(1);
  const [other] = variables(1);
  const loose = (f: unknown): ((...args: unknown[]) => unknown) => f as (...args: unknown[]) => unknown;
  const state: readonly Expr[] = [x];

  const mistakes: readonly [string, () => unknown, string][] = [
    ["too few arguments", () => loose(sub)(x), "sub has 1 arguments, expected 2"],
    ["too many arguments", () => loose(sin)(x, x), "sin has 2 arguments, expected 1"],
    ["an undefined one", () => add(x, state[3]), "argument 2 of add is undefined, expected a number or an"],
    ["a NaN", () => mul(log(-1), x), "argument 1 of mul is NaN"],
    ["a vector", () => loose(cos)([x]), "argument 1 of cos is an array of 1"],
    ["a text", () => loose(cos)("x"), "argument 1 of cos is x"],
    [
      "variables of two problems",
      () => mul(x, sin(other)),
      "mul mixes expressions of two problems: z0 and sin(z0)",
    ],
    ["a division by 0", () => div(sin(x), 0), "div divides sin(z0) by the number 0"],
    ["vectors of two lengths", () => dot([x], [1, 2]), "dot has vectors of 1 and 2 entries"],
    ["a product of planes", () => cross([x, 1], [1, 2]), "cross has vectors of 2 and 2 entries, expected 3"],
  ];
  test.each(mistakes)("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  test("arithmetic of numbers, a comparison and a function of Math, with what to write instead", () => {
    const n = x as unknown as number;
    const instead =
      "z0 is an expression, not a number: write add, mul, less and sin for +, *, < and Math.sin";
    for (const wrong of [
      () => n + 1,
      () => 2 * n,
      () => -n,
      () => n > 0,
      () => Math.sin(n),
      () => Math.max(n, 0),
    ])
      expect(wrong).toThrow(instead);
    expect(`${sin(x)}`).toBe("sin(z0)");
  });

  test("as a ConfigError", () => {
    expect(() => mul(x, other)).toThrow(ConfigError);
  });
});
