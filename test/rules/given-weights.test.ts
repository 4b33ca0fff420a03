import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { initParameters, layoutParameters } from "../../src/graph/index.ts";
import { areGiven } from "../../src/rules/feedback/given-weights.ts";
import { createFeedback, FEEDBACK_DIRECTIONS } from "../../src/rules/index.ts";

const layout = layoutParameters([
  { name: "w", shape: [6, 9], init: { normal: 1 / Math.sqrt(6) } },
  { name: "b", shape: [9], init: "zeros" },
  { name: "gain", shape: [9], init: "ones" },
]);
const drawn = initParameters(layout, createRng(2));
const trained = drawn.map((x, i) => (i < 54 ? x : x + 0.01 * Math.sin(i)));

test("weights are drawn while each vector is one number, whatever the matrices are", () => {
  expect(areGiven(layout, drawn)).toBe(false);
  expect(areGiven(layout, trained)).toBe(true);
  expect(areGiven(layout, drawn.fill(0.5, 54))).toBe(false);
  for (const scale of [1e-6, 1e6]) expect(areGiven(layout, trained.map((x) => scale * x))).toBe(true); // biome-ignore format: one line
});

test("a vector that is looked for without any matrix tells nothing, nor does a tensor of no numbers", () => {
  expect(areGiven(layoutParameters([{ name: "x", shape: [5], init: "zeros" }]), Float32Array.of(1, 2, 3, 4, 5))).toBe(false); // biome-ignore format: one line
  const empty = [{ name: "w", shape: [0, 3], offset: 0, size: 0 }, { name: "x", shape: [2], offset: 0, size: 2 }]; // biome-ignore format: one line
  expect(areGiven({ total: 2, entries: empty }, Float32Array.of(1, 2))).toBe(false);
});

test.each(FEEDBACK_DIRECTIONS)(
  "feedback moves trained weights by a third of the first step, along %s",
  (direction) => {
    const grads = Float32Array.from(drawn, (_, i) => Math.cos(i * i));
    const optimizer = createFeedback({ layout, direction, horizon: 100 });
    const [usual, careful] = [drawn, trained].map(
      (w) => optimizer.update(grads, optimizer.init(w), w).updates,
    );
    careful.forEach((u, i) => {
      expect(3 * u).toBeCloseTo(usual[i], 6);
    });
    const unknown = createFeedback({ direction });
    expect(unknown.update(grads, unknown.init(trained), trained).updates).toEqual(
      unknown.update(grads, unknown.init(drawn), drawn).updates,
    );
  },
);
