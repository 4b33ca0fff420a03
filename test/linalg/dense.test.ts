import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  add,
  block,
  definite,
  identity,
  type Matrix,
  outer,
  plus,
  product,
  raise,
  rowsOf,
  solve,
  times,
  transpose,
} from "../../src/linalg/index.ts";

const rng = createRng(3);
const random = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.gauss()));
const largest = (A: Matrix): number => Math.max(0, ...A.flat().map(Math.abs));

describe("small dense matrices", () => {
  it("multiply as written out by hand", () => {
    const A = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    expect(
      product(A, [
        [1, 0, 2],
        [0, 1, 3],
      ]),
    ).toEqual([
      [1, 2, 8],
      [3, 4, 18],
      [5, 6, 28],
    ]);
    expect(times(A, [1, -1])).toEqual([-1, -1, -1]);
    expect(transpose(A)).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect(outer(identity(2), [[1, 2]], [10])).toEqual([
      [11, 20],
      [20, 41],
    ]);
    expect(rowsOf(Float64Array.of(1, 2, 3, 4, 5, 6), 2)).toEqual(A);
    expect(rowsOf([], 0)).toEqual([]);
    expect(block(A, 1, 3, 0, 1)).toEqual([[3], [5]]);
    expect(plus(A, A, -1)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(add([1, 2], [3, 4], 2)).toEqual([7, 10]);
  });

  it("solve linear systems, with pivots where the diagonal is zero", () => {
    expect(
      solve(
        [
          [0, 2],
          [4, 0],
        ],
        [[6], [8]],
      ),
    ).toEqual([[2], [3]]);
    for (let n = 1; n <= 12; n++) {
      const A = random(n, n);
      const B = random(n, 3);
      expect(largest(plus(product(A, solve(A, B)), B, -1)), `n = ${n}`).toBeLessThan(1e-9);
    }
  });

  it("are definite exactly where a square is added to a multiple of the identity that is not too negative", () => {
    const A = random(4, 4);
    const square = product(transpose(A), A);
    expect(definite(plus(square, identity(4), 1e-3))).toBe(true);
    expect(definite(plus(square, identity(4), -largest(square) * 4))).toBe(false);
    const raised = raise(plus(square, identity(4), -1));
    expect(definite(plus(raised, identity(4), 1e-9))).toBe(true);
    expect(definite(plus(raised, identity(4), -1e-9))).toBe(false);
    expect(largest(plus(raise(square), square, -1))).toBe(0);
  });
});
