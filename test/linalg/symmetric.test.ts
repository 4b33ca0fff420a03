import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import {
  createEigenScratch,
  curvatureSizes,
  isPositiveDefinite,
  jacobiEigen,
  projectEigenvalues,
} from "../../src/linalg/index.ts";

type Vec = Float64Array;

/** Random orthogonal (n, n) by Gram and Schmidt. */
function orthogonal(rng: Rng, n: number): Vec {
  const V = Float64Array.from({ length: n * n }, () => rng.gauss());
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < j; l++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += V[i * n + j] * V[i * n + l];
        for (let i = 0; i < n; i++) V[i * n + j] -= dot * V[i * n + l];
      }
      let norm = 0;
      for (let i = 0; i < n; i++) norm = Math.hypot(norm, V[i * n + j]);
      for (let i = 0; i < n; i++) V[i * n + j] /= norm;
    }
  }
  return V;
}

/** V diag(w) V' */
function compose(V: Vec, w: readonly number[]): Vec {
  const n = w.length;
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      for (let l = 0; l < n; l++) m[i * n + j] += V[i * n + l] * w[l] * V[j * n + l];
  }
  return m;
}

const eigenvalues = (m: Vec, n: number): number[] => {
  const { a, v } = createEigenScratch(n);
  a.set(m);
  jacobiEigen(a, n, v);
  return Array.from({ length: n }, (_, i) => a[i * n + i]).sort((x, y) => x - y);
};

const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((s, x, i) => Math.max(s, Math.abs(x - b[i])), 0);

describe("isPositiveDefinite", () => {
  it("agrees with the smallest eigenvalue, shifted or not", () => {
    const rng = createRng(1);
    for (let trial = 0; trial < 200; trial++) {
      const n = 1 + rng.int(6);
      const w = Array.from({ length: n }, () => rng.gauss() + 1);
      const m = compose(orthogonal(rng, n), w);
      const least = Math.min(...w);
      const scratch = new Float64Array(n * n);
      for (const shift of [-least - 1e-6, -least + 1e-6]) {
        expect(isPositiveDefinite(m, n, shift, scratch)).toBe(least + shift > 0);
      }
    }
  });

  it("is false for zero and for NaN", () => {
    expect(isPositiveDefinite(new Float64Array(4), 2, 0, new Float64Array(4))).toBe(false);
    expect(isPositiveDefinite(Float64Array.of(Number.NaN), 1, 0, new Float64Array(1))).toBe(false);
  });
});

describe("jacobiEigen", () => {
  it("finds the eigenvalues a matrix was made of, with orthonormal eigenvectors", () => {
    const rng = createRng(2);
    for (let trial = 0; trial < 100; trial++) {
      const n = 1 + rng.int(8);
      const w = Array.from({ length: n }, () => 10 * rng.gauss()).sort((x, y) => x - y);
      const m = compose(orthogonal(rng, n), w);
      const { a, v } = createEigenScratch(n);
      a.set(m);
      jacobiEigen(a, n, v);
      const found = Array.from({ length: n }, (_, i) => a[i * n + i]);
      expect(
        difference(
          [...found].sort((x, y) => x - y),
          w,
        ),
      ).toBeLessThan(1e-12);
      expect(difference(compose(v, found), m)).toBeLessThan(1e-12);
      expect(difference(compose(v, Array(n).fill(1)), compose(identity(n), Array(n).fill(1)))).toBeLessThan(
        1e-13,
      );
    }
  });

  it("takes repeated eigenvalues, a diagonal and the zero matrix", () => {
    const V = orthogonal(createRng(3), 4);
    expect(difference(eigenvalues(compose(V, [2, 2, 2, 5]), 4), [2, 2, 2, 5])).toBeLessThan(1e-13);
    expect(eigenvalues(Float64Array.of(3, 0, 0, 1), 2)).toEqual([1, 3]);
    expect(eigenvalues(new Float64Array(9), 3)).toEqual([0, 0, 0]);
  });
});

const identity = (n: number): Vec => {
  const I = new Float64Array(n * n);
  for (let i = 0; i < n; i++) I[i * (n + 1)] = 1;
  return I;
};

const ones = (n: number): Vec => new Float64Array(n).fill(1);

describe("projectEigenvalues", () => {
  it("raises the negative eigenvalues to zero and keeps the others and the eigenvectors", () => {
    const rng = createRng(4);
    for (let trial = 0; trial < 200; trial++) {
      const n = 1 + rng.int(7);
      const w = Array.from({ length: n }, () => 3 * rng.gauss());
      w[0] = -1 - rng.uniform();
      const V = orthogonal(rng, n);
      const m = compose(V, w);
      expect(projectEigenvalues(m, n, ones(n), createEigenScratch(n))).toBe(true);
      const expected = compose(
        V,
        w.map((x) => Math.max(0, x)),
      );
      expect(difference(m, expected)).toBeLessThan(1e-12);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expect(m[i * n + j]).toBe(m[j * n + i]);
    }
  });

  it("is the nearest such matrix: the difference is negative semidefinite and orthogonal to it", () => {
    const m = compose(orthogonal(createRng(5), 4), [-3, -1, 0.5, 2]);
    const before = m.slice();
    projectEigenvalues(m, 4, ones(4), createEigenScratch(4));
    const taken = before.map((v, i) => v - m[i]);
    expect(Math.max(...eigenvalues(taken, 4))).toBeLessThan(1e-12);
    expect(Math.abs(taken.reduce((s, v, i) => s + v * m[i], 0))).toBeLessThan(1e-12);
  });

  it("does the same in every unit of the variables, however far apart", () => {
    const rng = createRng(8);
    for (let trial = 0; trial < 100; trial++) {
      const n = 2 + rng.int(4);
      const w = Array.from({ length: n }, () => rng.gauss());
      const m = compose(orthogonal(rng, n), w);
      const unit = Float64Array.from({ length: n }, () => 2 ** Math.round(20 * rng.gauss()));
      const inUnits = (v: number, at: number): number => v / (unit[Math.floor(at / n)] * unit[at % n]);
      const other = m.map(inUnits);
      const scratch = createEigenScratch(n);
      expect(projectEigenvalues(other, n, unit, scratch)).toBe(projectEigenvalues(m, n, ones(n), scratch));
      expect(other).toEqual(m.map(inUnits));
    }
  });

  it("leaves a matrix that is already there untouched, to the bit, a singular one and zero too", () => {
    const rng = createRng(6);
    const matrices = [
      compose(orthogonal(rng, 5), [0.2, 1, 2, 3, 4]),
      compose(orthogonal(rng, 5), [0, 0, 2, 3, 4]),
      new Float64Array(25),
    ];
    for (const m of matrices) {
      const before = m.slice();
      expect(projectEigenvalues(m, 5, ones(5), createEigenScratch(5))).toBe(false);
      expect(m).toEqual(before);
    }
  });

  it("can be repeated: the second time changes nothing above rounding", () => {
    const m = compose(orthogonal(createRng(7), 6), [-5, -1, 0, 1, 10, 1000]);
    const scratch = createEigenScratch(6);
    projectEigenvalues(m, 6, ones(6), scratch);
    const once = m.slice();
    projectEigenvalues(m, 6, ones(6), scratch);
    expect(difference(m, once)).toBeLessThan(1e-10);
  });

  it("ends on NaN instead of hanging", () => {
    const m = Float64Array.of(1, Number.NaN, Number.NaN, 1);
    expect(projectEigenvalues(m, 2, ones(2), createEigenScratch(2))).toBe(true);
    expect(m.some(Number.isNaN)).toBe(true);
  });
});

describe("curvatureSizes", () => {
  it("are the roots of the largest curvatures turned over, whatever block they are in", () => {
    const size = new Float64Array(4);
    curvatureSizes([Float64Array.of(1, 0, 0, 0), Float64Array.of(-4, 2, 2, 0)], 2, size, 1);
    expect([...size]).toEqual([0, 0.5, 1 / Math.sqrt(2), 0]);
    curvatureSizes([new Float64Array(1)], 1, size, 0);
    expect(size[0]).toBe(1);
  });
});
