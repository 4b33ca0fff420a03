import { describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  createGraph,
  exp,
  gradients,
  input,
  readOnnx,
  sum,
  type Tensor,
  type TensorData,
  VJPS,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { ONNX_BUILDERS } from "../../src/graph/onnx-builders.ts";
import { prune } from "../../src/graph/prune.ts";
import { TFJS_OPS } from "../../src/graph/tfjs-ops.ts";
import { everyOperation } from "./every-operation.ts";
import { trainingData, trainingStep } from "./training-step.ts";

async function run(
  model: Uint8Array,
  feeds: Record<string, TensorData>,
): Promise<Record<string, TensorData>> {
  const executor = await createOrtExecutor(model);
  const results = await executor.run(feeds);
  await executor.dispose();
  return results;
}

test("every operation that has a derivative can be read back, and run by tfjs", () => {
  for (const op of Object.keys(VJPS)) {
    expect(Object.keys(ONNX_BUILDERS)).toContain(op);
    expect(Object.keys(TFJS_OPS)).toContain(op);
  }
});

describe("a model read back", () => {
  test("computes what it computed, for every operation and gradient", async () => {
    const { model, feeds } = everyOperation();
    const { graph, outputs } = readOnnx(model);
    const before = await run(model, feeds);
    const after = await run(writeOnnx(graph, outputs), feeds);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const [name, { data, shape }] of Object.entries(before)) {
      expect(after[name].shape, name).toEqual(shape);
      data.forEach((value, i) => {
        expect(after[name].data[i], `${name}[${i}]`).toBeCloseTo(value as number, 5);
      });
    }
  });

  test("has the inputs, outputs and operations of the graph that was written", () => {
    const { graph, outputs } = trainingStep();
    const read = readOnnx(writeOnnx(graph, outputs));
    const ports = (tensors: readonly Tensor[]) =>
      tensors.map(({ name, shape, dtype }) => [name, shape, dtype]);
    expect(ports(read.graph.inputs)).toEqual(ports(graph.inputs));
    expect(Object.entries(read.outputs).map(([name, { shape }]) => [name, shape])).toEqual(
      Object.entries(outputs).map(([name, { shape }]) => [name, shape]),
    );
    const written = prune(graph, Object.values(outputs)).nodes.map((node) => node.op);
    const kept = prune(read.graph, Object.values(read.outputs)).nodes.map((node) => node.op);
    expect(new Set(kept)).toEqual(new Set(written));
    expect(kept.length).toBeLessThanOrEqual(written.length); // what turns out equal is computed once
  });

  test("can be differentiated", async () => {
    const g = createGraph();
    const { graph, outputs } = readOnnx(writeOnnx(g, { y: exp(input(g, "x", [2])) }));
    const [slope] = gradients(sum(outputs.y!, [0]), [graph.inputs[0]]);
    const { dy } = await run(writeOnnx(graph, { dy: slope! }), {
      x: { data: Float32Array.of(0, 1), shape: [2] },
    });
    expect(dy!.data[0]).toBeCloseTo(1, 6);
    expect(dy!.data[1]).toBeCloseTo(Math.E, 6);
  });
});

describe("bytes that are no such model", () => {
  const { graph, outputs } = trainingStep();
  const model = writeOnnx(graph, outputs);

  test("cut anywhere is refused, and never hangs", () => {
    for (let end = 0; end < model.length; end += 37)
      expect(() => readOnnx(model.subarray(0, end)), `${end} bytes`).toThrow(FormatError);
  });

  test("with bytes changed is refused or read, but nothing else is thrown", () => {
    const rng = createRng(11);
    const { feeds } = trainingData(rng);
    expect(Object.keys(feeds)).toEqual(["x", "target"]);
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const damaged = model.slice();
      for (let n = 1 + rng.int(4); n > 0; n--) damaged[rng.int(damaged.length)] = rng.int(256);
      try {
        readOnnx(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });

  test("with an operation that lacks an input is refused by name", () => {
    const text = String.fromCharCode(...model)
      .replaceAll("Relu", "Gemm")
      .replaceAll("Tanh", "Gemm");
    const other = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(() => readOnnx(other)).toThrow(/Gemm has 1 inputs, needs more/);
  });

  test("with an operation this room does not have is refused by name", () => {
    const text = String.fromCharCode(...model).replaceAll("Softmax", "Hardmax");
    const other = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(() => readOnnx(other)).toThrow(/operation Hardmax, expected Add, Sub/);
  });
});
