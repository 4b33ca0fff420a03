import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { addSample, createMoments, summarizeMoments } from "../../src/cam/index.ts";

function summarize(values: Iterable<number>) {
  const moments = createMoments();
  for (const value of values) addSample(moments, value);
  return summarizeMoments(moments);
}

describe("running moments", () => {
  it("are those of two passes, also far from zero", () => {
    const rng = createRng(1);
    for (const offset of [0, 1e6]) {
      const values = Array.from({ length: 500 }, () => offset + Math.exp(rng.gauss()));
      const mean = values.reduce((sum, v) => sum + v / 500, 0);
      const second = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
      const fourth = values.reduce((sum, v) => sum + (v - mean) ** 4, 0) / 500;
      const variance = second / 499;
      const got = summarize(values);
      expect(got.count).toBe(500);
      expect(got.mean).toBeCloseTo(mean, 8);
      expect(got.variance / variance).toBeCloseTo(1, 8);
      expect(got.meanError / Math.sqrt(variance / 500)).toBeCloseTo(1, 8);
      expect(got.varianceError / Math.sqrt((fourth - variance ** 2) / 500)).toBeCloseTo(1, 6);
    }
  });

  it("cover normal numbers: mean 3, variance 4, standard errors sqrt(4/n) and 4 sqrt(2/n)", () => {
    const rng = createRng(2);
    const n = 40_000;
    const got = summarize(Array.from({ length: n }, () => 3 + 2 * rng.gauss()));
    expect(Math.abs(got.mean - 3)).toBeLessThan(4 * got.meanError);
    expect(Math.abs(got.variance - 4)).toBeLessThan(4 * got.varianceError);
    expect(got.meanError).toBeCloseTo(2 / Math.sqrt(n), 3);
    expect(got.varianceError).toBeCloseTo(4 * Math.sqrt(2 / n), 2);
  });

  it("of nothing and of one number have no variance; a constant has none to speak of", () => {
    expect(summarize([]).mean).toBeNaN();
    expect(summarize([5])).toMatchObject({ count: 1, mean: 5 });
    expect(summarize([5]).variance).toBeNaN();
    expect(summarize([5, 5, 5])).toMatchObject({ mean: 5, variance: 0, meanError: 0, varianceError: 0 });
    expect(summarize([1, Number.NaN, 2]).mean).toBeNaN();
  });
});
