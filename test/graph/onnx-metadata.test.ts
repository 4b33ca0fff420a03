import { describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  add,
  constant,
  createGraph,
  dense,
  input,
  readOnnxMetadata,
  writeOnnx,
} from "../../src/graph/index.ts";

const props = { "mnemosyne.net": '{"N":30}', note: "ä, ∂ and 🤖", empty: "" };

function model(): Uint8Array {
  const g = createGraph();
  const x = input(g, "x", [2, 3]);
  input(g, "unused", [1]);
  const w = constant(g, [1, 2, 3, 4, 5, 6], [3, 2], "w");
  const y = dense(x, w);
  return writeOnnx(g, { y, z: add(y, 1) }, { metadata: props });
}

/** Bytes of a protobuf message, spelled out: fields are [number, text, bytes or integer]. */
function message(...fields: readonly (readonly [number, string | number | number[]])[]): number[] {
  return fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [number * 8, ...varint(value)];
    const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
    return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
  });
}

function varint(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...varint(rest)];
}

describe("an ONNX file's metadata", () => {
  test("are what was written: properties, inputs that are needed, outputs, their types and shapes", () => {
    const { irVersion, opset, producer, properties, inputs, outputs } = readOnnxMetadata(model());
    expect({ irVersion, opset, producer }).toEqual({ irVersion: 8, opset: 17, producer: "mnemosyne-mpc" });
    expect(Object.fromEntries(properties)).toEqual(props);
    expect(inputs).toEqual([{ name: "x", elementType: 1, shape: [2, 3] }]);
    expect(outputs).toEqual([
      { name: "y", elementType: 1, shape: [2, 2] },
      { name: "z", elementType: 1, shape: [2, 2] },
    ]);
  });

  test("of a model from elsewhere: sizes that are free, inputs with initializers, other domains, fixed-width fields", () => {
    const dims = message([1, message([2, "batch"])], [1, message([1, 300])], [1, []]);
    const value = (name: string) => message([1, name], [2, message([1, message([1, 7], [2, dims])])]);
    const graph = message([2, "torch"], [5, message([1, 300], [8, "w"])], [11, value("w")], [11, value("x")]);
    const domains = [
      message([1, "com.microsoft"], [2, 1]),
      message([2, 21]),
      message([1, "ai.onnx.ml"], [2, 3]),
    ];
    const bytes = message([1, 10], [2, "pytorch"], ...domains.map((d) => [8, d] as const), [7, graph]);
    const fixed = [15 * 8 + 5, 1, 2, 3, 4, ...varint(16 * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8];
    const found = readOnnxMetadata(Uint8Array.from([...bytes, ...fixed]));
    expect(found.opset).toBe(21);
    expect(found.inputs).toEqual([{ name: "x", elementType: 7, shape: ["batch", 300, undefined] }]);
    expect(found.outputs).toEqual([]);
    expect(found.properties.size).toBe(0);
  });

  test("a key such as __proto__ is a key like any other", () => {
    const bytes = message([1, 8], [8, message([2, 17])], [7, []], [14, message([1, "__proto__"], [2, "x"])]);
    expect(readOnnxMetadata(Uint8Array.from(bytes)).properties.get("__proto__")).toBe("x");
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(), /the file is empty/],
    ["text", new TextEncoder().encode("<html>not found</html>"), /not an ONNX model/],
    [
      "a Git LFS pointer",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
      /not an ONNX model/,
    ],
    ["zeros", new Uint8Array(100), /not an ONNX model/],
    ["ones", new Uint8Array(100).fill(255), /not an ONNX model/],
    ["a model without a graph", Uint8Array.from(message([1, 8], [8, message([2, 17])])), /no graph/],
    ["a model without a version", Uint8Array.from(message([7, []], [8, message([2, 17])])), /no ir_version/],
    ["a model without operators", Uint8Array.from(message([1, 8], [7, []])), /no operator set/],
    [
      "a graph that is a number",
      Uint8Array.from(message([1, 8], [7, 3])),
      /graph: got a number, expected bytes/,
    ],
    ["a version that is bytes", Uint8Array.from(message([1, "8"])), /ir_version: got bytes/],
    ["text that is not UTF-8", Uint8Array.from(message([2, [0xff, 0xfe]])), /producer_name: not UTF-8/],
    ["a number without end", new Uint8Array(20).fill(0x80), /longer than ten bytes/],
  ])("%s is refused, and the message says why", (_what, bytes, why) => {
    expect(() => readOnnxMetadata(bytes)).toThrow(FormatError);
    expect(() => readOnnxMetadata(bytes)).toThrow(why);
  });

  test("a file cut anywhere before its properties is refused", () => {
    const bytes = model();
    const begin = Buffer.from(bytes).indexOf("empty"); // the first by name
    for (let length = 0; length < begin - 4; length++)
      expect(() => readOnnxMetadata(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
  });

  test("flipped bytes give a FormatError or some metadata, nothing else", () => {
    const rng = createRng(7);
    for (let round = 0; round < 2000; round++) {
      const bytes = model();
      for (let i = 0; i < 1 + rng.int(4); i++) bytes[rng.int(bytes.length)] = rng.int(256);
      try {
        readOnnxMetadata(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
