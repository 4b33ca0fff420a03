import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { fourFeatureMoment } from "../../src/cam/energy-variance.ts";
import {
  coefficientsOfA,
  drawPatterns,
  energyChange,
  energyChangeVariance,
  exactEnergy,
  kernelPowerMoment,
  logEnergy,
  sampleEnergyChanges,
} from "../../src/cam/index.ts";
import { kernelSecondMoment } from "../../src/cam/kernel-moments.ts";
import { dot, ofNorm } from "./monte-carlo.ts";

/** The entry of docs/associative-memory.md#where-the-papers-are-corrected: n = 3, M = 2, a = -A = 1; two opposite patterns, a state that is one of them. */
const entry = { patterns: Float64Array.of(1, 1, 1, -1, -1, -1), sigma: Float64Array.of(1, 1, 1) };

/**
 * E f(w), w ~ N(0, I_n), by the trapezoidal rule, which converges exponentially for Gaussian-like f: its
 * error is below 1e-10 here: the narrowest factor (A = -1) has a standard deviation of 1/3, and the one that lies
 * farthest out (A = 0) is centred at 4.
 *
 * @param count points along each axis; 41 reach to 5, enough for A = -1, centred within 1
 */
function expectation(n: number, f: (w: Float64Array) => number, count = 93): number {
  const step = 0.25;
  const w = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < count ** n; i++) {
    let rest = i;
    let squared = 0;
    for (let l = 0; l < n; l++) {
      w[l] = ((rest % count) - (count - 1) / 2) * step;
      squared += w[l] * w[l];
      rest = Math.floor(rest / count);
    }
    sum += Math.exp(-squared / 2) * f(w);
  }
  return sum * (step / Math.sqrt(2 * Math.PI)) ** n;
}

/** phi(z) of one projection, as docs/associative-memory.md#the-memory defines it. */
function feature(A: number, z: Float64Array, w: Float64Array): number {
  const n = z.length;
  const D = (1 - 4 * A) ** (n / 4);
  return D * Math.exp(A * dot(w, w) + Math.sqrt(1 - 4 * A) * dot(w, z) - dot(z, z) / 2);
}

describe("the variance of an estimated energy change", () => {
  it("is 6374 for the entry of the design, whose Monte Carlo gave 6370 +- 17; the printed sign gives less than 0", () => {
    for (const bit of [0, 1, 2])
      expect(energyChangeVariance(entry.patterns, entry.sigma, bit, -1).variance).toBeCloseTo(6374.311, 3);
    expect(energyChangeVariance(entry.patterns, entry.sigma, 0, -1, "printed").variance).toBeLessThan(0);
  });

  it("is that integral over the projection, term by term: n = 2 and 3", () => {
    const rng = createRng(1);
    for (const [dim, count] of [
      [2, 3],
      [3, 2],
    ]) {
      const patterns = drawPatterns(dim, 1, count, rng);
      const sigma = drawPatterns(dim, 1, 1, rng);
      const flipped = sigma.map((spin, l) => (l === 1 ? -spin : spin));
      // 41^3 points at n = 3, which do for A = -1.
      for (const A of dim === 2 ? [-1, -0.3, 0] : [-1]) {
        const integral = (f: (w: Float64Array) => number) => expectation(dim, f, dim === 2 ? 93 : 41);
        const psi = (w: Float64Array) => {
          let sum = 0;
          for (let j = 0; j < count; j++) sum += feature(A, patterns.subarray(j * dim, (j + 1) * dim), w);
          return sum;
        };
        const moments = [
          integral((w) => (feature(A, flipped, w) * psi(w)) ** 2),
          integral((w) => (feature(A, sigma, w) * psi(w)) ** 2),
          integral((w) => feature(A, flipped, w) * feature(A, sigma, w) * psi(w) ** 2),
        ];
        const { V, variance, mean } = energyChangeVariance(patterns, sigma, 1, A);
        for (const [i, moment] of moments.entries()) expect(V[i] / moment).toBeCloseTo(1, 9);
        const [after, before] = [flipped, sigma].map((s) => integral((w) => feature(A, s, w) * psi(w)));
        expect(V[3] / (after * after)).toBeCloseTo(1, 9);
        expect(V[4] / (before * before)).toBeCloseTo(1, 9);
        expect(V[5] / (after * before)).toBeCloseTo(1, 9);
        expect(mean).toBeCloseTo(before - after, 7);
        const direct = integral((w) => (psi(w) * (feature(A, sigma, w) - feature(A, flipped, w))) ** 2);
        expect(variance / (direct - (before - after) ** 2)).toBeCloseTo(1, 8);
      }
    }
  });

  it("is what memories with drawn projections show, and their mean is the exact change", () => {
    const rng = createRng(2);
    for (const { patterns, sigma, A, draws } of [
      { ...entry, A: -1, draws: 200_000 },
      { patterns: drawPatterns(4, 2, 3, rng), sigma: drawPatterns(4, 1, 1, rng), A: -0.8, draws: 100_000 },
    ]) {
      const dim = sigma.length;
      const flips = Array.from(sigma, (_, bit) => ({ sigma, bit }));
      const sampled = sampleEnergyChanges({ patterns, dim, flips, A, draws, rng });
      for (const [bit, got] of sampled.entries()) {
        const { mean, variance } = energyChangeVariance(patterns, sigma, bit, A);
        expect(mean).toBeCloseTo(energyChange(exactEnergy(patterns, dim), sigma, bit), 12);
        // Four standard errors: one in 16,000 seeds would fail.
        expect(Math.abs(got.mean - mean)).toBeLessThan(4 * got.meanError);
        expect(Math.abs(got.variance - variance)).toBeLessThan(4 * got.varianceError);
        expect(got.varianceError).toBeLessThan(0.1 * variance);
      }
    }
  });

  it("falls as 1/r with independent projections, and further with orthogonal ones", () => {
    const { patterns, sigma } = entry;
    const single = energyChangeVariance(patterns, sigma, 0, -1).variance;
    const sample = (orthogonal: boolean) =>
      sampleEnergyChanges({
        patterns,
        dim: 3,
        flips: [{ sigma, bit: 0 }],
        A: -1,
        projections: 3,
        orthogonal,
        draws: 60_000,
        rng: createRng(3),
      })[0];
    const independent = sample(false);
    expect(Math.abs(independent.variance - single / 3)).toBeLessThan(4 * independent.varianceError);
    const orthogonal = sample(true);
    expect(orthogonal.variance + 4 * orthogonal.varianceError).toBeLessThan(single / 3);
    expect(Math.abs(orthogonal.mean - independent.mean)).toBeLessThan(
      4 * Math.hypot(orthogonal.meanError, independent.meanError),
    );
  });

  it("does not depend on the names of bits and signs", () => {
    const rng = createRng(4);
    const patterns = drawPatterns(5, 1, 4, rng);
    const sigma = drawPatterns(5, 1, 1, rng);
    const turned = (a: Float64Array) => a.map((_, i) => -a[i - (i % 5) + ((i + 2) % 5)]);
    expect(energyChangeVariance(turned(patterns), turned(sigma), 1, -0.5).variance).toBeCloseTo(
      energyChangeVariance(patterns, sigma, 3, -0.5).variance,
      6,
    );
  });
});

describe("moments in closed form", () => {
  it("the product of four features is that integral", () => {
    const rng = createRng(5);
    for (const A of [-1, -0.2, 0]) {
      const four = [0, 1, 2, 3].map(() => drawPatterns(2, 1, 1, rng));
      const squared = [0, 1].reduce((sum, l) => sum + four.reduce((s, z) => s + z[l], 0) ** 2, 0);
      const integral = expectation(2, (w) => four.reduce((product, z) => product * feature(A, z, w), 1));
      expect(fourFeatureMoment(squared, 2, A) / integral).toBeCloseTo(1, 9);
    }
  });

  it("powers of the kernel estimate: the first is the kernel, the second the second moment", () => {
    const rng = createRng(6);
    const x = ofNorm(3, 0.8, rng);
    const y = ofNorm(3, 0.5, rng);
    for (const kind of ["favor++", "hf++"] as const)
      for (const A of [-0.7, 0, 0.02]) {
        expect(kernelPowerMoment(kind, x, y, A, 1)).toBeCloseTo(Math.exp(dot(x, y)), 12);
        expect(kernelPowerMoment(kind, x, y, A, 2)).toBeCloseTo(kernelSecondMoment(kind, x, y, A), 12);
      }
  });

  it("the third and fourth powers are those integrals", () => {
    const x = Float64Array.of(0.3, -0.2);
    const y = Float64Array.of(0.1, 0.5);
    for (const power of [3, 4])
      for (const A of [-0.5, 0]) {
        const one = (w: Float64Array) => feature(A, x, w) * feature(A, y, w);
        const both = (w: Float64Array) => (one(w) + one(w.map((value) => -value))) / 2;
        expect(
          kernelPowerMoment("favor++", x, y, A, power) / expectation(2, (w) => one(w) ** power),
        ).toBeCloseTo(1, 9);
        expect(
          kernelPowerMoment("hf++", x, y, A, power) / expectation(2, (w) => both(w) ** power),
        ).toBeCloseTo(1, 9);
      }
    expect(kernelPowerMoment("favor++", x, y, 0.07, 4)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("arguments", () => {
  it("are refused where they are not of their kind", () => {
    const { patterns, sigma } = entry;
    expect(() => energyChangeVariance(patterns, sigma, 3, -1)).toThrow("bit is 3");
    expect(() => energyChangeVariance(patterns, sigma, 0, 0.125)).toThrow("A is 0.125, expected A < 1/8");
    expect(() => energyChangeVariance(patterns, new Float64Array(3), 0, -1)).toThrow("sigma[0] is 0");
    expect(() => energyChangeVariance(Float64Array.of(1, 1), sigma, 0, -1)).toThrow("patterns has length 2");
    expect(() => fourFeatureMoment(1, 3, -1, "other" as never)).toThrow('form is "other"');
    expect(() => kernelPowerMoment("favor+", sigma, sigma, 0, 0)).toThrow(
      "power is 0, expected an integer >= 1",
    );
    const options = { patterns, dim: 3, flips: [{ sigma, bit: 0 }], A: -1, rng: createRng(1) };
    expect(() => sampleEnergyChanges({ ...options, draws: 1 })).toThrow("draws is 1");
    expect(() => coefficientsOfA(0.2, 3)).toThrow("expected A < 1/8");
    expect(logEnergy(exactEnergy(patterns, 3), sigma)).toBeCloseTo(Math.log(Math.exp(3) + Math.exp(-3)), 12);
  });
});
