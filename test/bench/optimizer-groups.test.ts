import { describe, expect, test } from "vitest";
import { openChoice, withHorizon } from "../../src/bench/optimize/optimizer-list.ts";
import { parseOptimizers } from "../../src/cli/parse-optimizers.ts";
import { layoutParameters } from "../../src/graph/index.ts";
import { createAdam, createFeedback } from "../../src/rules/index.ts";

const layout = layoutParameters([
  { name: "body.w", shape: [3, 2], init: { normal: 1 } },
  { name: "head.w", shape: [2, 2], init: { normal: 1 } },
  { name: "head.b", shape: [2], init: "zeros" },
]);
const grads = Float32Array.from({ length: layout.total }, (_, i) => Math.sin(i + 1));
const params = Float32Array.from({ length: layout.total }, (_, i) => Math.cos(i));

describe("groups of tensors", () => {
  test("are written PATTERN=OPTIMIZER with + between, rates with an exponent as before", () => {
    const [one, two] = parseOptimizers("head.w|body.*=feedback+*=adam:1e+0,adam:1e-3");
    expect(one).toMatchObject({
      kind: "grouped",
      label: "head.w|body.*=feedback+*=adam:1e+0",
      groups: [
        { tensors: "head.w|body.*", choice: { kind: "classic", name: "feedback" } },
        { tensors: "*", choice: { kind: "classic", name: "adam", learningRate: 1 } },
      ],
    });
    expect(two).toMatchObject({ kind: "classic", label: "adam:0.001" });
    expect(() => parseOptimizers("*=adma")).toThrow("adam");
  });

  test("are moved by optimizers of their own, told their tensors and the horizon", async () => {
    const [choice] = parseOptimizers("*.w=feedback+*=adam:0.01");
    const optimizer = await openChoice(withHorizon(choice, 50), layout);
    const { updates } = optimizer.update(grads, optimizer.init(params), params);
    const matrices = { total: 10, entries: layout.entries.slice(0, 2) };
    const feedback = createFeedback({ layout: matrices, horizon: 50 });
    const adam = createAdam({ learningRate: 0.01 });
    const own = [0, 10].map((from, i) => {
      const [g, p] = [grads, params].map((all) => all.slice(from, i === 0 ? 10 : 12));
      const alone = i === 0 ? feedback : adam;
      return [...alone.update(g, alone.init(p), p).updates];
    });
    expect([...updates]).toEqual(own.flat());
  });

  test("a pattern that no tensor has is told with the names there are", async () => {
    const [choice] = parseOptimizers("haed.*=feedback+*=adam:0.01");
    await expect(openChoice(choice, layout)).rejects.toThrow(
      'is "haed.*", expected names of tensors, * for any characters, | between: body.w, head.w, head.b',
    );
    const [some] = parseOptimizers("head.*=feedback");
    await expect(openChoice(some, layout)).rejects.toThrow("elements 0..5 are in no part");
  });
});
