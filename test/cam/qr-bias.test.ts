import { describe, expect, it } from "vitest";
import { coefficientsOfRho } from "../../src/cam/index.ts";
import { dot, sampleKernel } from "./monte-carlo.ts";

/** The standard normal distribution function, by Simpson's rule from -10 on. */
function normalBelow(t: number): number {
  const parts = 2000;
  const step = (t + 10) / parts;
  let sum = 0;
  for (let i = 0; i <= parts; i++) {
    const weight = i === 0 || i === parts ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((-10 + i * step) ** 2) / 2);
  }
  return (sum * step) / (3 * Math.sqrt(2 * Math.PI));
}

describe("the first projection of Householder QR without its sign", () => {
  // Its first entry is never positive: w is Gaussian in half of the space. With w tilted by the feature,
  // E phi(x)phi(y) = exp(x'y) 2 Phi(-z_1), z = x + y, for every A: B z / (1 - 4A) in units of 1 / B is z.
  const x = Float64Array.of(0.5, -0.1, 0.2);
  const y = Float64Array.of(0.3, 0.4, -0.2);

  for (const [kind, rho] of [
    ["favor+", 1],
    ["favor++", 0.5],
  ] as const)
    it(`is biased by the factor 2 Phi(-z_1), and by none with it: ${kind}`, () => {
      for (const [sign, corrected] of [
        [1, false],
        [-1, false],
        [1, true],
      ] as const) {
        const [a, b] = [x, y].map((z) => z.map((value) => sign * value)) as [Float64Array, Float64Array];
        const options = { kind, features: 1, rho, signCorrected: corrected };
        const sample = sampleKernel(options, coefficientsOfRho(rho, 3), a, b, 30_000, 7);
        const factor = corrected ? 1 : 2 * normalBelow(-(a[0] + b[0]));
        expect(Math.abs(sample.mean - factor * Math.exp(dot(a, b)))).toBeLessThan(4 * sample.meanError);
        if (!corrected) expect(Math.abs(factor - 1)).toBeGreaterThan(0.5);
      }
    });

  it("has a distribution function to compare with that is right", () => {
    expect(normalBelow(0)).toBeCloseTo(0.5, 12);
    expect(normalBelow(1.959963984540054)).toBeCloseTo(0.975, 10);
  });
});
