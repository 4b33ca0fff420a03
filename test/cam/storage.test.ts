import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  drawPatterns,
  energyChange,
  exactEnergy,
  statesWithin,
  storageBound,
  worstFlipMargins,
} from "../../src/cam/index.ts";

/** Hamming distance. */
function distance(a: Float64Array, b: Float64Array): number {
  return a.filter((spin, l) => spin !== b[l]).length;
}

/** All subsets of the corners other than the first, as lists. */
function* subsets(corners: readonly Float64Array[]): Generator<Float64Array[]> {
  for (let mask = 0; mask < 2 ** (corners.length - 1); mask++)
    yield corners.filter((_, i) => i === 0 || (mask >> (i - 1)) & 1);
}

/** The least margin around the first pattern, from energy changes; the definition, flip by flip. */
function marginAroundFirst(patterns: readonly Float64Array[], errors: number): number {
  const [first] = patterns;
  const energy = exactEnergy(Float64Array.from(patterns.flatMap((p) => [...p])), first.length);
  let least = Number.POSITIVE_INFINITY;
  for (const sigma of statesWithin(first, errors))
    for (let bit = 0; bit < first.length; bit++) {
      const towards = sigma[bit] !== first[bit];
      const signal = Math.exp(first.length - 2 * distance(sigma, first));
      least = Math.min(least, ((towards ? -1 : 1) * energyChange(energy, sigma, bit)) / signal);
    }
  return least;
}

describe("the bound of Theorem 4.4", () => {
  it("is (1 - e^-2) / (2 e^2) times e^2 for every bit of d - 2h", () => {
    expect(storageBound(8, 0.5, 0)).toBeCloseTo(Math.exp(8) * 0.0585098, 2);
    expect(storageBound(8, 0.25, 0)).toBeCloseTo(3.1945, 3);
    expect(storageBound(8, 4 / 8, 1 / 8)).toBeCloseTo(storageBound(5, 2 / 5, 0), 12);
    expect(storageBound(100, 0.5, 0.25)).toBeCloseTo(0.0585098, 6);
  });

  it("holds for every set of patterns of up to 4 bits, exhaustively", () => {
    let sets = 0;
    for (const dim of [1, 2, 3, 4]) {
      const corners = statesWithin(new Float64Array(dim).fill(1), dim);
      for (const patterns of subsets(corners)) {
        let least = dim;
        for (const [i, a] of patterns.entries())
          for (const b of patterns.slice(0, i)) least = Math.min(least, distance(a, b));
        for (let errors = 0; 2 * errors <= least; errors++) {
          if (patterns.length > storageBound(dim, least / dim, errors / dim)) continue;
          expect(marginAroundFirst(patterns, errors)).toBeGreaterThan(0);
          sets++;
        }
      }
    }
    expect(sets).toBeGreaterThan(40);
  });

  it("holds up to 8 bits with more than half of the signal left, whatever the other patterns are", () => {
    const signal = 1 - Math.exp(-2);
    let cases = 0;
    for (let dim = 1; dim <= 8; dim++)
      for (let d = 1; d <= dim; d++)
        for (let errors = 0; 2 * errors < d; errors++) {
          const count = Math.floor(storageBound(dim, d / dim, errors / dim));
          if (count < 1) continue;
          const margins = worstFlipMargins(dim, d, errors);
          expect(margins[Math.min(count, margins.length) - 1]).toBeGreaterThan(signal / 2);
          cases++;
        }
    expect(cases).toBeGreaterThan(30);
  });

  it("is conservative, and not without end: at distance 2 ten patterns are safe, eleven are not", () => {
    const margins = worstFlipMargins(8, 2, 0);
    expect(margins[9]).toBeGreaterThan(0);
    expect(margins[10]).toBeLessThan(0);
  });
});

describe("the worst margins", () => {
  it("are the least over all sets that keep their distance from the first: n = 3 and 4, every set", () => {
    for (const [dim, d, errors] of [
      [3, 1, 0],
      [3, 2, 1],
      [4, 2, 0],
      [4, 2, 1],
      [4, 3, 1],
      [3, 1, 3],
    ] as const) {
      const first = new Float64Array(dim).fill(1);
      const corners = statesWithin(first, dim).filter((c, i) => i === 0 || distance(c, first) >= d);
      const least = new Float64Array(corners.length).fill(Number.POSITIVE_INFINITY);
      for (const patterns of subsets(corners)) {
        const margin = marginAroundFirst(patterns, errors);
        for (let m = patterns.length - 1; m < least.length; m++) least[m] = Math.min(least[m], margin);
      }
      const margins = worstFlipMargins(dim, d, errors);
      expect(margins).toHaveLength(least.length);
      // Terms reach e^8 = 2981 and are added in another order.
      for (const [m, margin] of margins.entries()) expect(margin).toBeCloseTo(least[m], 10);
    }
  });

  it("with one pattern are 1 - e^-2, and never rise", () => {
    const margins = worstFlipMargins(6, 2, 1);
    expect(margins[0]).toBeCloseTo(1 - Math.exp(-2), 12);
    for (let m = 1; m < margins.length; m++) expect(margins[m]).toBeLessThanOrEqual(margins[m - 1]);
  });

  it("are below those of any drawn set, around whichever of its patterns", () => {
    const rng = createRng(3);
    for (const [d, errors, count] of [
      [3, 0, 12],
      [4, 1, 16],
      [2, 0, 40],
    ]) {
      const patterns = drawPatterns(8, d, count, rng);
      const rows = Array.from({ length: count }, (_, j) => patterns.subarray(8 * j, 8 * j + 8));
      const around = rows.map((row) => marginAroundFirst([row, ...rows.filter((r) => r !== row)], errors));
      expect(Math.min(...around)).toBeGreaterThanOrEqual(worstFlipMargins(8, d, errors)[count - 1] - 1e-12);
    }
  });
});

describe("drawn patterns", () => {
  it("keep their distance, differ by seed, and are the same for the same seed", () => {
    for (const [dim, d, count] of [
      [8, 4, 5],
      [8, 4, 16],
      [8, 2, 128],
      [6, 1, 64],
      [5, 5, 2],
    ]) {
      const patterns = drawPatterns(dim, d, count, createRng(1));
      expect(patterns).toHaveLength(count * dim);
      for (let i = 0; i < count; i++)
        for (let j = 0; j < i; j++)
          expect(
            distance(patterns.subarray(i * dim, (i + 1) * dim), patterns.subarray(j * dim, (j + 1) * dim)),
          ).toBeGreaterThanOrEqual(d);
      expect(drawPatterns(dim, d, count, createRng(1))).toEqual(patterns);
    }
    expect(drawPatterns(8, 2, 5, createRng(1))).not.toEqual(drawPatterns(8, 2, 5, createRng(2)));
  });

  it("are as many as there is room for: two at distance n, four at distance 5 of 8", () => {
    expect(drawPatterns(4, 4, 9, createRng(1))).toHaveLength(2 * 4);
    expect(drawPatterns(8, 5, 99, createRng(1))).toHaveLength(4 * 8);
  });

  it("of the ball around a pattern come with the pattern first", () => {
    const pattern = Float64Array.of(1, -1, -1, 1, 1, -1);
    const states = statesWithin(pattern, 2);
    expect(states).toHaveLength(1 + 6 + 15);
    expect(states[0]).toEqual(pattern);
    expect(Math.max(...states.map((state) => distance(state, pattern)))).toBe(2);
  });
});

describe("arguments", () => {
  it("are refused out of range, with the range", () => {
    expect(() => storageBound(0, 0.5, 0)).toThrow("dim is 0, expected an integer >= 1");
    expect(() => storageBound(8, 1.5, 0)).toThrow("tau is 1.5, expected a number 0 .. 1");
    expect(() => storageBound(8, 0.5, Number.NaN)).toThrow("rho is NaN");
    expect(() => worstFlipMargins(13, 2, 0)).toThrow("dim is 13, expected an integer in 1..12");
    expect(() => worstFlipMargins(8, 9, 0)).toThrow("distance is 9, expected an integer in 1..8");
    expect(() => worstFlipMargins(8, 2, -1)).toThrow("errors is -1");
    expect(() => drawPatterns(3, 1, 9, createRng(1))).toThrow("count is 9, expected an integer in 1..8");
  });
});
