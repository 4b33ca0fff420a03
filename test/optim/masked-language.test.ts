import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createGraph, gradients, input } from "../../src/graph/index.ts";
import {
  createMaskedLanguage,
  createTokenSets,
  judgedSequences,
  type Optimizee,
  specialId,
  trainBytePairs,
} from "../../src/optim/index.ts";
import { getOptimizer } from "../../src/rules/index.ts";
import { erf } from "../graph/erf.ts";
import { optimize, withOptimizee } from "./run-optimizee.ts";

const WORDS = ["the cat sat", "a dog ran", "one bird sang"];
const TEXT = Array.from({ length: 700 }, (_, i) => WORDS[(i * i) % 3]).join(". ");
const SET = createTokenSets([TEXT], trainBytePairs([TEXT], 280), 12);
const SMALL = { text: SET.train, layers: 2, width: 8, heads: 2, mlp: 2, batch: 2 } as const;

/** The same network written again with plain loops over float64 numbers. */
function plainLoss(
  { layout }: Optimizee,
  flat: Float64Array,
  feeds: ReturnType<typeof judgedSequences>,
): number {
  const p = (name: string): Float64Array => {
    const { offset, size } = layout.entries.find((entry) => entry.name === name)!;
    return flat.subarray(offset, offset + size);
  };
  const [D, H, T] = [8, 2, 12];
  const numbers = (name: string): number[] => Array.from(feeds[name].data as BigInt64Array, Number);
  const linear = (x: number[], name: string): number[] => {
    const [w, b] = [p(`${name}.w`), p(`${name}.b`)];
    return Array.from(b, (bias, j) => x.reduce((sum, xi, i) => sum + xi * w[i * b.length + j], bias));
  };
  const norm = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    return x.map(
      (v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * p(`${name}.gain`)[i] + p(`${name}.bias`)[i],
    );
  };
  const gelu = (x: number[]): number[] => x.map((v) => v * 0.5 * (1 + erf(v / Math.SQRT2)));
  const plus = (a: number[], b: ArrayLike<number>): number[] => a.map((v, i) => v + b[i]);
  const row = (table: string, i: number): number[] => [...p(table).subarray(i * D, (i + 1) * D)];

  const tokens = numbers("tokens");
  const out = tokens.map(() => [] as number[]);
  for (let b = 0; b < tokens.length / T; b++) {
    let x = Array.from({ length: T }, (_, t) => norm(plus(row("embedding", tokens[b * T + t]), row("position", t)), "embedding.norm")); // biome-ignore format: one line
    for (const layer of ["layer.0", "layer.1"]) {
      const h = x.map((v) => norm(v, `${layer}.norm.0`));
      const [q, k, v] = ["query", "key", "value"].map((part) =>
        h.map((one) => linear(one, `${layer}.${part}`)),
      );
      const attended = q.map((own) => {
        const joined: number[] = [];
        for (let head = 0; head < H; head++) {
          const at = Array.from({ length: D / H }, (_, i) => (head * D) / H + i);
          const scores = k.map((key) => Math.exp(at.reduce((sum, i) => sum + own[i] * key[i], 0) / Math.sqrt(D / H))); // biome-ignore format: one line
          const total = scores.reduce((a, c) => a + c);
          for (const i of at)
            joined.push(v.reduce((sum, value, s) => sum + (scores[s] / total) * value[i], 0));
        }
        return joined;
      });
      x = x.map((one, t) => plus(one, linear(attended[t], `${layer}.out`)));
      x = x.map((one) => plus(one, linear(gelu(linear(norm(one, `${layer}.norm.1`), `${layer}.mlp.0`)), `${layer}.mlp.1`))); // biome-ignore format: one line
    }
    x.forEach((one, t) => {
      out[b * T + t] = norm(one, "norm");
    });
  }
  const targets = numbers("targets");
  const losses = numbers("places").map((place, m) => {
    const h = norm(gelu(linear(out[place], "head")), "head.norm");
    const logits = Array.from(p("bias"), (bias, v) => row("embedding", v).reduce((sum, e, i) => sum + e * h[i], bias)); // biome-ignore format: one line
    return Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0)) - logits[targets[m]];
  });
  return losses.reduce((a, b) => a + b) / losses.length;
}

describe("masked language modelling", () => {
  test("has the loss of plain loops, and its central differences as gradient", async () => {
    const optimizee = createMaskedLanguage(SMALL);
    const rng = createRng(3);
    const params = optimizee.init(rng).map((v) => v + 0.2 * rng.gauss());
    const feeds = judgedSequences(SET.train, [0, 5]);
    const exact = Float64Array.from(params);
    await withOptimizee(optimizee, async (evaluate) => {
      const { loss, grads } = await evaluate(params, feeds);
      expect(loss).toBeCloseTo(plainLoss(optimizee, exact, feeds), 4);
      const size = Math.max(...grads.map(Math.abs));
      // Of every tensor the number with the largest gradient, and one more.
      for (const { offset, size: count } of optimizee.layout.entries) {
        const own = grads.subarray(offset, offset + count);
        const largest = own.reduce((best, g, i) => (Math.abs(g) > Math.abs(own[best]) ? i : best), 0);
        for (const i of [offset + largest, offset + ((7 * largest + 3) % count)]) {
          const at = (step: number): number => {
            const moved = exact.slice();
            moved[i] += step;
            return plainLoss(optimizee, moved, feeds);
          };
          const difference = (at(1e-4) - at(-1e-4)) / 2e-4;
          expect(Math.abs(grads[i] - difference)).toBeLessThan(1e-4 * size);
        }
      }
    });
  });

  test("has the embedding once: reading and writing move the same numbers", () => {
    const { layout, loss, batch } = createMaskedLanguage(SMALL);
    const matrices = layout.entries.filter(
      ({ shape }) => shape[0] === SET.train.vocabulary && shape.length === 2,
    );
    expect(matrices.map(({ name }) => name)).toEqual(["embedding"]);
    const g = createGraph();
    const params = input(g, "params", [layout.total]);
    const inputs = Object.fromEntries(
      batch.map(({ name, shape, dtype }) => [name, input(g, name, shape, dtype)]),
    );
    gradients(loss(params, inputs), [params]);
    expect(g.nodes.filter(({ op }) => op === "ScatterND").length).toBeGreaterThan(1);
  });

  test("of judged sequences hides the same each time, and a batch of 15%", () => {
    expect(judgedSequences(SET.test, [3, 1])).toEqual(judgedSequences(SET.test, [3, 1]));
    const { places } = createMaskedLanguage({ ...SMALL, batch: 3 }).drawBatch(createRng(1));
    expect(places.shape).toEqual([3 * 2]); // 0.15 of 10, rounded
  });

  test.each(["softmax", "hf+"] as const)(
    "learns which words follow one another, attention %s",
    async (attention) => {
      const options = { ...SMALL, width: 16, attention, batch: 16 };
      const adam = getOptimizer("adam", { learningRate: 0.01 });
      const { losses, params } = await optimize(createMaskedLanguage(options), adam, 150, createRng(2));
      expect(losses[0]).toBeGreaterThan(5);
      const judge = createMaskedLanguage({ ...options, text: SET.test, batch: 20 });
      const indices = Array.from({ length: 20 }, (_, i) => i);
      const held = await withOptimizee(judge, async (run) => (await run(params, judgedSequences(SET.test, indices))).loss); // biome-ignore format: one line
      expect(held).toBeLessThan(2);
    },
  );

  test.each([
    [{ width: 10, heads: 4 }, "width is 10, expected a multiple of heads = 4"],
    [{ hidden: 0 }, "hidden is 0, expected a share in (0, 1)"],
    [{ batch: 0 }, "batch is 0, expected an integer >= 1"],
    [{ attention: "linear" }, 'feature map kind is "linear"'],
  ])("is refused with an illegal option, case %#", (options, message) => {
    expect(() => createMaskedLanguage({ ...SMALL, ...options } as never)).toThrow(message);
  });

  test("special ids come first", () => {
    expect(specialId("mask")).toBe(3);
  });
});
