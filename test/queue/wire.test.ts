import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { decodeWire, encodeWire } from "../../src/queue/wire.ts";

const numbers = fc.double();
const leaf = fc.oneof(
  numbers,
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.float64Array(),
  fc.float32Array(),
  fc.uint8Array(),
  fc.int32Array(),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(
      fc.string().filter((key) => key !== "$" && key !== "__proto__"),
      tie("value"),
    ),
  ),
})).value;

describe("a message of the queue", () => {
  test("plain data and typed arrays come out as they went in, to the last bit", () => {
    fc.assert(
      fc.property(
        plain,
        (value) => void expect(decodeWire(encodeWire(value))).toStrictEqual(noNullPrototypes(value)),
      ),
      { numRuns: 300 },
    );
  });

  test("the same data make the same text, whichever buffer an array lies in", () => {
    const whole = Float64Array.of(1, 2, 3, 4);
    expect(encodeWire({ a: whole.subarray(1, 3) })).toBe(encodeWire({ a: Float64Array.of(2, 3) }));
  });

  test.each([
    "",
    "{",
    '{"$":"Function"}',
    '{"$":["Float64Array","AAAA"]}',
    '{"$":["Map","AAAA"]}',
    '{"$":{}}',
  ])("%s is refused", (text) => expect(() => decodeWire(text)).toThrow(FormatError));
});

/** fast-check makes some objects without a prototype; JSON does not. */
function noNullPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(noNullPrototypes);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, noNullPrototypes(item)]));
}
