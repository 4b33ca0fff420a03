import { describe, expect, it } from "vitest";
import {
  addScaled,
  addSymmetric,
  addTransposed,
  copyBlock,
  dot,
  largestMagnitude,
  multiply,
} from "../../src/linalg/index.ts";

const vec = (...v: number[]): Float64Array => Float64Array.from(v);
// A (2, 3) behind one number that is not its own; integers, so that every sum is exact.
const A = vec(99, 1, 2, 3, 4, 5, 6);

describe("products", () => {
  it("equal those of a textbook, from any position", () => {
    const out = new Float64Array(3);
    multiply(vec(1, 10), A, 1, 1, 2, 3, out);
    expect([...out]).toEqual([41, 52, 63]);
    const outer = vec(0, 100, 100, 100);
    addTransposed(A, 1, vec(7, 1, 10), 1, 3, 2, 1, outer, 1);
    expect([...outer]).toEqual([0, 141, 152, 163]);
  });

  it("of a transpose with itself are symmetric, on top of the lower triangle", () => {
    const out = vec(1, -1, -1, 2, 1, -1, 3, 4, 1);
    addSymmetric(A, 1, A, 1, 3, 2, out);
    // A'A = [17 22 27; 22 29 36; 27 36 45]
    expect([...out]).toEqual([18, 24, 30, 24, 30, 40, 30, 40, 46]);
  });

  it("of vectors, their sums, their largest magnitudes and their parts", () => {
    expect(dot(vec(1, 2, 3), vec(4, 5, 6))).toBe(32);
    const sum = vec(1, 2);
    addScaled(sum, 3, vec(10, 20));
    expect([...sum]).toEqual([31, 62]);
    expect([largestMagnitude(vec()), largestMagnitude(vec(1, -5, 2))]).toEqual([0, 5]);
    expect(largestMagnitude(vec(1, Number.NaN, 2))).toBeNaN();
    const part = vec(0, 0);
    copyBlock(A, 4, part);
    expect([...part]).toEqual([4, 5]);
  });
});
