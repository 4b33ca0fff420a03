import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createOrthogonalizer, planOrthogonal } from "../../src/rules/feedback/orthogonal.ts";
import { createOrthogonalBlock } from "../../src/rules/index.ts";

/** A = U diag(s) V' of (n, length), by rotating rows and columns of a diagonal matrix in random planes. */
function withSingularValues(values: readonly number[], length: number, seed: number): number[][] {
  const rng = createRng(seed);
  const n = values.length;
  const A = values.map((s, i) => Array.from({ length }, (_, j) => (i === j ? s : 0)));
  for (let turn = 0; turn < 40; turn++) {
    const angle = 6 * rng.uniform();
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const pick = (m: number) => {
      const a = Math.floor(rng.uniform() * m);
      return [a, (a + 1 + Math.floor(rng.uniform() * (m - 1))) % m];
    };
    const [p, q] = pick(n);
    for (let j = 0; j < length; j++)
      [A[p][j], A[q][j]] = [c * A[p][j] - s * A[q][j], s * A[p][j] + c * A[q][j]];
    const [k, l] = pick(length);
    for (const row of A) [row[k], row[l]] = [c * row[k] - s * row[l], s * row[k] + c * row[l]];
  }
  return A;
}

/** What the iteration makes of a singular value: its polynomial, three times. */
const follow = (s: number): number => {
  for (let i = 0; i < 3; i++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  return s;
};

describe.each([true, false])("an orthogonal block, simd %s", (simd) => {
  it.each([
    [3, 3],
    [5, 17],
    [20, 49],
    [33, 64],
  ])("keeps singular vectors of (%i, %i) and follows the polynomial in singular values", (n, length) => {
    const values = Array.from({ length: n }, (_, i) => 0.9 ** i);
    const norm = Math.hypot(...values);
    const A = withSingularValues(values, length, 3);
    const expected = withSingularValues(
      values.map((s) => follow(s / norm)),
      length,
      3,
    );
    const block = createOrthogonalBlock(n, length, simd);
    A.forEach((row, i) => {
      row.forEach((x, j) => {
        block.X[i * block.stride + j] = x / norm;
      });
    });
    block.run();
    expected.forEach((row, i) => {
      row.forEach((x, j) => {
        // Thirty products of float32 with factors of up to 40.
        expect(Math.abs(block.Y[i * block.stride + j] - x)).toBeLessThan(simd ? 2e-5 : 1e-12);
      });
    });
  });
});

test("the direction of a matrix has the size asked for, whatever the gradient's, and none where there is none", () => {
  const place = { name: "w", shape: [9, 5], offset: 2, size: 45 };
  const plan = planOrthogonal(place)!;
  const turn = createOrthogonalizer();
  const rng = createRng(4);
  const from = Float32Array.from({ length: 50 }, () => 1e-12 * rng.gauss());
  const to = new Float32Array(50).fill(7);
  turn(plan, from, 2, 0.3, to);
  expect([...to.subarray(0, 2), ...to.subarray(47)]).toEqual([7, 7, 7, 7, 7]);
  const own = to.subarray(2, 47);
  expect(Math.sqrt(own.reduce((sum, x) => sum + x * x, 0) / 45)).toBeCloseTo(0.3, 6);
  turn(plan, new Float32Array(50), 2, 0.3, to);
  expect(own.every((x) => x === 0)).toBe(true);
});

test("rows may come in any order, and columns too, where they are one block", () => {
  const shape = [11, 4];
  const plan = planOrthogonal({ name: "w", shape, offset: 0, size: 44 })!;
  const turn = createOrthogonalizer();
  const rng = createRng(5);
  const from = Float32Array.from({ length: 44 }, () => rng.gauss());
  const turned = from.map((_, i) => from[4 * (10 - Math.floor(i / 4)) + (3 - (i % 4))]);
  const [a, b] = [from, turned].map((x) => {
    const out = new Float32Array(44);
    turn(plan, x, 0, 1, out);
    return out;
  });
  a.forEach((x, i) => {
    expect(Math.abs(x - b[4 * (10 - Math.floor(i / 4)) + (3 - (i % 4))])).toBeLessThan(1e-5);
  });
});

test("a long shorter side is cut into equal parts, vectors and single rows are left alone", () => {
  const planOf = (...shape: number[]) =>
    planOrthogonal({ name: "w", shape, offset: 0, size: shape.reduce((x, y) => x * y, 1) }, 64);
  expect(planOf(784, 130)?.blocks).toEqual([
    [0, 43],
    [43, 86],
    [86, 130],
  ]);
  expect(planOf(3, 3, 8, 16)).toEqual({ rows: 72, columns: 16, byColumns: true, blocks: [[0, 16]] });
  expect([planOf(7), planOf(1, 9), planOf(9, 1)]).toEqual([undefined, undefined, undefined]);
});
