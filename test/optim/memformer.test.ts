import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  closeGate,
  conjugateGradients,
  createGate,
  createMemformer,
  drawMixture,
  drawPrompts,
  FIXED_STEP_METHODS,
  fixedStepPolynomials,
  joinExperts,
  leastSharedLoss,
  lossForm,
  type MemformerSpec,
  memformerLayout,
  polynomialLoss,
  promptFeeds,
  type RegressionPrompts,
  randomRotation,
  runMemformer,
  tuneFixedStep,
  wishartMoment,
} from "../../src/optim/index.ts";
import { withOptimizee } from "./run-optimizee.ts";

const ISOTROPIC = { eigenvalues: [1, 1, 1, 1, 1], examples: 20 };
const DECAY = { eigenvalues: [1, 1, 1 / 4, 1 / 16, 1], examples: 20 };

const meanSquare = (predictions: Float64Array, { y, count }: RegressionPrompts, layers: number, l: number) =>
  y.reduce((sum, label, p) => sum + (predictions[p * layers + l] - label) ** 2, 0) / count;

const onePrompt = ({ d, n, Z, y }: RegressionPrompts, p: number): RegressionPrompts => {
  const size = (d + 1) * (n + 1);
  return { count: 1, d, n, Z: Z.slice(p * size, (p + 1) * size), y: y.slice(p, p + 1) };
};

describe("moments of X'X / n", () => {
  test("are the closed forms of degree 1 and 2", () => {
    // E H = Sigma; E H^2 = (1 + 1/n) Sigma^2 + tr(Sigma) Sigma / n
    const { eigenvalues, examples: n } = DECAY;
    const trace = eigenvalues.reduce((sum, value) => sum + value, 0);
    expect(wishartMoment(eigenvalues, n, 0, 0)).toBe(5);
    expect(wishartMoment(eigenvalues, n, 0, 1)).toBeCloseTo(trace, 12);
    expect(wishartMoment(eigenvalues, n, 1, 0)).toBeCloseTo(trace, 12);
    const second = eigenvalues.reduce((sum, s) => sum + (1 + 1 / n) * s * s + (trace * s) / n, 0);
    expect(wishartMoment(eigenvalues, n, 0, 2)).toBeCloseTo(second, 12);
    // E tr(Sigma^-1 H Sigma H) = tr Sigma^2 + (d tr Sigma^2 + tr^2 ... ) by hand for n = 1, d = 1: 3 s^2
    expect(wishartMoment([2], 1, 1, 1)).toBeCloseTo(3 * 4, 12);
    expect(wishartMoment([2], 1, 2, 2)).toBeCloseTo(105 * 16, 9);
  });

  test("give the mean over samples of any fixed method's loss, on features that are not alike", () => {
    const prompts = drawPrompts(DECAY, 10_000, createRng(5));
    const form = lossForm(DECAY, 3);
    const spec = { d: 5, n: 20, layers: 3, memory: "none", preconditioner: "scalar" } as const;
    const predictions = runMemformer(spec, [0.7, 0.7, 0.7], prompts);
    const polynomials = fixedStepPolynomials("gd", 0.7, 0, 3);
    for (let l = 0; l < 3; l++) {
      const errors = Array.from(prompts.y, (label, p) => (predictions[p * 3 + l] - label) ** 2);
      const mean = errors.reduce((sum, e) => sum + e, 0) / errors.length;
      const spread = Math.sqrt(errors.reduce((sum, e) => sum + (e - mean) ** 2, 0)) / errors.length;
      // Four standard errors: missed by chance once in 16,000.
      expect(Math.abs(mean - polynomialLoss(form, polynomials[l + 1]))).toBeLessThan(4 * spread);
    }
  });
});

describe("the least loss with shared numbers", () => {
  test("is the published table's on isotropic features", () => {
    const form = lossForm(ISOTROPIC, 4);
    const logs = [1, 2, 3, 4].map((L) => Math.log(leastSharedLoss(form, L)));
    [0.144, -1.018, -2.015, -2.901].forEach((value, i) => {
      expect(Math.abs(logs[i] - value)).toBeLessThan(0.004); // the table was sampled
    });
  });

  test("is not beaten by any tuned method of fixed steps, and one step reaches it", () => {
    for (const family of [ISOTROPIC, DECAY]) {
      const form = lossForm(family, 4);
      for (const method of FIXED_STEP_METHODS) {
        for (let L = 1; L <= 4; L++)
          expect(tuneFixedStep(method, form, L).loss).toBeGreaterThan(leastSharedLoss(form, L) * (1 - 1e-12));
        expect(tuneFixedStep(method, form, 1).loss).toBeCloseTo(leastSharedLoss(form, 1), 8);
      }
    }
  });

  test("and tuned steps follow the features' unit", () => {
    const scaled = { ...DECAY, eigenvalues: DECAY.eigenvalues.map((value) => value * 2 ** 10) };
    const here = tuneFixedStep("momentum", lossForm(DECAY, 3), 3);
    const there = tuneFixedStep("momentum", lossForm(scaled, 3), 3);
    expect(there.loss / here.loss).toBeCloseTo(1, 9);
    expect((there.alpha * 2 ** 10) / here.alpha).toBeCloseTo(1, 6);
  });
});

describe("a memformer", () => {
  test("of kind cgd with a prompt's own numbers is conjugate gradients", () => {
    const spec = { d: 5, n: 20, layers: 5, memory: "cgd", preconditioner: "scalar" } as const;
    for (const family of [ISOTROPIC, DECAY]) {
      const prompts = drawPrompts(family, 40, createRng(2));
      const cg = conjugateGradients(prompts, 5);
      let worst = 0;
      for (let p = 0; p < prompts.count; p++) {
        const params = [0, 1, 2, 3, 4].flatMap((l) => [1, cg.alpha[p * 5 + l], cg.gamma[p * 5 + l]]);
        const predictions = runMemformer(spec, params, onePrompt(prompts, p));
        for (let l = 0; l < 5; l++)
          worst = Math.max(worst, Math.abs(predictions[l] - cg.predictions[p * 5 + l]));
        // Five directions span five features: the label is found.
        worst = Math.max(worst, Math.abs(cg.predictions[p * 5 + 4] - prompts.y[p]));
      }
      expect(worst).toBeLessThan(1e-10);
    }
  });

  test("of kind lfom whose registers all have the weights of momentum is the heavy ball", () => {
    const [alpha, beta, layers] = [0.8, 0.3, 4];
    const prompts = drawPrompts(DECAY, 200, createRng(3));
    const spec = { d: 5, n: 20, layers, memory: "lfom", preconditioner: "scalar" } as const;
    // A step is alpha times the sum of all gradients so far, the older the less: beta^(l-j).
    const params = memformerLayout(spec).entries.flatMap(({ name, size }) =>
      name.startsWith("A") ? [1] : Array.from({ length: size }, (_, j) => alpha * beta ** (size - 1 - j)),
    );
    const cgd = { ...spec, memory: "cgd" } as const;
    const same = [0, 1, 2, 3].flatMap(() => [1, alpha, beta]);
    const predictions = runMemformer(spec, params, prompts);
    const other = runMemformer(cgd, same, prompts);
    predictions.forEach((value, i) => {
      expect(value).toBeCloseTo(other[i], 10);
    });
    // Its expected loss is that of the heavy ball's residual polynomial, here on the prompts' own H.
    const polynomial = fixedStepPolynomials("momentum", alpha, beta, 2)[2];
    const p = onePrompt(prompts, 0);
    const row = (j: number) => Array.from(p.Z.subarray(j * 21, j * 21 + 20));
    const inner = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const H = [0, 1, 2, 3, 4].map((i) => [0, 1, 2, 3, 4].map((j) => inner(row(i), row(j)) / 20));
    const b = [0, 1, 2, 3, 4].map((j) => inner(row(j), row(5)) / 20);
    const query = [0, 1, 2, 3, 4].map((j) => p.Z[j * 21 + 20]);
    // w_L = (I - p(H)) w*, and H w* = b: for p = 1 + p1 t + p2 t^2, w_2 = -(p1 + p2 H) b.
    const w = b.map((value, i) => -(polynomial[1] * value + polynomial[2] * inner(H[i], b)));
    expect(runMemformer(spec, params, p)[1]).toBeCloseTo(inner(w, query), 10);
  });

  test("is the same network as a graph, whatever its kind", async () => {
    const rng = createRng(4);
    const prompts = drawPrompts({ ...DECAY, rotation: randomRotation(5, rng) }, 32, rng);
    const kinds: Partial<MemformerSpec>[] = [
      { memory: "none", preconditioner: "scalar" },
      { memory: "none", movesFeatures: true, heads: 2 },
      { memory: "cgd", movesFeatures: true },
      { memory: "cgd", registers: "full", heads: 3 },
      { memory: "lfom", preconditioner: "scalar", movesFeatures: true },
      { memory: "lfom", registers: "full", movesFeatures: true, heads: 2 },
    ];
    for (const kind of kinds) {
      const spec = { d: 5, n: 20, layers: 3, memory: "none", ...kind } as const;
      const optimizee = createMemformer({ spec, prompts, batch: 32 });
      const params = optimizee.init(rng).map((value) => value + 0.3 * rng.gauss());
      const expected = meanSquare(runMemformer(spec, params, prompts), prompts, 3, 2);
      await withOptimizee(optimizee, async (evaluate) => {
        const { loss } = await evaluate(params, promptFeeds(prompts));
        expect(loss / expected, JSON.stringify(kind)).toBeCloseTo(1, 4);
      });
    }
  });

  test("does not mind the order of its examples, nor a rotation of the features where A is a number", () => {
    const rng = createRng(6);
    const prompts = drawPrompts(DECAY, 1, rng);
    const spec = { d: 5, n: 20, layers: 3, memory: "lfom", preconditioner: "scalar" } as const;
    const params = Array.from({ length: memformerLayout(spec).total }, () => rng.gauss());
    const [last] = runMemformer(spec, params, prompts).slice(2);
    const turned = prompts.Z.slice();
    for (let j = 0; j < 6; j++)
      for (let i = 0; i < 20; i++) turned[j * 21 + i] = prompts.Z[j * 21 + ((i + 7) % 20)];
    expect(runMemformer(spec, params, { ...prompts, Z: turned })[2]).toBeCloseTo(last, 10);
    const V = randomRotation(5, rng);
    const rotated = prompts.Z.slice();
    for (let j = 0; j < 5; j++)
      for (let i = 0; i <= 20; i++) {
        rotated[j * 21 + i] = 0;
        for (let k = 0; k < 5; k++) rotated[j * 21 + i] += V[j * 5 + k] * prompts.Z[k * 21 + i];
      }
    expect(runMemformer(spec, params, { ...prompts, Z: rotated })[2]).toBeCloseTo(last, 9);
  });
});

describe("a mixture of experts", () => {
  const spec = { d: 5, n: 20, layers: 2, memory: "lfom", heads: 2 } as const;
  const rng = createRng(8);
  const single = memformerLayout({ ...spec, heads: 1 });
  const experts = [0, 1].map(() => Float32Array.from({ length: single.total }, () => 0.3 * rng.gauss()));
  const prompts = drawMixture([ISOTROPIC, DECAY], 32, rng);

  test("whose gate lets one expert through is that expert, where the registers are the same", () => {
    const alike = experts.map((expert) => expert.slice());
    for (const { name, offset, size } of single.entries)
      if (name.startsWith("Gamma")) alike[1].set(alike[0].subarray(offset, offset + size), offset);
    const mixture = joinExperts(spec, alike);
    const gate = createGate({ spec, prompts }, mixture).init(rng);
    gate.set([0, 1, 0, 1]); // (layers, heads)
    const through = runMemformer(spec, closeGate(spec, mixture, gate), prompts);
    const alone = runMemformer({ ...spec, heads: 1 }, alike[1], prompts);
    through.forEach((value, i) => {
      expect(value).toBeCloseTo(alone[i], 5); // weights in float32
    });
  });

  test("has the same loss as a graph as behind its closed gate", async () => {
    const mixture = joinExperts(spec, experts);
    const optimizee = createGate({ spec, prompts, batch: 32 }, mixture);
    const gate = optimizee.init(rng).map((value) => value + 0.2 * rng.gauss());
    const expected = meanSquare(runMemformer(spec, closeGate(spec, mixture, gate), prompts), prompts, 2, 1);
    await withOptimizee(optimizee, async (evaluate) => {
      const { loss } = await evaluate(gate, { ...optimizee.drawProblem(rng), ...promptFeeds(prompts) });
      expect(loss / expected).toBeCloseTo(1, 4);
    });
  });
});

describe("illegal numbers", () => {
  test.each([
    [
      () => drawPrompts({ eigenvalues: [1, 0], examples: 3 }, 1, createRng(0)),
      /eigenvalues\[1\] is 0, expected/,
    ],
    [() => drawPrompts({ eigenvalues: [], examples: 3 }, 1, createRng(0)), /number of eigenvalues is 0/],
    [() => drawPrompts({ ...DECAY, mean: Number.NaN }, 1, createRng(0)), /mean is NaN, expected a finite/],
    [() => lossForm({ ...DECAY, mean: 1 }, 2), /mean is 1, expected 0/],
    [() => lossForm(DECAY, 6), /steps is 6/],
    [() => memformerLayout({ d: 5, n: 20, layers: 0, memory: "cgd" }), /layers is 0/],
    [
      () => memformerLayout({ d: 5, n: 20, layers: 1, memory: "none", registers: "full" }),
      /registers is|registers are "full"/,
    ],
    [
      () => runMemformer({ d: 5, n: 20, layers: 1, memory: "cgd" }, [1], drawPrompts(DECAY, 1, createRng(0))),
      /params has length 1, expected total = 27/,
    ],
    [
      () => joinExperts({ d: 5, n: 20, layers: 1, memory: "lfom", heads: 2 }, []),
      /experts has length 0, expected heads = 2/,
    ],
    [
      () => drawMixture([DECAY, { eigenvalues: [1], examples: 20 }], 4, createRng(0)),
      /features of every family is 1/,
    ],
  ])("are refused with what was got and expected: %#", (call, message) => {
    expect(call).toThrow(message);
  });
});
