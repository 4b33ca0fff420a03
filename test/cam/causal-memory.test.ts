import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  coefficientsOfRho,
  createFeatureMap,
  estimateKernel,
  FEATURE_MAP_KINDS,
  type FeatureMapKind,
  optimalRho,
} from "../../src/cam/index.ts";
import { createCachedAttention, readCached, writeCached } from "./cached-attention.ts";
import { causalSquaredSum, createCausalMemory, readCausal, writeCausal } from "./causal-memory.ts";
import { createMemory, readPattern, writePattern } from "./memory.ts";
import { dot, gaussians } from "./monte-carlo.ts";

const [dim, valueDim] = [4, 3];

function draw(kind: FeatureMapKind, features = 16) {
  return createFeatureMap({ kind, dim, features, rng: createRng(3) });
}

/** Discounted attention over patterns 0..t, pair by pair; the reference for write-then-read. */
function masked(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  t: number,
  tau: number,
  kernel: (q: Float64Array, k: Float64Array) => number,
): Float64Array {
  const out = new Float64Array(valueDim);
  let total = 0;
  for (let j = 0; j <= t; j++) {
    const weight = Math.exp(-tau * (t - j)) * kernel(q, k.subarray(j * dim, (j + 1) * dim));
    total += weight;
    for (let l = 0; l < valueDim; l++) out[l] += weight * v[j * valueDim + l];
  }
  return out.map((value) => value / total);
}

function gap(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

describe("a memory with an exact kernel", () => {
  it("is discounted masked softmax attention", () => {
    // Keys from a dictionary: phi(k_s) = e_s and phi(q)_s = exp(q'k_s) make phi(q)'phi(k) = exp(q'k).
    const rng = createRng(1);
    const words = 5;
    const dictionary = gaussians(words * dim, rng, 2);
    for (const tau of [0, 0.1, 2]) {
      const memory = createMemory(words, valueDim);
      const steps = 40;
      const k = new Float64Array(steps * dim);
      const v = gaussians(steps * valueDim, rng);
      const out = new Float64Array(valueDim);
      for (let t = 0; t < steps; t++) {
        const word = rng.int(words);
        k.set(dictionary.subarray(word * dim, (word + 1) * dim), t * dim);
        const oneHot = new Float64Array(words).fill(Number.NEGATIVE_INFINITY);
        oneHot[word] = 0;
        writePattern(memory, oneHot, v, t * valueDim, tau);
        const q = gaussians(dim, rng, 2);
        const logPhi = Float64Array.from({ length: words }, (_, s) =>
          dot(q, dictionary.subarray(s * dim, (s + 1) * dim)),
        );
        readPattern(memory, logPhi, out, 0);
        const exact = masked(q, k, v, t, tau, (a, b) => Math.exp(dot(a, b)));
        expect(gap(out, exact)).toBeLessThan(1e-12);
      }
    }
  });
});

describe("causal memory", () => {
  for (const kind of FEATURE_MAP_KINDS)
    for (const tau of [0, 0.1])
      it(`equals discounted attention with the estimated kernel: ${kind}, tau ${tau}`, () => {
        const rng = createRng(4);
        const map = draw(kind);
        const memory = createCausalMemory({ map, valueDim, tau, scale: 1 });
        const steps = 30;
        const k = gaussians(steps * dim, rng, 0.6);
        const v = gaussians(steps * valueDim, rng);
        const out = new Float64Array(valueDim);
        for (let t = 0; t < steps; t++) {
          const q = gaussians(dim, rng, 0.6);
          writeCausal(memory, k, t * dim, v, t * valueDim);
          readCausal(memory, q, 0, out, 0);
          let rho = 1;
          if (map.rho === "data") {
            const best = optimalRho(meanOverPast(q, k, t, tau), dim);
            rho = memory.rhos.reduce((a, b) => (Math.abs(b - best) < Math.abs(a - best) ? b : a));
          }
          const coefficients = coefficientsOfRho(rho, dim);
          const reference = masked(q, k, v, t, tau, (a, b) => estimateKernel(map, coefficients, a, b));
          expect(gap(out, reference)).toBeLessThan(1e-11);
        }
      });

  it("g is the discounted mean of |q + k|^2", () => {
    const rng = createRng(5);
    for (const tau of [0, 0.3]) {
      const memory = createCausalMemory({ map: draw("favor++"), valueDim, tau, scale: 0.5 });
      const k = gaussians(9 * dim, rng);
      const v = gaussians(9 * valueDim, rng);
      for (let t = 0; t < 9; t++) writeCausal(memory, k, t * dim, v, t * valueDim);
      const q = gaussians(dim, rng);
      expect(causalSquaredSum(memory, q, 0)).toBeCloseTo(meanOverPast(q, k, 8, tau) / 4, 12);
    }
  });

  it("has a size that does not depend on t, and stays exact at t = 100,000", () => {
    for (const kind of ["hf+", "favor++"] as const) {
      const rng = createRng(6);
      const map = draw(kind, 8);
      const memory = createCausalMemory({ map, valueDim, tau: 0.1, slices: 2 });
      const size = () =>
        memory.sums.length +
        memory.slices.reduce((sum, { N, Psi, logScale }) => sum + N.length + Psi.length + logScale.length, 0);
      const before = size();
      const steps = 100_000;
      const last = 400;
      const k = new Float64Array(last * dim);
      const v = new Float64Array(last * valueDim);
      for (let t = 0; t < steps; t++) {
        // Norms that wander over six orders of magnitude on the way.
        const norm = t < steps - last ? 10 ** (2 * Math.sin(t / 500)) : 1;
        const key = gaussians(dim, rng, norm);
        const value = gaussians(valueDim, rng);
        writeCausal(memory, key, 0, value, 0);
        if (t < steps - last) continue;
        k.set(key, (t - steps + last) * dim);
        v.set(value, (t - steps + last) * valueDim);
      }
      expect(size()).toBe(before);
      const q = gaussians(dim, rng);
      const out = new Float64Array(valueDim);
      readCausal(memory, q, 0, out, 0);
      // e^{-0.1 * 400} = 4e-18: a memory that saw only the last 400 patterns is the same.
      const short = createCausalMemory({ map, valueDim, tau: 0.1, slices: 2 });
      for (let t = 0; t < last; t++) writeCausal(short, k, t * dim, v, t * valueDim);
      const reference = new Float64Array(valueDim);
      readCausal(short, q, 0, reference, 0);
      expect(gap(out, reference)).toBeLessThan(1e-9);
    }
  });

  it("stays finite at |k| = 3000 and without a pattern reads zeros", () => {
    for (const kind of FEATURE_MAP_KINDS) {
      const rng = createRng(7);
      const memory = createCausalMemory({ map: draw(kind), valueDim });
      const out = new Float64Array(valueDim).fill(9);
      readCausal(memory, gaussians(dim, rng), 0, out, 0);
      expect([...out]).toEqual([0, 0, 0]);
      const v = new Float64Array([1, -2, 3]);
      for (let t = 0; t < 20; t++) {
        writeCausal(memory, gaussians(dim, rng, 1500), 0, v, 0);
        readCausal(memory, gaussians(dim, rng, 1500), 0, out, 0);
        // One value written throughout: any weights give it back.
        expect(gap(out, v)).toBeLessThan(1e-12);
      }
    }
  });

  it("refuses illegal options", () => {
    const map = draw("favor++");
    expect(() => createCausalMemory({ map, valueDim, tau: -1 })).toThrow(
      "tau is -1, expected a finite number >= 0",
    );
    expect(() => createCausalMemory({ map, valueDim, slices: 0 })).toThrow("slices is 0");
    expect(() => createCausalMemory({ map, valueDim: 0 })).toThrow("valueDim is 0");
    expect(() => createCausalMemory({ map, valueDim, scale: Number.NaN })).toThrow("scale is NaN");
  });
});

describe("attention over a capped cache", () => {
  it("is masked softmax attention over the last patterns", () => {
    const rng = createRng(8);
    const [steps, capacity, tau] = [25, 10, 0.2];
    const cache = createCachedAttention({ dim, valueDim, capacity, tau, scale: 1 });
    const k = gaussians(steps * dim, rng);
    const v = gaussians(steps * valueDim, rng);
    const out = new Float64Array(valueDim);
    readCached(cache, k, 0, out, 0);
    expect([...out]).toEqual([0, 0, 0]);
    for (let t = 0; t < steps; t++) {
      const q = gaussians(dim, rng);
      writeCached(cache, k, t * dim, v, t * valueDim);
      readCached(cache, q, 0, out, 0);
      const first = Math.max(0, t + 1 - capacity);
      const reference = masked(
        q,
        k.subarray(first * dim),
        v.subarray(first * valueDim),
        t - first,
        tau,
        (a, b) => Math.exp(dot(a, b)),
      );
      expect(gap(out, reference)).toBeLessThan(1e-13);
    }
    expect(() => createCachedAttention({ dim, valueDim, capacity: 0 })).toThrow("capacity is 0");
  });
});

function meanOverPast(q: Float64Array, k: Float64Array, t: number, tau: number): number {
  let sum = 0;
  let total = 0;
  for (let j = 0; j <= t; j++) {
    const weight = Math.exp(-tau * (t - j));
    total += weight;
    for (let l = 0; l < dim; l++) sum += weight * (q[l] + k[j * dim + l]) ** 2;
  }
  return sum / total;
}
