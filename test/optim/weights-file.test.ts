import { describe, expect, test } from "vitest";
import { layoutParameters } from "../../src/graph/index.ts";
import { readWeights, writeWeights } from "../../src/optim/node.ts";

const LAYOUT = layoutParameters([
  { name: "w", shape: [2, 3], init: "zeros" },
  { name: "b", shape: [3], init: "ones" },
]);
const PARAMS = Float32Array.from({ length: 9 }, (_, i) => i / 3 - 1);
const FILE = writeWeights(LAYOUT, PARAMS);

/** A file with another header, or none. */
function withHeader(header: unknown, data = new Uint8Array(24)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.length);
  file[0] = json.length;
  file.set(json, 8);
  return file;
}

describe("a safetensors file", () => {
  test("is a length, a JSON header and the numbers, as its description says", () => {
    const length = Number(new DataView(FILE.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(FILE.subarray(8, 8 + length)));
    expect(header.b).toEqual({ dtype: "F32", shape: [3], data_offsets: [24, 36] });
    expect((8 + length) % 8).toBe(0);
    expect(new DataView(FILE.buffer).getFloat32(8 + length + 4 * 7, true)).toBe(PARAMS[7]);
  });

  test("is read as it was written, and metadata are left out", () => {
    expect(readWeights(FILE)).toEqual({ w: PARAMS.slice(0, 6), b: PARAMS.slice(6) });
    const one = { w: { dtype: "F32", shape: [2], data_offsets: [8, 16] }, __metadata__: { made: "here" } };
    expect(Object.keys(readWeights(withHeader(one)))).toEqual(["w"]);
  });

  test("is the same as a part of a Buffer, whose slices share its memory", () => {
    const part = Buffer.concat([Buffer.alloc(3), FILE]).subarray(3);
    expect(readWeights(part)).toEqual(readWeights(FILE));
  });

  const tensor = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  test.each<[string, Uint8Array, string]>([
    ["no bytes", new Uint8Array(3), "safetensors file of 3 bytes"],
    ["half a header", FILE.subarray(0, 20), "says its header has"],
    ["no JSON", withHeader("{w"), "the header is no JSON"],
    ["a list", withHeader([]), "the header is no object"],
    ["another type", withHeader({ w: { ...tensor, dtype: "F16" } }), 'tensor w is "F16", expected "F32"'],
    ["no place", withHeader({ w: { ...tensor, data_offsets: [0] } }), "tensor w has no shape or no place"],
    [
      "another size",
      withHeader({ w: { ...tensor, shape: [3] } }),
      "lies at 0..8, expected 12 bytes within 24",
    ],
    ["a place beyond", withHeader({ w: { ...tensor, data_offsets: [24, 32] } }), "lies at 24..32"],
    ["nothing", withHeader({ w: null }), 'tensor w is undefined, expected "F32"'],
  ])("is refused with %s", (_, file, message) => {
    expect(() => readWeights(file)).toThrow(message);
  });
});
