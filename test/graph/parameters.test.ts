import { expect, test } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  add,
  createGraph,
  gradients,
  initParameters,
  input,
  layoutParameters,
  mul,
  square,
  sum,
  unpackParameters,
} from "../../src/graph/index.ts";
import { interpret } from "./interpret.ts";

const LAYOUT = layoutParameters([
  { name: "w", shape: [2, 3], init: { normal: 0.5 } },
  { name: "b", shape: [3], init: "zeros" },
  { name: "gain", shape: [2], init: "ones" },
]);

test("parameters lie one after the other in the order given", () => {
  expect(LAYOUT.total).toBe(11);
  expect(LAYOUT.entries.map(({ name, offset, size }) => [name, offset, size])).toEqual([
    ["w", 0, 6],
    ["b", 6, 3],
    ["gain", 9, 2],
  ]);
});

test("starting values follow their kinds, and the same seed gives the same bytes", () => {
  const flat = initParameters(LAYOUT, createRng(3));
  expect([...flat.subarray(6)]).toEqual([0, 0, 0, 1, 1]);
  expect(initParameters(LAYOUT, createRng(3))).toEqual(flat);
  expect(initParameters(LAYOUT, createRng(4))).not.toEqual(flat);
  const many = initParameters(
    layoutParameters([{ name: "w", shape: [4000], init: { normal: 0.5 } }]),
    createRng(1),
  );
  const variance = many.reduce((total, x) => total + x * x, 0) / 4000;
  // The variance of 4000 draws has a relative standard deviation of sqrt(2 / 4000) = 2.2%.
  expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(0.1);
});

test("unpacked parameters are the numbers of the flat vector, and their gradient comes back flat", () => {
  const g = createGraph();
  const flat = input(g, "flat", [11]);
  const { w, b, gain } = unpackParameters(flat, LAYOUT);
  expect([w!.shape, b!.shape, gain!.shape]).toEqual([[2, 3], [3], [2]]);
  const loss = add(sum(mul(square(add(w!, b!)), 0.5), [0, 1]), sum(gain!, [0]));
  const values = [1, 2, 3, 4, 5, 6, 10, 20, 30, 7, 8];
  const [value, gradient] = interpret(g, { flat: values }, [loss, gradients(loss, [flat])[0]]);
  expect([...value!.data]).toEqual([(11 ** 2 + 22 ** 2 + 33 ** 2 + 14 ** 2 + 25 ** 2 + 36 ** 2) / 2 + 15]);
  expect([...gradient!.data]).toEqual([11, 22, 33, 14, 25, 36, 25, 47, 69, 1, 1]);
});

test("mistakes are named", () => {
  const g = createGraph();
  expect(() => unpackParameters(input(g, "short", [10]), LAYOUT)).toThrow(
    "flat parameters has length 10, expected total = 11",
  );
  expect(() => unpackParameters(input(g, "square", [11, 1]), LAYOUT)).toThrow(ShapeError);
  const twice = { name: "w", shape: [1], init: "zeros" } as const;
  expect(() => layoutParameters([twice, twice])).toThrow(
    "parameter w is given twice, expected each name once",
  );
  expect(() => layoutParameters([{ name: "w", shape: [1, 0], init: "zeros" }])).toThrow(
    "parameter w has shape (1, 0), expected sizes that are integers >= 1",
  );
  expect(() => layoutParameters([{ name: "w", shape: [1], init: { normal: -1 } }])).toThrow(ConfigError);
});
