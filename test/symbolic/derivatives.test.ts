import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  abs,
  acos,
  add,
  asin,
  atan,
  atan2,
  compile,
  cos,
  cosh,
  div,
  type Expr,
  exp,
  gradientOf,
  hessianOf,
  hypot,
  ifElse,
  jacobianOf,
  less,
  log,
  max,
  min,
  mul,
  neg,
  nodesOf,
  pow,
  type Scalar,
  sign,
  sin,
  sinh,
  smoothAbs,
  smoothMax,
  smoothMin,
  smoothStep,
  sqrt,
  sub,
  tan,
  tanh,
} from "../../src/symbolic/index.ts";
import { randomExpressions, variables } from "./random-expression.ts";

type Vec = Float64Array;

/** Values as a function of the variables. */
function evaluator(z: readonly Expr[], values: readonly Scalar[]): (at: Vec) => Vec {
  const { run } = compile(
    [{ name: "z", variables: z }],
    [{ length: values.length, entries: values.map((value, i) => [i, value] as const) }],
  );
  return (at) => {
    const out = new Float64Array(values.length);
    run(at, out);
    return out;
  };
}

/** J (m, n) by central differences of fourth order: error about h^4 = 1e-12 times the fifth derivative. */
function differences(f: (at: Vec) => Vec, at: Vec): number[] {
  const h = 1e-3;
  const columns = Array.from(at, (_, j) => {
    const shifted = (by: number): Vec => f(at.map((value, i) => (i === j ? value + by : value)));
    const [a, b, c, d] = [shifted(2 * h), shifted(h), shifted(-h), shifted(-2 * h)];
    return a.map((_, i) => (-a[i] + 8 * b[i] - 8 * c[i] + d[i]) / (12 * h));
  });
  return Array.from(columns[0]).flatMap((_, i) => columns.map((column) => column[i]));
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const size = Math.max(1, ...Array.from(expected, Math.abs));
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    expect(Math.abs(got[i] - expected[i]), `entry ${i}: ${got[i]}, expected ${expected[i]}`).toBeLessThan(
      tolerance * size,
    );
  }
}

function expectDerivatives(z: readonly Expr[], f: Scalar, at: Vec): void {
  const gradient = gradientOf(f, z);
  expectClose(evaluator(z, gradient)(at), differences(evaluator(z, [f]), at), 1e-7);
  expectClose(evaluator(z, hessianOf(f, z).flat())(at), differences(evaluator(z, gradient), at), 1e-7);
}

describe("first and second derivatives equal differences", () => {
  const one: readonly [name: string, f: (a: Scalar) => Scalar, at: readonly number[]][] = [
    ["neg", neg, [0.7]],
    ["sin", sin, [-2, 0.3]],
    ["cos", cos, [-2, 0.3]],
    ["tan", tan, [-1, 0.4]],
    ["asin", asin, [-0.6, 0.2]],
    ["acos", acos, [-0.6, 0.2]],
    ["atan", atan, [-3, 0.2]],
    ["sinh", sinh, [-1, 0.4]],
    ["cosh", cosh, [-1, 0.4]],
    ["tanh", tanh, [-1, 0.4]],
    ["sqrt", sqrt, [0.4, 3]],
    ["exp", exp, [-1, 0.4]],
    ["log", log, [0.4, 3]],
    ["abs", abs, [-2, 3]],
    ["sign", sign, [-2, 3]],
    ["a whole power", (a) => pow(a, 7), [-1.2, 0.9]],
    ["a whole power below 0", (a) => pow(a, -3), [-1.2, 0.9]],
    ["a large whole power", (a) => pow(a, 19), [-1.1, 0.9]],
    ["a broken power", (a) => pow(a, 2.3), [0.5, 2]],
    ["a half power", (a) => pow(a, 0.5), [0.5, 2]],
    ["an exponent", (a) => pow(1.7, a), [-1, 2]],
    ["smoothAbs", (a) => smoothAbs(a, 0.3), [-1, 0, 0.1]],
    ["smoothStep", (a) => smoothStep(a, 0.6), [-1, 0, 0.1]],
  ];
  test.each(one)("of %s", (_, f, points) => {
    const [z] = variables(1);
    for (const at of points) expectDerivatives([z], f(z), Float64Array.of(at));
  });

  const two: readonly [name: string, f: (a: Scalar, b: Scalar) => Scalar, at: readonly number[]][] = [
    ["add", add, [1, 2]],
    ["sub", sub, [1, 2]],
    ["mul", mul, [1.5, 2]],
    ["div", div, [1.5, -2]],
    ["pow", pow, [1.5, -2.2]],
    ["atan2 in front", atan2, [0.5, 2]],
    ["atan2 behind", atan2, [0.5, -2]],
    ["hypot", hypot, [0.3, -0.5]],
    ["min of the first", min, [-1, 2]],
    ["min of the second", min, [3, 2]],
    ["max of the first", (a, b) => mul(max(a, b), a), [3, 2]],
    ["max of the second", (a, b) => mul(max(a, b), a), [-1, 2]],
    ["less", less, [-1, 2]],
    ["ifElse, true", (a, b) => ifElse(less(a, b), mul(a, b), sin(a)), [-1, 2]],
    ["ifElse, false", (a, b) => ifElse(less(a, b), mul(a, b), sin(a)), [3, 2]],
    ["smoothMax", (a, b) => smoothMax(a, b, 0.5), [1, 1.1]],
    ["smoothMin", (a, b) => smoothMin(a, b, 0.5), [1, 1.1]],
  ];
  test.each(two)("of %s", (_, f, at) => {
    const z = variables(2);
    expectDerivatives(z, f(z[0], z[1]), Float64Array.from(at));
  });

  test("of random expressions, with corners and without", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const rng = createRng(seed);
      const z = variables(1 + rng.int(4));
      const [f] = randomExpressions(rng, z, { count: 1, steps: 3 + rng.int(10), corners: seed % 2 === 0 });
      const at = Float64Array.from(z, () => rng.gauss());
      expectClose(evaluator(z, gradientOf(f, z))(at), differences(evaluator(z, [f]), at), 1e-6);
      const H = evaluator(z, hessianOf(f, z).flat())(at);
      expectClose(H, differences(evaluator(z, gradientOf(f, z)), at), 1e-5);
    }
  });

  test("of many values at once, whether few depend on much or much on few", () => {
    for (const [inputs, count] of [
      [2, 9],
      [9, 2],
    ]) {
      const rng = createRng(inputs);
      const z = variables(inputs);
      const values = randomExpressions(rng, z, { count, steps: 25 });
      const at = Float64Array.from(z, () => rng.gauss());
      const J = jacobianOf(values, z).flat();
      expectClose(evaluator(z, J)(at), differences(evaluator(z, values), at), 1e-6);
    }
  });
});

describe("where a function has no derivative", () => {
  const at = (f: (a: Scalar, b: Scalar) => Scalar, a: number, b = 0): number[] => {
    const z = variables(2);
    return [...evaluator(z, gradientOf(f(z[0], z[1]), z))(Float64Array.of(a, b))];
  };

  test("abs has slope 0 at 0, sqrt an infinite one", () => {
    expect(at((a) => abs(a), 0)[0]).toBe(0);
    expect(at((a) => sqrt(a), 0)[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test("atan2 and hypot have slopes NaN at the origin", () => {
    expect(at(atan2, 0, 0)).toEqual([Number.NaN, Number.NaN]);
    expect(at(hypot, 0, 0)).toEqual([Number.NaN, Number.NaN]);
  });

  test("min, max and ifElse have the slopes of what they take, even where the other's are NaN", () => {
    const root = (a: Scalar): Scalar => sqrt(a);
    expect(at((a) => ifElse(less(a, 0), mul(3, a), root(a)), -1)[0]).toBe(3);
    expect(at((a) => mul(2, ifElse(less(a, 0), 0, root(a))), -1)[0]).toBe(0);
    const z = variables(1);
    const f = ifElse(less(z[0], 0), mul(3, z[0], z[0]), root(z[0]));
    expect([...evaluator(z, hessianOf(f, z).flat())(Float64Array.of(-1))]).toEqual([6]);
    expect([1, 0]).toContainEqual(at(min, 2, 2)[0]);
    expect(at(min, 2, 2)[0] + at(min, 2, 2)[1]).toBe(1);
  });

  test("a power of a variable exponent says so where its base is a number below 0", () => {
    const [z] = variables(1);
    expect(() => gradientOf(pow(-1, z), [z])).toThrow("pow(-1, ...) has no derivative");
    const [x, k] = variables(2);
    expect(evaluator([x, k], gradientOf(mul(x, pow(-1, k)), [x]))(Float64Array.of(5, 3))[0]).toBe(-1);
  });
});

describe("the size of derivatives", () => {
  test("a gradient has at most a few times the nodes of its function, for any number of variables", () => {
    for (const count of [10, 1000]) {
      const z = variables(count);
      let f: Scalar = 0;
      for (let i = 0; i < count; i++) f = add(mul(f, 0.9), sin(mul(z[i], add(f, 1))));
      const size = nodesOf([f]).length;
      expect(nodesOf([f, ...gradientOf(f, z)]).length).toBeLessThan(5 * size);
    }
  });

  test("what is shared stays shared: a square of a square, 500 times, and its slope", () => {
    const [z] = variables(1);
    let f: Scalar = z;
    for (let i = 0; i < 500; i++) f = sin(mul(f, f));
    const [slope] = gradientOf(f, [z]);
    expect(nodesOf([f]).length).toBe(1001);
    expect(nodesOf([f, slope]).length).toBeLessThan(5 * 1001);
  });

  test("a chain of 20,000 operators is differentiated and run without running out of stack", () => {
    const [z] = variables(1);
    let f: Scalar = z;
    for (let i = 0; i < 10_000; i++) f = sin(add(f, 0.1));
    const values = [f, ...gradientOf(f, [z])];
    let [x, slope] = [0.3, 1];
    for (let i = 0; i < 10_000; i++) {
      slope *= Math.cos(x + 0.1);
      x = Math.sin(x + 0.1);
    }
    const [value, derivative] = evaluator([z], values)(Float64Array.of(0.3));
    expect(value).toBe(x);
    expect(derivative).toBeCloseTo(slope, 12);
  });
});
