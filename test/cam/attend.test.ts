import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  ATTENTION_KINDS,
  type AttentionMap,
  coefficientsOfRho,
  createFeatureMap,
  estimateKernel,
  FEATURE_MAP_KINDS,
  optimalRho,
} from "../../src/cam/index.ts";
import { camAttend, createAttendWorkspace, meanSquaredSum } from "./attend.ts";
import { dot, gaussians, ofNorm } from "./monte-carlo.ts";

const [tokens, dim, valueDim] = [7, 4, 3];

function heads(seed: number, scale = 1) {
  const rng = createRng(seed);
  return {
    q: gaussians(tokens * dim, rng, scale),
    k: gaussians(tokens * dim, rng, scale),
    v: gaussians(tokens * valueDim, rng),
  };
}

/** Attention written out pair by pair, with any kernel. */
function pairwise(
  { q, k, v }: ReturnType<typeof heads>,
  kernel: (q: Float64Array, k: Float64Array) => number,
): Float64Array {
  const out = new Float64Array(tokens * valueDim);
  for (let i = 0; i < tokens; i++) {
    const weights = Array.from({ length: tokens }, (_, j) =>
      kernel(q.subarray(i * dim, (i + 1) * dim), k.subarray(j * dim, (j + 1) * dim)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let j = 0; j < tokens; j++)
      for (let l = 0; l < valueDim; l++) out[i * valueDim + l] += (weights[j] / total) * v[j * valueDim + l];
  }
  return out;
}

function largestGap(a: Float64Array, b: Float64Array): number {
  return a.reduce((gap, value, i) => Math.max(gap, Math.abs(value - b[i])), 0);
}

describe("exact attention", () => {
  it("is the softmax of q'k / sqrt(n), pair by pair", () => {
    const data = heads(1);
    const exact = pairwise(data, (q, k) => Math.exp(dot(q, k) / Math.sqrt(dim)));
    const map = createFeatureMap({ kind: "softmax", dim, features: 0, rng: createRng(0) });
    expect(largestGap(camAttend(data.q, data.k, data.v, map), exact)).toBeLessThan(1e-14);
  });
});

describe("bidirectional memory", () => {
  for (const kind of FEATURE_MAP_KINDS) {
    it(`equals attention with the estimated kernel, pair by pair: ${kind}`, () => {
      const data = heads(2);
      const map = createFeatureMap({ kind, dim, features: 12, rng: createRng(3) });
      const scale = dim ** -0.25;
      const g = meanSquaredSum(data.q, data.k, dim, scale);
      const coefficients = coefficientsOfRho(map.rho === "data" ? optimalRho(g, dim) : 1, dim);
      const scaled = (z: Float64Array) => z.map((value) => scale * value);
      const reference = pairwise(data, (q, k) => estimateKernel(map, coefficients, scaled(q), scaled(k)));
      expect(largestGap(camAttend(data.q, data.k, data.v, map), reference)).toBeLessThan(1e-12);
    });

    it(`nears exact attention as the features grow: ${kind}`, () => {
      const data = heads(4, 0.5);
      const exact = camAttend(data.q, data.k, data.v, { kind: "softmax", dim });
      const error = (features: number) => {
        let sum = 0;
        for (let seed = 0; seed < 8; seed++) {
          const map = createFeatureMap({ kind, dim, features, rng: createRng(seed) });
          sum += largestGap(camAttend(data.q, data.k, data.v, map), exact) / 8;
        }
        return sum;
      };
      const [few, many] = [error(16), error(4096)];
      expect(many).toBeLessThan(0.04);
      // 256 times the features: a sixteenth of the error, within a factor of two.
      expect(many).toBeLessThan(few / 8);
    });

    it(`is finite and inside the values' hull for |q| = |k| = 30 and 3000: ${kind}`, () => {
      for (const norm of [30, 3000]) {
        const rng = createRng(5);
        const q = Float64Array.from(Array.from({ length: tokens }, () => [...ofNorm(dim, norm, rng)]).flat());
        const k = Float64Array.from(Array.from({ length: tokens }, () => [...ofNorm(dim, norm, rng)]).flat());
        const v = gaussians(tokens * valueDim, rng);
        const map = createFeatureMap({ kind, dim, features: 16, rng });
        const out = camAttend(q, k, v, map);
        for (let i = 0; i < out.length; i++) {
          const column = Array.from({ length: tokens }, (_, j) => v[j * valueDim + (i % valueDim)]);
          expect(out[i]).toBeGreaterThanOrEqual(Math.min(...column) - 1e-12);
          expect(out[i]).toBeLessThanOrEqual(Math.max(...column) + 1e-12);
        }
      }
    });

    it(`does not depend on the order of the patterns, and moves with that of the queries: ${kind}`, () => {
      const { q, k, v } = heads(6);
      const map = createFeatureMap({ kind, dim, features: 16, rng: createRng(7) });
      const order = [3, 0, 6, 2, 5, 1, 4];
      const rows = (a: Float64Array, width: number) =>
        Float64Array.from(order.flatMap((i) => [...a.subarray(i * width, (i + 1) * width)]));
      const plain = camAttend(q, k, v, map);
      expect(largestGap(camAttend(q, rows(k, dim), rows(v, valueDim), map), plain)).toBeLessThan(1e-13);
      expect(largestGap(camAttend(rows(q, dim), k, v, map), rows(plain, valueDim))).toBeLessThan(1e-13);
    });
  }

  it("keeps the keys' weights: a key of tiny norm beside one of large norm", () => {
    // A maximum per key would give both the same largest feature, hence nearly equal weights.
    const q = new Float64Array([1, 0]);
    const k = new Float64Array([6, 0, -1, 0]);
    const v = new Float64Array([1, 0]);
    const map = createFeatureMap({ kind: "favor++", dim: 2, features: 20_000, rng: createRng(8) });
    const weight = 1 / (1 + Math.exp(-7 / Math.SQRT2));
    expect(Math.abs(camAttend(q, k, v, map)[0] - weight)).toBeLessThan(0.01);
  });

  it("takes a fixed rho; rho = 1 makes FAVOR++ FAVOR+", () => {
    const { q, k, v } = heads(9);
    const draw = (kind: "favor+" | "favor++", rho?: number): AttentionMap =>
      createFeatureMap({ kind, dim, features: 8, rng: createRng(10), rho });
    const plain = camAttend(q, k, v, draw("favor+"));
    expect(largestGap(camAttend(q, k, v, draw("favor++", 1)), plain)).toBe(0);
    expect(largestGap(camAttend(q, k, v, draw("favor++", 0.4)), plain)).toBeGreaterThan(1e-3);
    const g = meanSquaredSum(q, k, dim, dim ** -0.25);
    expect(
      largestGap(
        camAttend(q, k, v, draw("favor++", optimalRho(g, dim))),
        camAttend(q, k, v, draw("favor++")),
      ),
    ).toBeLessThan(1e-14);
  });

  it("reuses a workspace and an output, takes other numbers of keys than queries, and no keys at all", () => {
    const { q, k, v } = heads(11);
    const map = createFeatureMap({ kind: "hf+", dim, features: 8, rng: createRng(12) });
    const workspace = createAttendWorkspace(map, valueDim);
    const first = camAttend(q, k, v, map, { workspace });
    camAttend(k, q, v, map, { workspace });
    const out = new Float64Array(2 * valueDim);
    expect(camAttend(q.subarray(0, 2 * dim), k, v, map, { workspace, out })).toBe(out);
    expect(largestGap(out, first.subarray(0, 2 * valueDim))).toBe(0);
    const none = new Float64Array(0);
    expect([...camAttend(q.subarray(0, dim), none, none, map, { workspace })]).toEqual([0, 0, 0]);
  });
});

describe("inputs that are not finite", () => {
  it("give results that are not finite, not an exception", () => {
    for (const kind of ATTENTION_KINDS)
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const map = createFeatureMap({ kind, dim, features: 8, rng: createRng(1) });
        const { q, k, v } = heads(14);
        k[5] = bad;
        expect(camAttend(q, k, v, map).some(Number.isNaN)).toBe(true);
      }
  });
});

describe("g", () => {
  it("is the mean of |q + k|^2 over all pairs", () => {
    const rng = createRng(13);
    const q = gaussians(5 * dim, rng);
    const k = gaussians(9 * dim, rng);
    let sum = 0;
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 9; j++) for (let l = 0; l < dim; l++) sum += (q[i * dim + l] + k[j * dim + l]) ** 2;
    expect(meanSquaredSum(q, k, dim)).toBeCloseTo(sum / 45, 12);
    expect(meanSquaredSum(q, k, dim, 0.5)).toBeCloseTo(sum / 180, 12);
  });
});

describe("arguments", () => {
  it("are refused with name, got and expected", () => {
    const rng = createRng(1);
    const make = (change: object) => () =>
      createFeatureMap({ kind: "hf+", dim: 4, features: 8, rng, ...change });
    expect(make({ kind: "favor" as "favor+" })).toThrow('kind is "favor", expected one of favor+, hf+');
    expect(make({ features: 7 })).toThrow("features is 7, expected an even number");
    expect(make({ features: 7, count: "projections" })).not.toThrow();
    expect(make({ features: 0 })).toThrow("features is 0, expected an integer >= 1");
    expect(make({ dim: -1 })).toThrow("dim is -1");
    expect(make({ kind: "hf++", rho: 1.5 })).toThrow("rho is 1.5, expected a number in (0, 1]");
    expect(make({ count: "rows" as "features" })).toThrow('count is "rows"');
    const map = make({})();
    const a = new Float64Array(8);
    expect(() => camAttend(new Float64Array(7), a, a, map)).toThrow("q has length 7");
    expect(() => camAttend(a, a, new Float64Array(5), map)).toThrow(
      "v has length 5, expected a multiple of the 2 keys",
    );
    expect(() => camAttend(a, a, a, map, { scale: 0 })).toThrow("scale is 0");
    expect(() => camAttend(a, a, a, map, { out: new Float64Array(3) })).toThrow("out has length 3");
  });
});
