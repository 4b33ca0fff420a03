import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  coefficientsOfA,
  coefficientsOfRho,
  createFeatureMap,
  drawPatterns,
  energyChange,
  estimatedEnergy,
  estimateKernel,
  exactEnergy,
  FEATURE_MAP_KINDS,
  isFitted,
  logEnergy,
  statesWithin,
} from "../../src/cam/index.ts";
import { dot } from "./monte-carlo.ts";

const dim = 5;
const corners = statesWithin(new Float64Array(dim).fill(1), dim);
const patterns = drawPatterns(dim, 2, 4, createRng(1));
const rows = [0, 1, 2, 3].map((j) => patterns.subarray(j * dim, (j + 1) * dim));

function flip(sigma: Float64Array, bit: number): Float64Array {
  const flipped = sigma.slice();
  flipped[bit] = -flipped[bit];
  return flipped;
}

describe("the exact energy", () => {
  const energy = exactEnergy(patterns, dim);
  const plain = (sigma: Float64Array) => -rows.reduce((sum, row) => sum + Math.exp(dot(row, sigma)), 0);

  it("is minus the sum of exp(pattern'state), on all 32 corners", () => {
    expect(corners).toHaveLength(32);
    for (const sigma of corners)
      expect(-Math.exp(logEnergy(energy, sigma)) / plain(sigma)).toBeCloseTo(1, 12);
  });

  it("changes by the difference of two energies, for every state and bit", () => {
    for (const sigma of corners)
      for (let bit = 0; bit < dim; bit++) {
        const change = plain(flip(sigma, bit)) - plain(sigma);
        expect(Math.abs(energyChange(energy, sigma, bit) - change)).toBeLessThan(
          1e-12 * Math.abs(plain(sigma)),
        );
      }
  });

  it("keeps its own copy of the patterns", () => {
    const own = patterns.slice();
    const kept = exactEnergy(own, dim);
    own.fill(1);
    expect(logEnergy(kept, corners[3])).toBe(logEnergy(energy, corners[3]));
  });

  it("of one state equals n, and at n = 2000 the logarithm is finite and the sign of a change right", () => {
    const one = new Float64Array(2000).fill(-1);
    const wide = exactEnergy(one, 2000);
    expect(logEnergy(wide, one)).toBe(2000);
    expect(energyChange(wide, one, 7)).toBe(Number.POSITIVE_INFINITY);
    expect(energyChange(wide, flip(one, 7), 7)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("does not change where two patterns pull alike", () => {
    const pair = exactEnergy(Float64Array.of(1, 1, 1, -1), 2);
    expect(energyChange(pair, Float64Array.of(1, 1), 1)).toBe(0);
  });
});

describe("the estimated energy", () => {
  for (const kind of FEATURE_MAP_KINDS)
    it(`is minus the sum of kernel estimates of the same map: ${kind}`, () => {
      const map = createFeatureMap({ kind, dim, features: 12, rng: createRng(2) });
      const coefficients = isFitted(kind) ? coefficientsOfRho(0.3, dim) : coefficientsOfA(0, dim);
      const energy = estimatedEnergy(patterns, map, coefficients);
      const plain = (sigma: Float64Array) =>
        -rows.reduce((sum, row) => sum + estimateKernel(map, coefficients, row, sigma), 0);
      for (const sigma of corners) {
        expect(-Math.exp(logEnergy(energy, sigma)) / plain(sigma)).toBeCloseTo(1, 11);
        for (let bit = 0; bit < dim; bit++) {
          const change = plain(flip(sigma, bit)) - plain(sigma);
          const size = Math.abs(plain(sigma)) + Math.abs(plain(flip(sigma, bit)));
          expect(Math.abs(energyChange(energy, sigma, bit) - change)).toBeLessThan(1e-12 * size);
        }
      }
    });

  it("has a size that does not depend on the number of patterns", () => {
    const map = createFeatureMap({ kind: "favor++", dim, features: 6, rng: createRng(3) });
    for (const count of [1, 32]) {
      const energy = estimatedEnergy(
        drawPatterns(dim, 1, count, createRng(4)),
        map,
        coefficientsOfRho(0.5, dim),
      );
      expect(energy.terms).toBe(6);
      expect(energy.G.length + energy.c.length).toBe(6 * dim + 6);
    }
  });

  it("stays finite where one feature overflows: n = 600", () => {
    const n = 600;
    const state = drawWide(n);
    const map = createFeatureMap({
      kind: "favor+",
      dim: n,
      features: 8,
      orthogonal: false,
      rng: createRng(5),
    });
    const energy = estimatedEnergy(state, map, coefficientsOfA(0, n));
    expect(Number.isFinite(logEnergy(energy, state))).toBe(true);
    expect(energyChange(energy, state, 0)).not.toBeNaN();
  });
});

describe("arguments", () => {
  it("are refused where they are no corners of the cube", () => {
    expect(() => exactEnergy(new Float64Array(6), 4)).toThrow(
      "patterns has length 6, expected a positive multiple of n = 4",
    );
    expect(() => exactEnergy(new Float64Array(0), 4)).toThrow("patterns has length 0");
    expect(() => exactEnergy(Float64Array.of(1, 0.5), 2)).toThrow("patterns[1] is 0.5, expected -1 or +1");
    expect(() => exactEnergy(Float64Array.of(1, Number.NaN), 2)).toThrow("patterns[1] is NaN");
    expect(() => exactEnergy(Float64Array.of(1), 0)).toThrow("dim is 0, expected an integer >= 1");
    const energy = exactEnergy(Float64Array.of(1, 1), 2);
    expect(() => logEnergy(energy, new Float64Array(3))).toThrow("sigma has length 3, expected n = 2");
    expect(() => energyChange(energy, Float64Array.of(1, 1), 2)).toThrow(
      "bit is 2, expected an integer in 0..1",
    );
    expect(() => energyChange(energy, Float64Array.of(1, 1), 0.5)).toThrow("bit is 0.5");
  });
});

function drawWide(n: number): Float64Array {
  const rng = createRng(6);
  return Float64Array.from({ length: n }, () => (rng.uniform() < 0.5 ? -1 : 1));
}
