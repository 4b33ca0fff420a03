import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { cutParameters } from "../../src/graph/index.ts";
import { createMlp, createSyntheticDigits, fineTune, poolDigits } from "../../src/optim/index.ts";
import {
  applyUpdates,
  createFeedback,
  createPartition,
  getOptimizer,
  selectTensors,
} from "../../src/rules/index.ts";
import { withOptimizee } from "./run-optimizee.ts";

const DIGITS = poolDigits(createSyntheticDigits(100, createRng(1)), 4);
const whole = createMlp({ digits: DIGITS, hidden: [6, 5], batch: 8 });
const start = whole.init(createRng(5));
const weights = cutParameters(whole.layout, start);
const tuned = fineTune(whole, { weights, train: "w1|*2" });

/** Which elements of the whole vector are trained. */
const chosen = whole.layout.entries.flatMap(({ name, offset, size }) =>
  ["w1", "w2", "b2"].includes(name) ? Array.from({ length: size }, (_, i) => offset + i) : [],
);

test("the loss and the gradient are those of the whole, of the trained tensors alone", async () => {
  const batch = whole.drawBatch(createRng(3));
  const all = await withOptimizee(whole, (evaluate) => evaluate(start, batch));
  const own = await withOptimizee(tuned, (evaluate) => evaluate(tuned.init(createRng(9)), batch));
  expect(own.loss).toBeCloseTo(all.loss, 6);
  expect(own.grads).toHaveLength(chosen.length);
  chosen.forEach((at, i) => {
    expect(own.grads[i]).toBeCloseTo(all.grads[at], 6);
  });
});

test("tensors without weights start as drawn, and the layout is of what is trained", () => {
  const { w0, b0, w1, b1 } = weights;
  const fresh = fineTune(whole, { weights: { w0, b0, w1, b1 }, train: "*1|*2" });
  expect(fresh.layout.entries.map(({ name, offset }) => [name, offset])).toEqual([
    ["w1", 0],
    ["b1", 30],
    ["w2", 35],
    ["b2", 85],
  ]);
  const cut = cutParameters(fresh.layout, fresh.init(createRng(7)));
  expect(cut.w1).toEqual(w1);
  expect(cut.w2.some((w) => w !== 0)).toBe(true);
  expect(cut.b2.every((b) => b === 0)).toBe(true);
  expect(fresh.init(createRng(8))).not.toEqual(fresh.init(createRng(7)));
});

test("what is wrong is named", () => {
  expect(() => fineTune(whole, { weights, train: "head" })).toThrow(
    'train is "head", expected names of tensors, * for any characters, | between: w0, b0, w1, b1, w2, b2',
  );
  expect(() => fineTune(whole, { weights, train: "w1|" })).toThrow('train is ""');
  expect(() => fineTune(whole, { weights: { w9: start } })).toThrow(
    'weights has "w9", expected names among w0',
  );
  expect(() => fineTune(whole, { weights: { b0: start } })).toThrow("weights of b0");
  expect(() => fineTune(whole, { weights: { w0: weights.w0 }, train: "w1" })).toThrow(
    "b0 is neither trained nor in weights",
  );
});

test("a group moves its tensors as its optimizer alone would, told their layout; nothing else moves", () => {
  const { layout } = whole;
  const own = (name: string) => layout.entries.find((entry) => entry.name === name)!;
  const isMatrix = selectTensors("tensors", "w*", layout);
  const still = getOptimizer("sgd", { learningRate: 0 });
  const grouped = createPartition({
    layout,
    parts: [
      { select: isMatrix, optimizer: (part) => createFeedback({ layout: part, horizon: 9 }) },
      { optimizer: still },
    ],
  });
  // One matrix alone sees no other's signal; so all but w1 get no gradient.
  const { offset, size, shape } = own("w1");
  const single = { total: size, entries: [{ name: "w1", shape, offset: 0, size }] };
  const alone = createFeedback({ layout: single, horizon: 9 });
  const params = start.slice();
  const part = start.slice(offset, offset + size);
  let [state, partState] = [grouped.init(params), alone.init(part)];
  for (let t = 0; t < 9; t++) {
    const grads = new Float32Array(layout.total);
    for (let i = 0; i < size; i++) grads[offset + i] = Math.sin(3 * params[offset + i] + i);
    const step = grouped.update(grads, state, params);
    const partStep = alone.update(grads.slice(offset, offset + size), partState, part);
    applyUpdates(params, step.updates);
    applyUpdates(part, partStep.updates);
    [state, partState] = [step.state, partStep.state];
  }
  params.forEach((value, i) => {
    if (i >= offset && i < offset + size) expect(value).toBeCloseTo(part[i - offset], 5);
    else expect(value).toBe(start[i]);
  });
  expect(part).not.toEqual(start.slice(offset, offset + size));
});

test("an optimizer made for its tensors wants whole ones", () => {
  const parts = [
    { ranges: [{ offset: 0, size: 5 }], optimizer: () => createFeedback() },
    { ranges: [{ offset: 5, size: whole.layout.total - 5 }], optimizer: getOptimizer("adam") },
  ];
  expect(() => createPartition({ layout: whole.layout, parts })).toThrow(
    "expected a layout and whole tensors",
  );
});
