import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { cutParameters, initParameters } from "../../src/graph/index.ts";
import {
  createEncoderClassifier,
  createSentenceClassifier,
  fineTune,
  meansReadout,
  type Optimizee,
  SENTENCE_LAYOUT,
  sentenceFeeds,
  type TokenSet,
  tokenFeeds,
  tokenizeTexts,
  usualLength,
} from "../../src/optim/index.ts";
import { embedTexts } from "../../src/optim/node.ts";
import { withOptimizee } from "./run-optimizee.ts";

/** Fresh tensors: what is checked holds for any. */
const weights = cutParameters(SENTENCE_LAYOUT, initParameters(SENTENCE_LAYOUT, createRng(1)));
const rng = createRng(2);
const TEXTS = { texts: ["a", "b c", "d e f g h i", "j k", "l"], labels: Uint16Array.of(0, 1, 2, 0, 1), classes: ["x", "y", "z"] }; // biome-ignore format: one line
const tokenize = (text: string): number[] => text.split(" ").map((word) => 10 + 7 * word.charCodeAt(0));
const tokens: TokenSet = tokenizeTexts(TEXTS, tokenize, 4);

test("texts are cut off and filled up to one length, which holds nine of ten", () => {
  expect(tokens.lengths).toEqual(Uint8Array.of(1, 2, 4, 2, 1));
  const { ids, mask, label } = tokenFeeds(tokens, [2, 0]);
  expect([...(ids.data as BigInt64Array)]).toEqual(
    [...tokenize("d e f g"), ...tokenize("a"), 0, 0, 0].map(BigInt),
  );
  expect([...(mask.data as Float32Array)]).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  expect([...(label.data as Float32Array)]).toEqual([0, 0, 1, 1, 0, 0]);
  expect(usualLength([...Array<string>(9).fill("a b c d e"), "a ".repeat(40)], tokenize, 128)).toBe(8);
  expect(usualLength(["a ".repeat(40)], tokenize, 16)).toBe(16);
});

/** The slope along the gradient is its length. */
async function expectGradient(optimizee: Optimizee): Promise<void> {
  const batch = optimizee.drawBatch(createRng(5));
  const start = optimizee.init(createRng(6));
  await withOptimizee(optimizee, async (evaluate) => {
    const { grads } = await evaluate(start, batch);
    let square = 0;
    for (const g of grads) square += g * g;
    const norm = Math.sqrt(square);
    expect(norm).toBeGreaterThan(0);
    const h = 0.01 / Math.max(1, norm); // a change of the loss of some 0.01
    const at = async (s: number): Promise<number> =>
      (await evaluate(start.map((p, i) => p + (s * h * grads[i]) / norm), batch)).loss; // biome-ignore format: one line
    const slope = ((await at(1)) - (await at(-1))) / (2 * h);
    expect(Math.abs(slope - norm)).toBeLessThan(0.02 * norm);
  });
}

describe("the encoder with a head", () => {
  const whole = createEncoderClassifier({ tokens, batch: 3 });
  test.each(["layer.0.query.w|layer.0.norm.0.gain|layer.0.skip.w", "layer.1.mlp.0.w|pool.w|head.*"])(
    "has the gradient of its loss by %s",
    (train) => expectGradient(fineTune(whole, { weights: { ...weights, ...head() }, train })),
  );

  test("has the gradient of its loss by a soft prompt", () =>
    expectGradient(
      fineTune(createEncoderClassifier({ tokens, batch: 3, prompt: 2 }), {
        weights: { ...weights, ...head() },
        train: "prompt",
      }),
    ));

  test("words that are there have a gradient, others none", async () => {
    const own = fineTune(whole, { weights: { ...weights, ...head() }, train: "embedding" });
    const feeds = tokenFeeds(tokens, [0, 1, 3]);
    const { grads } = await withOptimizee(own, (evaluate) => evaluate(own.init(rng), feeds));
    const moved = new Set<number>();
    grads.forEach((g, i) => {
      if (g !== 0) moved.add(Math.floor(i / 256));
    });
    expect(moved).toEqual(new Set(["a", "b c", "j k"].flatMap(tokenize)));
  });

  function head(): Record<string, Float32Array> {
    const w = Float32Array.from({ length: 512 * 3 }, () => 0.04 * rng.gauss());
    return { "head.w": w, "head.b": new Float32Array(3) };
  }
});

describe("sentences computed once", () => {
  let set: Parameters<typeof createSentenceClassifier>[0];
  beforeAll(async () => {
    set = { ...tokens, sentences: await embedTexts(weights, tokens) };
  });

  test("have length 1, and the head on them has the loss of the whole", async () => {
    for (let i = 0; i < set.count; i++)
      expect(Math.hypot(...set.sentences.subarray(512 * i, 512 * (i + 1)))).toBeCloseTo(1, 5);
    const last = createSentenceClassifier(set, 5);
    const whole = fineTune(createEncoderClassifier({ tokens, batch: 5 }), { weights, train: "head.*" });
    const start = last.init(createRng(4));
    const all = [0, 1, 2, 3, 4];
    const ours = await withOptimizee(last, (evaluate) => evaluate(start, sentenceFeeds(set, all)));
    const theirs = await withOptimizee(whole, (evaluate) => evaluate(start, tokenFeeds(tokens, all)));
    expect(ours.loss).toBeCloseTo(theirs.loss, 5);
    ours.grads.forEach((g, i) => {
      expect(g).toBeCloseTo(theirs.grads[i], 4);
    });
  });

  test("the readout of means tells apart what is its own class's mean", async () => {
    const three = {
      ...set,
      count: 3,
      labels: Uint16Array.of(0, 1, 2),
      sentences: set.sentences.slice(0, 3 * 512),
    };
    const readout = meansReadout(three);
    const classifier = createSentenceClassifier(three, 3);
    const flat = Float32Array.from([...readout["head.w"], ...readout["head.b"]]);
    const { loss } = await withOptimizee(classifier, (evaluate) =>
      evaluate(flat, sentenceFeeds(three, [0, 1, 2])),
    );
    // Each is its own mean, so the sharpest is the best.
    expect(loss).toBeLessThan(0.01);
  });
});
