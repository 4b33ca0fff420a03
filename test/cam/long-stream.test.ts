import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createMemory, readPattern, writePattern } from "./memory.ts";
import { dot, gaussians } from "./monte-carlo.ts";

const [dim, valueDim, words, steps] = [4, 3, 6, 100_000];

describe("a stream of 100,000 patterns with an exact kernel", () => {
  // phi(k_s) = e_s and phi(q)_s = exp(q'k_s): keys out of a dictionary make phi(q)'phi(k) = exp(q'k).
  for (const tau of [0, 1e-4, 0.1])
    it(`reads masked softmax attention over all of them from a state of the size it began with: tau ${tau}`, () => {
      const rng = createRng(1);
      const dictionary = gaussians(words * dim, rng, 2);
      const memory = createMemory(words, valueDim);
      const size = memory.N.length + memory.Psi.length + memory.logScale.length;
      const keys = new Int32Array(steps);
      const values = gaussians(steps * valueDim, rng);
      const oneHot = new Float64Array(words);
      for (let t = 0; t < steps; t++) {
        keys[t] = rng.int(words);
        oneHot.fill(Number.NEGATIVE_INFINITY);
        oneHot[keys[t]] = 0;
        writePattern(memory, oneHot, values, t * valueDim, tau);
      }
      expect(memory.N.length + memory.Psi.length + memory.logScale.length).toBe(size);
      for (let n = 0; n < 3; n++) {
        const q = gaussians(dim, rng, 2);
        const logits = Float64Array.from({ length: words }, (_, s) =>
          dot(q, dictionary.subarray(s * dim, (s + 1) * dim)),
        );
        const top = Math.max(...logits);
        const expected = new Float64Array(valueDim);
        let total = 0;
        for (let t = 0; t < steps; t++) {
          const weight = Math.exp(logits[keys[t]] - top - tau * (steps - 1 - t));
          total += weight;
          for (let l = 0; l < valueDim; l++) expected[l] += weight * values[t * valueDim + l];
        }
        const out = new Float64Array(valueDim);
        readPattern(memory, logits, out, 0);
        // Rounding of 100,000 sums, each of relative size 1e-16.
        for (let l = 0; l < valueDim; l++) expect(Math.abs(out[l] - expected[l] / total)).toBeLessThan(1e-11);
      }
    });
});
