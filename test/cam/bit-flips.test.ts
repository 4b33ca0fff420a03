import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  coefficientsOfRho,
  createFeatureMap,
  drawPatterns,
  energyChange,
  estimatedEnergy,
  exactEnergy,
  logEnergy,
  optimalRho,
  retrieve,
  statesWithin,
} from "../../src/cam/index.ts";

const dim = 6;
const corners = statesWithin(new Float64Array(dim).fill(1), dim);

describe("bit-flip dynamics", () => {
  it("ends where no flip lowers the energy, and below where it began: both energies, all 64 starts", () => {
    const patterns = drawPatterns(dim, 1, 12, createRng(1));
    const map = createFeatureMap({ kind: "favor++", dim, features: 40, rng: createRng(2) });
    const estimate = estimatedEnergy(patterns, map, coefficientsOfRho(optimalRho(4 * dim, dim), dim));
    for (const energy of [exactEnergy(patterns, dim), estimate])
      for (const rng of [undefined, createRng(3)])
        for (const start of corners) {
          const { status, sigma, flips, sweeps } = retrieve(energy, start, rng === undefined ? {} : { rng });
          expect(status).toBe("converged");
          for (let bit = 0; bit < dim; bit++)
            expect(energyChange(energy, sigma, bit)).toBeGreaterThanOrEqual(
              -1e-12 * Math.exp(logEnergy(energy, sigma)),
            );
          const moved = sigma.some((spin, l) => spin !== start[l]);
          expect(moved).toBe(flips > 0);
          expect(sweeps).toBeGreaterThan(flips > 0 ? 1 : 0);
          if (flips > 0) expect(logEnergy(energy, sigma)).toBeGreaterThan(logEnergy(energy, start));
        }
  });

  it("with one pattern reaches it from everywhere, one flip for every bit that is wrong", () => {
    const pattern = corners[37];
    for (const start of corners) {
      const { sigma, flips, sweeps } = retrieve(exactEnergy(pattern, dim), start);
      const wrong = start.filter((spin, l) => spin !== pattern[l]).length;
      expect(sigma).toEqual(pattern);
      expect(flips).toBe(wrong);
      expect(sweeps).toBe(wrong === 0 ? 1 : 2);
    }
  });

  it("mends every wrong bit of 16 patterns of 8 bits at distance 4", () => {
    const patterns = drawPatterns(8, 4, 16, createRng(4));
    expect(patterns).toHaveLength(16 * 8);
    const energy = exactEnergy(patterns, 8);
    for (let mu = 0; mu < 16; mu++) {
      const pattern = patterns.subarray(mu * 8, (mu + 1) * 8);
      for (const start of statesWithin(pattern, 1)) expect(retrieve(energy, start).sigma).toEqual(pattern);
    }
  });

  it("mends 40 wrong bits of 200 random patterns of 200 bits", () => {
    const [n, count] = [200, 200];
    const rng = createRng(5);
    const patterns = Float64Array.from({ length: count * n }, () => (rng.uniform() < 0.5 ? -1 : 1));
    const energy = exactEnergy(patterns, n);
    for (const mu of [0, 99, 199]) {
      const pattern = patterns.subarray(mu * n, (mu + 1) * n);
      const start = pattern.map((spin, l) => (l % 5 === 0 ? -spin : spin));
      const result = retrieve(energy, start, { rng });
      expect(result).toMatchObject({ status: "converged", flips: 40 });
      expect(result.sigma).toEqual(pattern);
    }
  });

  it("stops after maxSweeps and says so; leaves its start as it was; same seed, same end", () => {
    const pattern = new Float64Array(dim).fill(1);
    const start = pattern.map((spin) => -spin);
    const cut = retrieve(exactEnergy(pattern, dim), start, { maxSweeps: 1 });
    expect(cut).toMatchObject({ status: "maxIterations", sweeps: 1, flips: dim });
    expect(start).toEqual(pattern.map((spin) => -spin));
    const map = createFeatureMap({ kind: "hf++", dim, features: 20, rng: createRng(6) });
    const energy = estimatedEnergy(drawPatterns(dim, 1, 20, createRng(7)), map, coefficientsOfRho(0.2, dim));
    const ends = [1, 2].map(() => corners.map((corner) => retrieve(energy, corner, { rng: createRng(8) })));
    expect(ends[0]).toEqual(ends[1]);
  });

  it("refuses what is no state, and no number of sweeps", () => {
    const energy = exactEnergy(new Float64Array(dim).fill(1), dim);
    expect(() => retrieve(energy, new Float64Array(3))).toThrow("sigma has length 3, expected n = 6");
    expect(() => retrieve(energy, new Float64Array(dim))).toThrow("sigma[0] is 0, expected -1 or +1");
    expect(() => retrieve(energy, corners[0], { maxSweeps: 0 })).toThrow("maxSweeps is 0");
  });
});
