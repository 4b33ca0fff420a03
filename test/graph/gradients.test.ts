import { describe, expect, test } from "vitest";
import {
  add,
  clip,
  createGraph,
  exp,
  gradients,
  greater,
  input,
  matMul,
  max,
  maximum,
  mean,
  mul,
  relu,
  scalar,
  sin,
  slice,
  sqrt,
  square,
  stopGradient,
  sum,
  type Tensor,
  where,
} from "../../src/graph/index.ts";
import { prune } from "../../src/graph/prune.ts";
import { buildCase, differences, worstError } from "./evaluate-case.ts";
import { GRADIENT_CASES } from "./gradient-cases.ts";
import { interpret } from "./interpret.ts";

const sizes = (t: Tensor): number[] => t.shape.map((_, i) => i);

describe("the gradient equals central differences", () => {
  test.each(GRADIENT_CASES)("of $name", (opCase) => {
    const { g, inputs, loss, gradients: grads, feeds } = buildCase(opCase);
    const values = interpret(g, feeds, grads);
    inputs.forEach((x, i) => {
      expect(grads[i].shape).toEqual(x.shape);
      // Differences err by step^2 = 1e-10 times a third derivative, and by rounding / step = 1e-11.
      expect(worstError(values[i].data, differences(g, feeds, loss, x))).toBeLessThan(1e-7);
    });
  });
});

describe("the gradient of a gradient equals central differences", () => {
  test.each(GRADIENT_CASES)("of $name", (opCase) => {
    const { g, inputs, gradients: grads, feeds } = buildCase(opCase);
    const norm = grads.map((t) => sum(square(t), sizes(t))).reduce((a, b) => add(a, b));
    const second = interpret(g, feeds, gradients(norm, inputs));
    inputs.forEach((x, i) => {
      expect(worstError(second[i].data, differences(g, feeds, norm, x))).toBeLessThan(1e-6);
    });
  });
});

function scalarFunction(f: (x: Tensor) => Tensor, shape: readonly number[] = []) {
  const g = createGraph();
  const x = input(g, "x", shape);
  const y = f(x);
  return { g, x, y, at: (v: number[]) => [...interpret(g, { x: v }, gradients(y, [x]))[0].data] };
}

test("the third derivative of sin is -cos", () => {
  const g = createGraph();
  const x = input(g, "x", []);
  let y = sin(x);
  for (let i = 0; i < 3; i++) y = gradients(y, [x])[0];
  expect(interpret(g, { x: [0.4] }, [y])[0].data[0]).toBeCloseTo(-Math.cos(0.4), 14);
});

test("a stopped factor counts as a constant", () => {
  expect(scalarFunction((x) => mul(x, stopGradient(square(x)))).at([3])).toEqual([9]);
});

test("a loss that does not depend on a tensor has gradient zero of its shape", () => {
  const g = createGraph();
  const x = input(g, "x", [2]);
  const y = input(g, "y", [2, 3]);
  const [dx, dy] = gradients(sum(x, [0]), [x, y]);
  expect(dy!.shape).toEqual([2, 3]);
  expect([...interpret(g, { x: [1, 2] }, [dx!])[0].data]).toEqual([1, 1]);
  expect([...interpret(g, {}, [dy!])[0].data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("the gradient of a tensor by itself is one", () => {
  const { at } = scalarFunction((x) => x);
  expect(at([5])).toEqual([1]);
});

test("a gradient with respect to an intermediate result stops there", () => {
  const g = createGraph();
  const x = input(g, "x", []);
  const h = exp(x);
  const [dh] = gradients(square(h), [h]);
  expect(interpret(g, { x: [0.5] }, [dh!])[0].data[0]).toBeCloseTo(2 * Math.exp(0.5), 14);
});

describe("at a kink", () => {
  test("relu has gradient 0 at 0", () => expect(scalarFunction(relu).at([0])).toEqual([0]));
  test("clip passes the gradient at its bounds", () =>
    expect(scalarFunction((x) => sum(clip(x, -1, 1), [0]), [4]).at([-1, 1, -1.5, 1.5])).toEqual([
      1, 1, 0, 0,
    ]));
  test("maximum of equal numbers gives the gradient to the first", () =>
    expect(scalarFunction((x) => maximum(x, 2)).at([2])).toEqual([1]));
  test("equal largest elements share the gradient", () =>
    expect(scalarFunction((x) => max(x, [0]), [4]).at([3, 1, 3, 0])).toEqual([0.5, 0, 0.5, 0]));
});

test("the branch not taken does not spoil the gradient with its infinite derivative", () => {
  const safeRoot = (x: Tensor): Tensor => where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0);
  expect(scalarFunction(safeRoot).at([0])).toEqual([0]);
  expect(scalarFunction(safeRoot).at([4])).toEqual([0.25]);
});

describe("only what is needed is built", () => {
  test("no gradient of the fixed operand of a product is computed", () => {
    const g = createGraph();
    const x = input(g, "x", [2, 3]);
    const w = input(g, "w", [3, 4]);
    const [dw] = gradients(mean(square(matMul(x, w)), [0, 1]), [w]);
    const before = g.nodes.length;
    const needed = prune(g, [dw!]).nodes.filter((node) => node.op === "Gemm");
    expect(needed).toHaveLength(1);
    expect(g.nodes.slice(0, before).filter((node) => node.op === "Gemm")).toHaveLength(1);
  });

  test("the gradient of a mean of squares needs no Expand", () => {
    const g = createGraph();
    const x = input(g, "x", [8, 5]);
    const grad = gradients(mean(square(x), [0, 1]), [x]);
    expect(prune(g, grad).nodes.map((node) => node.op)).not.toContain("Expand");
  });

  test("gradients of disjoint slices are joined, with no addition and no padding", () => {
    const g = createGraph();
    const flat = input(g, "flat", [30]);
    const parts = Array.from({ length: 10 }, (_, i) => square(slice(flat, 0, 3 * i, 3 * i + 3)));
    const grad = gradients(
      sum(
        parts.reduce((a, b) => add(a, b)),
        [0],
      ),
      [flat],
    );
    const ops = new Set(prune(g, grad).nodes.map((node) => node.op));
    expect([...ops].sort()).toEqual(["Concat", "Mul", "Slice"].sort());
  });

  test("the same expression is computed once", () => {
    const g = createGraph();
    const x = input(g, "x", [3]);
    expect(mul(exp(x), 2)).toBe(mul(exp(x), 2));
    expect(scalar(g, 0.5)).toBe(scalar(g, 0.5));
  });
});

describe("mistakes are named", () => {
  test("a loss of several elements", () => {
    const g = createGraph();
    const x = input(g, "x", [2, 3]);
    expect(() => gradients(x, [x])).toThrow(
      "gradients: loss is float32 of shape (2, 3), expected float32 of one element",
    );
  });

  test("a tensor of another graph", () => {
    const x = input(createGraph(), "x", []);
    const y = input(createGraph(), "y", []);
    expect(() => gradients(x, [y])).toThrow(/expected float32 of the loss's graph/);
  });
});
