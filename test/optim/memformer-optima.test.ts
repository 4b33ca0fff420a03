import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { type Matrix, solve, times } from "../../src/linalg/index.ts";
import {
  conjugateGradients,
  drawPrompts,
  leastSharedLoss,
  lossForm,
  type MemformerSpec,
  memformerLayout,
  polynomialLoss,
  type RegressionPrompts,
  runMemformer,
  tuneFixedStep,
} from "../../src/optim/index.ts";

const FAMILIES = {
  isotropic: { eigenvalues: [1, 1, 1, 1, 1], examples: 20 },
  decay: { eigenvalues: [1, 1, 1 / 4, 1 / 16, 1], examples: 20 },
};
/** Log losses of the best numbers that prompts share, at 1 to 4 layers, as sampling found them before they were counted. */
const SAMPLED = { isotropic: [0.144, -1.018, -2.015, -2.901], decay: [0.807, 0.439, 0.145, -0.162] };
const LAYERS = [1, 2, 3, 4];

/** The polynomial of degree L with p(0) = 1 that makes p'M p least, lowest power first. */
function bestPolynomial(form: Matrix, L: number): number[] {
  const cut = form.slice(0, L + 1).map((row) => row.slice(0, L + 1));
  const column = solve(cut, cut.map((_, i) => [i === 0 ? 1 : 0])).map(([value]) => value); // biome-ignore format: one line
  return column.map((value) => value / column[0]);
}

const polynomialAt = (p: readonly number[], x: number): number => p.reduceRight((sum, c) => sum * x + c, 0);

/** Its positive roots by their changes of sign, each halved to the last digit. */
function rootsOf(p: readonly number[]): number[] {
  const step = Math.PI / 3000; // whose multiples are no roots
  const roots: number[] = [];
  for (let i = 0; i < 10_000; i++) {
    let [low, high] = [i * step, (i + 1) * step];
    if (polynomialAt(p, low) * polynomialAt(p, high) > 0) continue;
    for (let k = 0; k < 60; k++) {
      const half = (low + high) / 2;
      if (polynomialAt(p, low) * polynomialAt(p, half) > 0) low = half;
      else high = half;
    }
    roots.push((low + high) / 2);
  }
  return roots;
}

/** H = X'X / n of a prompt (d, d), and X'y / n (d). */
function momentsOf({ d, n, Z }: RegressionPrompts, p: number): { H: Matrix; b: number[] } {
  const row = (i: number) => Z.subarray((p * (d + 1) + i) * (n + 1), (p * (d + 1) + i) * (n + 1) + n);
  const product = (i: number, j: number) => row(i).reduce((sum, x, k) => sum + (x * row(j)[k]) / n, 0);
  const all = Array.from({ length: d }, (_, i) => i);
  return { H: all.map((i) => all.map((j) => product(i, j))), b: all.map((i) => product(i, d)) };
}

/** `w' H^i x_q` for i = 0 to 4: what is left of the query's label, power by power, of a residual polynomial. */
function powersOf(prompts: RegressionPrompts, at: number): number[] {
  const { d, n, Z } = prompts;
  const { H, b } = momentsOf(prompts, at);
  const w = solve(H, b.map((value) => [value])).map(([value]) => value); // biome-ignore format: one line
  let v = Array.from({ length: d }, (_, i) => Z[(at * (d + 1) + i) * (n + 1) + n]);
  return [0, 1, 2, 3, 4].map((power) => {
    if (power > 0) v = times(H, v);
    return v.reduce((sum, x, i) => sum + w[i] * x, 0);
  });
}

/** The network whose layers take the given steps, whatever its memory, which it does not use. */
function numbersOf(spec: MemformerSpec, steps: readonly number[]): number[] {
  return memformerLayout(spec).entries.flatMap(({ name, size }) => {
    if (name.startsWith("A")) return [steps[Number(name.slice(1))]];
    if (name.startsWith("alpha")) return [1];
    return Array.from({ length: size }, (_, i) => (name.startsWith("Gamma") && i === size - 1 ? 1 : 0));
  });
}

describe.each(Object.keys(FAMILIES) as (keyof typeof FAMILIES)[])("on %s features", (name) => {
  const family = FAMILIES[name];
  const form = lossForm(family, 4);

  test("layers with numbers that prompts share reach the least loss, of every memory", () => {
    const prompts = drawPrompts(family, 30, createRng(8));
    const powers = Array.from(prompts.y, (_, p) => powersOf(prompts, p));
    for (const L of LAYERS) {
      const best = bestPolynomial(form, L);
      expect(polynomialLoss(form, best) / leastSharedLoss(form, L)).toBeCloseTo(1, 9);
      const roots = rootsOf(best);
      expect(roots).toHaveLength(L);
      const steps = roots.map((root) => 1 / root);
      for (const memory of ["none", "cgd", "lfom"] as const) {
        const spec = { d: 5, n: 20, layers: L, memory, preconditioner: "scalar" } as const;
        const predictions = runMemformer(spec, numbersOf(spec, steps), prompts);
        prompts.y.forEach((y, p) => {
          // The network's residual is that polynomial, and with it its exact expected loss the least there is.
          const left = best.reduce((sum, c, i) => sum + c * powers[p][i], 0);
          expect(Math.abs(y - predictions[p * L + L - 1] - left)).toBeLessThan(1e-9);
        });
      }
    }
  });

  test("the least loss is what sampling had found, within 0.02 of its logarithm", () => {
    for (const L of LAYERS)
      expect(Math.abs(Math.log(leastSharedLoss(form, L)) - SAMPLED[name][L - 1])).toBeLessThan(0.02);
  });

  test("conjugate gradients without one of the examples, as published, are worse at every step", () => {
    const prompts = drawPrompts(family, 4000, createRng(9));
    const losses = [20, 19].map((examples) => {
      const { predictions } = conjugateGradients(prompts, 4, examples);
      return LAYERS.map((L) =>
        prompts.y.reduce((sum, y, p) => sum + (predictions[p * 4 + L - 1] - y) ** 2, 0),
      );
    });
    for (const L of LAYERS) expect(Math.log(losses[1][L - 1] / losses[0][L - 1])).toBeGreaterThan(0.005);
  });

  test("a score on the prompts that were fitted, as published, is below the least there is, on others above", () => {
    const [batches, size] = [40, 40];
    const prompts = drawPrompts(family, batches * size, createRng(10));
    const scores = { own: 0, others: 0 };
    for (let batch = 0; batch < batches; batch++) {
      const own: Matrix = form.map(() => Array<number>(5).fill(0));
      for (let p = batch * size; p < (batch + 1) * size; p++) {
        const errors = powersOf(prompts, p);
        for (const [i, a] of errors.entries())
          for (const [j, b] of errors.entries()) own[i][j] += (a * b) / size;
      }
      const fitted = bestPolynomial(own, 4);
      scores.own += polynomialLoss(own, fitted) / batches;
      scores.others += polynomialLoss(form, fitted) / batches;
    }
    expect(scores.own).toBeLessThan(0.9 * leastSharedLoss(form, 4));
    expect(scores.others).toBeGreaterThan(1.1 * leastSharedLoss(form, 4));
  });
});

test("momentum, tuned, leaves little to be learned where features are alike", () => {
  const form = lossForm(FAMILIES.isotropic, 4);
  for (const L of LAYERS)
    expect(tuneFixedStep("momentum", form, L).loss / leastSharedLoss(form, L)).toBeLessThan(1.011);
});
