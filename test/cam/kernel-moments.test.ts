import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  coefficientsOfA,
  coefficientsOfRho,
  FEATURE_MAP_KINDS,
  isFitted,
  isHyperbolic,
  kernelVariance,
  optimalRho,
} from "../../src/cam/index.ts";
import { kernelSecondMoment } from "../../src/cam/kernel-moments.ts";
import { dot, gaussians, ofNorm, sampleKernel } from "./monte-carlo.ts";

const n = 3;
const rng = createRng(11);
const pairs = [0.5, 0.9].map((norm) => ({ x: ofNorm(n, norm, rng), y: ofNorm(n, norm, rng) }));

function squaredSum(x: Float64Array, y: Float64Array): number {
  return dot(x, x) + dot(y, y) + 2 * dot(x, y);
}

function corrected(x: Float64Array, y: Float64Array) {
  return coefficientsOfRho(optimalRho(squaredSum(x, y), x.length), x.length);
}

describe("one random projection", () => {
  for (const kind of FEATURE_MAP_KINDS) {
    it(`estimates exp(x'y) without bias and with the closed form's variance: ${kind}`, () => {
      for (const { x, y } of pairs) {
        const coefficients = isFitted(kind) ? corrected(x, y) : coefficientsOfA(0, n);
        const sample = sampleKernel(
          { kind, features: 1, count: "projections", orthogonal: false },
          coefficients,
          x,
          y,
          100_000,
          5,
        );
        // Four standard errors: one in 16,000 seeds would fail.
        expect(Math.abs(sample.mean - Math.exp(dot(x, y)))).toBeLessThan(4 * sample.meanError);
        const variance = kernelVariance(kind, x, y, coefficients.A);
        expect(Math.abs(sample.variance - variance)).toBeLessThan(4 * sample.varianceError);
        expect(sample.varianceError).toBeLessThan(0.2 * variance);
        const second = kernelSecondMoment(kind, x, y, coefficients.A);
        expect(second - Math.exp(2 * dot(x, y))).toBeCloseTo(variance, 12);
      }
    });
  }

  it("r projections have 1/r of the variance, counted as projections or as features", () => {
    const { x, y } = pairs[1];
    for (const count of ["projections", "features"] as const) {
      const sample = sampleKernel(
        { kind: "hf+", features: 8, count, orthogonal: false },
        coefficientsOfA(0, n),
        x,
        y,
        20_000,
        6,
      );
      const variance = kernelVariance("hf+", x, y, 0) / (count === "projections" ? 8 : 4);
      expect(Math.abs(sample.variance - variance)).toBeLessThan(4 * sample.varianceError);
    }
  });
});

describe("HF+ against FAVOR+", () => {
  it("has (1 - e^-s)/2 of the variance at equal projections and 1 - e^-s at equal features", () => {
    const random = createRng(3);
    for (const norm of [1e-4, 0.1, 0.7, 2, 5]) {
      const x = ofNorm(4, norm, random);
      const y = ofNorm(4, norm, random);
      const ratio = kernelVariance("hf+", x, y, 0) / kernelVariance("favor+", x, y, 0);
      const s = squaredSum(x, y);
      expect(ratio).toBeCloseTo((1 - Math.exp(-s)) / 2, 12);
      // The second moment's own form, where the subtraction is harmless.
      if (norm > 0.5)
        expect(
          (kernelSecondMoment("hf+", x, y, 0) - Math.exp(2 * dot(x, y))) /
            (kernelSecondMoment("favor+", x, y, 0) - Math.exp(2 * dot(x, y))),
        ).toBeCloseTo(ratio, 9);
    }
  });

  it("is measured so: the gain at small |q + k|, none left at large", () => {
    const x = new Float64Array([0.4, 0.1, -0.2]);
    for (const factor of [-0.7, 1]) {
      const y = x.map((value) => factor * value);
      const s = squaredSum(x, y);
      const draw = (kind: "favor+" | "hf+", features: number, seed: number) =>
        sampleKernel({ kind, features, orthogonal: false }, coefficientsOfA(0, n), x, y, 60_000, seed);
      const plain = draw("favor+", 2, 21);
      const hyperbolic = draw("hf+", 2, 22);
      const ratio = hyperbolic.variance / plain.variance;
      const error =
        ratio *
        Math.hypot(hyperbolic.varianceError / hyperbolic.variance, plain.varianceError / plain.variance);
      expect(Math.abs(ratio - (1 - Math.exp(-s)))).toBeLessThan(4 * error);
    }
  });
});

describe("FAVOR++", () => {
  it("rho* is where the closed-form variance is least", () => {
    const random = createRng(4);
    for (const dim of [1, 2, 8, 32])
      for (const norm of [0.01, 0.5, 1.5, 3]) {
        const x = ofNorm(dim, norm, random);
        const y = ofNorm(dim, norm, random);
        const second = (logRho: number) =>
          Math.log(kernelSecondMoment("favor++", x, y, coefficientsOfRho(Math.exp(logRho), dim).A));
        const best = Math.log(optimalRho(squaredSum(x, y), dim));
        // A golden-section search knows nothing of the formula.
        expect(Math.abs(goldenSection(second, -12, 0) - best)).toBeLessThan(1e-5);
      }
  });

  it("rho* is the root of 2 g rho^2 + (2g + n) rho - n, is 1 at g = 0 and stays in (0, 1]", () => {
    for (const dim of [1, 16, 64])
      for (const g of [0, 1e-12, 1e-3, 1, 50, 1e4, 1e200]) {
        const rho = optimalRho(g, dim);
        expect(rho).toBeGreaterThan(0);
        expect(rho).toBeLessThanOrEqual(1);
        expect(Math.abs(2 * g * rho * rho + (2 * g + dim) * rho - dim) / dim).toBeLessThan(1e-12);
      }
    expect(optimalRho(0, 8)).toBe(1);
  });

  it("with the corrected A varies less than FAVOR+, with the printed A 6 to a million times more", () => {
    for (const dim of [4, 16, 64])
      for (const s of [3, 10]) {
        const { x, y } = pairOfSum(dim, s);
        const rho = optimalRho(s, dim);
        const good = kernelVariance("favor++", x, y, coefficientsOfRho(rho, dim).A);
        const printed = kernelVariance("favor++", x, y, 1 - 1 / rho);
        expect(good).toBeLessThan(kernelVariance("favor+", x, y, 0));
        expect(printed / good).toBeGreaterThan(6);
        expect(printed / good).toBeLessThan(1e6);
      }
  });

  it("with the printed A is unbiased too, and varies as its closed form says", () => {
    const { x, y } = pairs[1];
    const rho = optimalRho(squaredSum(x, y), n);
    const printed = coefficientsOfA(1 - 1 / rho, n);
    const sample = sampleKernel(
      { kind: "favor++", features: 1, orthogonal: false },
      printed,
      x,
      y,
      100_000,
      8,
    );
    expect(Math.abs(sample.mean - Math.exp(dot(x, y)))).toBeLessThan(4 * sample.meanError);
    const variance = kernelVariance("favor++", x, y, printed.A);
    expect(Math.abs(sample.variance - variance)).toBeLessThan(4 * sample.varianceError);
    expect(variance / kernelVariance("favor++", x, y, coefficientsOfRho(rho, n).A)).toBeGreaterThan(2);
  });

  it("HF++ has nearly its least variance at the same rho*: within 2% from |q + k| = 1 on, 35% below", () => {
    for (const dim of [4, 16])
      for (const s of [0.01, 0.1, 1, 3, 10]) {
        const { x, y } = pairOfSum(dim, s);
        const at = (rho: number) => kernelVariance("hf++", x, y, coefficientsOfRho(rho, dim).A);
        let least = at(1);
        for (let rho = 0.01; rho < 1; rho += 0.002) least = Math.min(least, at(rho));
        expect(at(optimalRho(s, dim))).toBeLessThan((s < 1 ? 1.35 : 1.02) * least);
      }
  });

  it("HF++ varies at most half as much per projection", () => {
    const random = createRng(6);
    for (const norm of [0.1, 1, 2]) {
      const x = gaussians(6, random, norm);
      const y = gaussians(6, random, norm);
      const { A } = corrected(x, y);
      expect(kernelVariance("hf++", x, y, A)).toBeLessThanOrEqual(
        0.5 * kernelVariance("favor++", x, y, A) * (1 + 1e-12),
      );
    }
  });
});

describe("arguments", () => {
  it("refuses an A of infinite variance and vectors of two lengths", () => {
    const x = new Float64Array(3);
    expect(() => kernelVariance("favor++", x, x, 0.125)).toThrow("A is 0.125, expected A < 1/8");
    expect(() => kernelVariance("favor+", x, new Float64Array(2), 0.1)).toThrow(
      "y has length 2, expected length of x = 3",
    );
    expect(() => coefficientsOfRho(0, 4)).toThrow("rho is 0, expected a number in (0, 1]");
    expect(isHyperbolic("hf++")).toBe(true);
  });
});

/** x = y with |x + y|^2 = s. */
function pairOfSum(dim: number, s: number): { x: Float64Array; y: Float64Array } {
  const x = new Float64Array(dim);
  x[0] = Math.sqrt(s) / 2;
  return { x, y: x };
}

function goldenSection(f: (t: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  while (b - a > 1e-8) {
    const c = b - ratio * (b - a);
    const d = a + ratio * (b - a);
    if (f(c) < f(d)) b = d;
    else a = c;
  }
  return (a + b) / 2;
}
