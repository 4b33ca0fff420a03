import { describe, expect, it } from "vitest";
import { decodeMapImage } from "../../src/sim/index.ts";
import { bmp, bytes, expectFormatError, text } from "./image-bytes.ts";

describe("decodeMapImage", () => {
  it("goes by the bytes, not the name", () => {
    expect(decodeMapImage(bytes("P5 1 1 255 ", 3), "map.png").gray[0]).toBe(3);
  });
  it.each([
    ["an empty file", new Uint8Array(0), "is empty"],
    [
      "a JPEG",
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
      "starts with bytes ff d8 ff e0, expected a PGM (P2 or P5), PNG or BMP",
    ],
    ["a colour PPM", text("P6 1 1 255 abc"), "starts with bytes 50 36"],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
  it("reads an image that lies within a larger buffer", () => {
    const file = bmp({ width: 1, height: 1, bits: 24, pixels: [1, 2, 3, 0] });
    const buffer = new Uint8Array(file.length + 7);
    buffer.set(file, 7);
    expect([...decodeMapImage(buffer.subarray(7)).gray]).toEqual([6]);
  });
});
