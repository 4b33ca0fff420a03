import { describe, expect, test } from "vitest";
import {
  add,
  addRows,
  clip,
  concat,
  constant,
  createGraph,
  dense,
  expand,
  gather,
  input,
  layerNorm,
  matMul,
  mul,
  neg,
  pad,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  transpose,
  where,
} from "../../src/graph/index.ts";
import { interpret } from "./interpret.ts";

const g = createGraph();
const a = input(g, "a", [2, 3]);
const b = input(g, "b", [4, 5]);
const v = input(g, "v", [3]);

describe("mistakes are named when the graph is built", () => {
  test.each<[string, () => unknown, string]>([
    [
      "add",
      () => add(a, b),
      "add: shapes (2, 3) and (4, 5) do not broadcast: axis -1 has 3 and 5, expected equal sizes or a 1",
    ],
    [
      "add of another graph",
      () => add(a, input(createGraph(), "z", [3])),
      "Add: tensor z belongs to another graph",
    ],
    ["add of numbers", () => add(1, 2), "add: operands are 1 and 2, expected at least one tensor"],
    [
      "mul of bools",
      () => mul(input(g, "flag", [3], "bool"), a),
      "mul: tensor flag is bool, expected float32",
    ],
    [
      "where",
      () => where(a, 1, 2),
      "where: condition is float32, expected bool (from greater, less or equal)",
    ],
    ["clip", () => clip(a, 2, 1), "clip: bounds are [2, 1], expected lo <= hi"],
    ["gather of numbers", () => gather(a, v), "gather: ids are float32, expected int64"],
    [
      "gather from a vector",
      () => gather(v, input(g, "ids", [4], "int64")),
      "gather: table has shape (3), expected (V, D)",
    ],
    [
      "addRows",
      () => addRows(a, input(g, "places", [4], "int64"), b),
      "addRows: rows have shape (4, 5), expected (4, 3)",
    ],
    [
      "reshape",
      () => reshape(a, [4]),
      "reshape: (2, 3) has 6 elements, target (4) has 4, expected the same number",
    ],
    [
      "reshape to a fraction",
      () => reshape(a, [1.5, 4]),
      "reshape: target has shape (1.5, 4), expected sizes that are integers >= 1",
    ],
    [
      "transpose",
      () => transpose(a, [0, 0]),
      "transpose: perm is [0,0] for shape (2, 3), expected each of its 2 axes once",
    ],
    [
      "transpose of too few",
      () => transpose(a, [0]),
      "transpose: perm is [0] for shape (2, 3), expected each of its 2 axes once",
    ],
    [
      "slice",
      () => slice(a, 1, 1, 4),
      "slice: range is 1..4 on axis 1 of (2, 3), expected integers with 0 <= from < to <= 3",
    ],
    [
      "slice of nothing",
      () => slice(a, 1, 2, 2),
      "slice: range is 2..2 on axis 1 of (2, 3), expected integers with 0 <= from < to <= 3",
    ],
    ["slice of an axis", () => slice(a, 2, 0, 1), "slice: axis is 2, expected an integer in -2..1"],
    [
      "concat",
      () => concat([a, b], 0),
      "concat: shapes (2, 3) and (4, 5) differ, expected equal sizes but for axis 0",
    ],
    ["concat of nothing", () => concat([], 0), "concat: no tensors, expected at least one"],
    ["expand", () => expand(a, [3]), "expand: (2, 3) does not broadcast to (3)"],
    ["pad", () => pad(a, 0, -1, 0), "pad: counts are -1 and 0, expected integers >= 0"],
    ["sum", () => sum(a, [0, -2]), "sum: axes are [0,-2], expected each axis once"],
    [
      "sum of a scalar",
      () => sum(sum(a, [0, 1]), [0]),
      "sum: axis is 0, expected none, the tensor is a scalar",
    ],
    [
      "matMul",
      () => matMul(a, b),
      "matMul: shapes (2, 3) and (4, 5) have inner sizes 3 and 4, expected equal ones",
    ],
    [
      "matMul, transposed",
      () => matMul(a, b, { transposeB: true }),
      "matMul: shapes (2, 3) and (4, 5) transposed have inner sizes 3 and 5, expected equal ones",
    ],
    [
      "matMul of a vector",
      () => matMul(a, v),
      "matMul: shapes are (2, 3) and (3), expected at least two axes each",
    ],
    ["dense", () => dense(a, b), "dense: x has shape (2, 3) and w (4, 5), expected w of shape (3, N)"],
    [
      "dense with a bias",
      () => dense(b, constant(g, Array(10).fill(0), [5, 2]), v),
      "dense: b has shape (3), expected (2)",
    ],
    ["softmax", () => softmax(a, 2), "softmax: axis is 2, expected an integer in -2..1"],
    ["layerNorm", () => layerNorm(b, v, v), "layerNorm: gain has shape (3), expected (5) for x (4, 5)"],
    [
      "layerNorm with no epsilon",
      () => layerNorm(a, v, v, 0),
      "layerNorm: epsilon is 0, expected a number > 0",
    ],
    ["input twice", () => input(g, "a", [1]), 'input name "a" is taken; names in this graph: a, b, v'],
    [
      "input without a legal name",
      () => input(g, "_a", [1]),
      'input name "_a" is not legal, expected a letter, then letters, digits or _ . / -',
    ],
    [
      "input of no size",
      () => input(g, "empty", [2, 0]),
      "input empty has shape (2, 0), expected sizes that are integers >= 1",
    ],
    ["constant", () => constant(g, [1, 2], [3]), "constant has 2 numbers, expected 3 for shape (3)"],
  ])("%s", (_name, build, message) => expect(build).toThrow(message));
});

describe("expressions that need no node get none", () => {
  test.each<[string, () => unknown, unknown]>([
    ["x + 0", () => add(a, 0), a],
    ["0 + x", () => add(0, a), a],
    ["x - 0", () => sub(a, 0), a],
    ["1 x", () => mul(1, a), a],
    ["x / 1 by mul", () => mul(a, 1), a],
    ["-(-x)", () => neg(neg(a)), a],
    ["-1 (-1 x)", () => mul(mul(a, -1), -1), a],
    ["x - (-y)", () => sub(a, neg(v)), add(a, v)],
    ["x + (-y)", () => add(a, neg(v)), sub(a, v)],
    ["2 (3 x)", () => mul(2, mul(3, a)), mul(a, 6)],
    ["x transposed twice", () => transpose(transpose(a, [1, 0]), [1, 0]), a],
    ["x reshaped twice", () => reshape(reshape(a, [6]), [2, 3]), a],
    ["all of x", () => slice(a, 1, 0, 3), a],
    ["x alone, joined", () => concat([a], 0), a],
    ["x expanded to its shape", () => expand(a, [2, 3]), a],
    ["x padded by nothing", () => pad(a, 0, 0, 0), a],
    ["the sum over no axis", () => sum(a, []), a],
    ["an operand expanded to where it broadcasts", () => mul(a, expand(v, [2, 3])), mul(a, v)],
  ])("%s", (_name, build, expected) => expect(build()).toBe(expected));

  test("but a number of larger rank keeps the shape it gives", () => {
    const one = constant(g, [1], [1, 1, 1]);
    expect(mul(a, one).shape).toEqual([1, 2, 3]);
    expect(add(a, constant(g, [0], [1, 1, 1])).shape).toEqual([1, 2, 3]);
  });

  test("and two expanded operands keep the shape they give", () => {
    const both = add(expand(v, [2, 3]), expand(neg(v), [2, 3]));
    expect(both.shape).toEqual([2, 3]);
    expect([...interpret(g, { v: [1, 2, 3] }, [both])[0].data]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

test("constants copy their data", () => {
  const data = [1, 2, 3];
  const c = constant(g, data, [3]);
  data.fill(9);
  expect([...interpret(g, {}, [c])[0].data]).toEqual([1, 2, 3]);
});
