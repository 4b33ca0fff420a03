import { describe, expect, test } from "vitest";
import {
  add,
  constant,
  createGraph,
  exp,
  gradients,
  greater,
  input,
  layerNorm,
  mul,
  ONNX_OPSET,
  square,
  sum,
  type Tensor,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { buildCase, worstError } from "./evaluate-case.ts";
import { GRADIENT_CASES } from "./gradient-cases.ts";
import { interpret } from "./interpret.ts";
import { protoFields, protoText } from "./proto-fields.ts";

describe("ONNX Runtime computes what the texts of the operations say, and its gradient", () => {
  test.each(GRADIENT_CASES)("$name", async (opCase) => {
    const { g, output, gradients: grads, feeds } = buildCase(opCase, 3);
    const tensors: Record<string, Tensor> = { output };
    grads.forEach((t, i) => {
      tensors[`d${i}`] = t;
    });
    const bytes = writeOnnx(g, tensors);
    const needed = new Set(protoFields(bytes, 7, 11).map((value) => protoText(value, 1)));
    const executor = await createOrtExecutor(bytes);
    const fed = g.inputs
      .filter((x) => needed.has(x.name))
      .map((x) => [x.name, { data: Float32Array.from(feeds[x.name]), shape: x.shape }]);
    const results = await executor.run(Object.fromEntries(fed));
    await executor.dispose();
    const expected = interpret(g, feeds, Object.values(tensors));
    Object.keys(tensors).forEach((name, i) => {
      expect(results[name].shape).toEqual(tensors[name].shape);
      // Float32 rounds to 6e-8; sums here have up to some dozens of terms.
      expect(worstError(results[name].data as Float32Array, expected[i].data)).toBeLessThan(1e-5);
    });
  });
});

function twoPaths() {
  const g = createGraph();
  const x = input(g, "x", [2]);
  const target = input(g, "target", [2]);
  const w = constant(g, [3, 4], [2], "w");
  const unused = constant(g, [5, 6], [2], "unused");
  const prediction = mul(x, w);
  const loss = sum(square(add(prediction, mul(target, unused))), [0]);
  return { g, x, w, prediction, loss };
}

const names = (bytes: Uint8Array, list: number, field: number): string[] =>
  protoFields(bytes, 7, list).map((message) => protoText(message, field));

describe("a written model", () => {
  test("has only what its outputs need", () => {
    const { g, prediction, loss } = twoPaths();
    const small = writeOnnx(g, { prediction });
    expect(names(small, 1, 4)).toEqual(["Mul"]);
    expect(names(small, 5, 8)).toEqual(["w"]);
    expect(names(small, 11, 1)).toEqual(["x"]);
    expect(names(writeOnnx(g, { loss }), 11, 1)).toEqual(["x", "target"]);
  });

  test("does not depend on what was built beside it", () => {
    const alone = twoPaths();
    const beside = twoPaths();
    exp(add(beside.loss, 1));
    gradients(beside.loss, [beside.x]);
    expect(writeOnnx(beside.g, { loss: beside.loss })).toEqual(writeOnnx(alone.g, { loss: alone.loss }));
  });

  test("has the same bytes every time, in whatever order the metadata is given", () => {
    const { g, loss } = twoPaths();
    const first = writeOnnx(g, { loss }, { metadata: { seed: "7", date: "none" } });
    expect(writeOnnx(g, { loss }, { metadata: { date: "none", seed: "7" } })).toEqual(first);
    const again = twoPaths();
    expect(writeOnnx(again.g, { loss: again.loss }, { metadata: { seed: "7", date: "none" } })).toEqual(
      first,
    );
  });

  test("carries its metadata", () => {
    const { g, loss } = twoPaths();
    const bytes = writeOnnx(g, { loss }, { metadata: { window: "5 m", naïve: "é" } });
    const pairs = protoFields(bytes, 14).map((entry) => [protoText(entry, 1), protoText(entry, 2)]);
    expect(pairs).toEqual([
      ["naïve", "é"],
      ["window", "5 m"],
    ]);
  });

  test("uses one operator set, ai.onnx of version 17", () => {
    const { g, loss } = twoPaths();
    const sets = protoFields(writeOnnx(g, { loss }), 8);
    expect(sets.map((set) => protoText(set, 1))).toEqual([""]);
    expect([...sets[0]].at(-1)).toBe(ONNX_OPSET);
  });

  test("leaves out the statistics of a layer normalization that no gradient reads", () => {
    const g = createGraph();
    const x = input(g, "x", [2, 4]);
    const y = layerNorm(x, constant(g, [1, 1, 1, 1], [4]), constant(g, [0, 0, 0, 0], [4]));
    const outputsOf = (bytes: Uint8Array): string[] =>
      protoFields(bytes, 7, 1)
        .filter((node) => protoText(node, 4) === "LayerNormalization")
        .flatMap((node) => protoFields(node, 2))
        .map((name) => new TextDecoder().decode(name));
    expect(outputsOf(writeOnnx(g, { y }))).toEqual(["y"]);
    const [dx] = gradients(sum(square(y), [0, 1]), [x]);
    expect(outputsOf(writeOnnx(g, { y, dx: dx! }))).toHaveLength(3);
  });

  test("can give out inputs, constants, one tensor twice, and bools", async () => {
    const { g, x, w, prediction } = twoPaths();
    const large = greater(prediction, 5);
    const bytes = writeOnnx(g, { again: x, w2: w, p: prediction, p2: prediction, large });
    const executor = await createOrtExecutor(bytes);
    const out = await executor.run({ x: { data: Float32Array.of(1, 2), shape: [2] } });
    await executor.dispose();
    expect([...out.again!.data]).toEqual([1, 2]);
    expect([...out.w2!.data]).toEqual([3, 4]);
    expect([...out.p!.data]).toEqual([3, 8]);
    expect([...out.p2!.data]).toEqual([3, 8]);
    expect(out.large!.data).toEqual(Uint8Array.of(0, 1));
  });
});

describe("mistakes are named", () => {
  const { g, x, prediction } = twoPaths();
  test("no outputs", () =>
    expect(() => writeOnnx(g, {})).toThrow("writeOnnx: no outputs, expected at least one"));
  test("the name of an input", () =>
    expect(() => writeOnnx(g, { x: prediction })).toThrow(
      "output x has the name of an input or constant; taken: x, target, w, unused",
    ));
  test("an illegal name", () =>
    expect(() => writeOnnx(g, { "1st": x })).toThrow(/output name "1st" is not legal, expected a letter/));
  test("a tensor of another graph", () =>
    expect(() => writeOnnx(createGraph(), { prediction })).toThrow(
      "output prediction belongs to another graph",
    ));
});
