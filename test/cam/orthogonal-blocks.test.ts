import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  coefficientsOfA,
  coefficientsOfRho,
  drawProjections,
  FEATURE_MAP_KINDS,
  isFitted,
  kernelVariance,
} from "../../src/cam/index.ts";
import { dot, ofNorm, sampleKernel, sampleMoments } from "./monte-carlo.ts";

describe("orthogonal projections", () => {
  it("are orthogonal within a block, also in the cut last one", () => {
    const [rows, dim] = [11, 4];
    const w = drawProjections(rows, dim, createRng(1));
    const row = (i: number) => w.subarray(i * dim, (i + 1) * dim);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < i; j++)
        if (Math.floor(i / dim) === Math.floor(j / dim))
          expect(Math.abs(dot(row(i), row(j)))).toBeLessThan(1e-13);
  });

  it("have chi(n) norms and Haar directions: every entry is standard normal", () => {
    for (const dim of [1, 2, 5]) {
      const rng = createRng(2);
      const squared = sampleMoments(20_000, () => {
        const w = drawProjections(1, dim, rng);
        return dot(w, w);
      });
      // chi-squared: mean n, variance 2n.
      expect(Math.abs(squared.mean - dim)).toBeLessThan(4 * squared.meanError);
      expect(Math.abs(squared.variance - 2 * dim)).toBeLessThan(4 * squared.varianceError);
      for (let j = 0; j < dim; j++)
        for (const i of new Set([0, dim - 1])) {
          const entry = sampleMoments(8_000, () => drawProjections(dim, dim, rng)[i * dim + j]);
          expect(Math.abs(entry.mean)).toBeLessThan(4 * entry.meanError);
          expect(Math.abs(entry.variance - 1)).toBeLessThan(4 * entry.varianceError);
        }
    }
  });

  it("without the sign correction bias FAVOR+ and FAVOR++, not the hyperbolic maps", () => {
    const x = new Float64Array([0.8, 0, 0, 0]);
    const y = new Float64Array([0.7, 0.2, 0, 0]);
    const plusPlus = coefficientsOfRho(0.5, 4);
    const biases: Record<string, number> = {};
    for (const kind of ["favor+", "favor++", "hf+", "hf++"] as const) {
      const coefficients = kind.endsWith("++") ? plusPlus : coefficientsOfA(0, 4);
      for (const signCorrected of [true, false]) {
        const sample = sampleKernel({ kind, features: 4, signCorrected }, coefficients, x, y, 20_000, 9);
        const bias = Math.abs(sample.mean - Math.exp(dot(x, y)));
        if (signCorrected || kind.startsWith("hf")) expect(bias).toBeLessThan(4 * sample.meanError);
        else expect(bias).toBeGreaterThan(20 * sample.meanError);
        if (!signCorrected) biases[kind] = bias / Math.exp(dot(x, y));
      }
    }
    expect(biases["favor+"]).toBeGreaterThan(0.05);
    expect(biases["favor++"]).toBeGreaterThan(0.05);
  });

  it("vary less than independent ones", () => {
    const random = createRng(12);
    const dim = 4;
    for (const norm of [0.5, 1]) {
      const x = ofNorm(dim, norm, random);
      const y = ofNorm(dim, norm, random);
      for (const kind of FEATURE_MAP_KINDS) {
        // At |x| = 1 the "+" maps are too heavy-tailed for a sample variance of this size.
        if (norm === 1 && !isFitted(kind)) continue;
        const coefficients = isFitted(kind) ? coefficientsOfRho(0.6, dim) : coefficientsOfA(0, dim);
        const sampled = sampleKernel(
          { kind, features: dim, count: "projections" },
          coefficients,
          x,
          y,
          30_000,
          13,
        );
        const independent = kernelVariance(kind, x, y, coefficients.A) / dim;
        expect(sampled.variance + 3 * sampled.varianceError).toBeLessThan(independent);
      }
    }
  });

  it("refuse sizes that are no counts", () => {
    expect(() => drawProjections(0, 4, createRng(1))).toThrow("rows is 0, expected an integer >= 1");
    expect(() => drawProjections(2, 1.5, createRng(1))).toThrow("dim is 1.5");
  });
});
