import { describe, expect, it } from "vitest";
import { decodeMapImage } from "../../src/sim/index.ts";
import { bytes, expectFormatError, text } from "./image-bytes.ts";

describe("decodeMapImage of PGM", () => {
  it("reads P5 with comments wherever netpbm takes them", () => {
    const file = bytes("P5 # one\n# two\n 2#three\n# four\n3\t\n 255# five\n", 0, 10, 20, 205, 254, 255);
    expect(decodeMapImage(file)).toEqual({
      width: 2,
      height: 3,
      maxValue: 255,
      gray: Uint8Array.of(0, 10, 20, 205, 254, 255),
    });
  });

  it("takes one white space only before binary samples", () => {
    expect([...decodeMapImage(bytes("P5 2 1 255\n", 10, 32)).gray]).toEqual([10, 32]);
  });

  it("reads P2 with samples over any number of lines", () => {
    const image = decodeMapImage(text("P2\n#c\n3 2\n7\n0 1\n2 # c\n\t3\r\n4 7"));
    expect(image).toEqual({ width: 3, height: 2, maxValue: 7, gray: Uint8Array.of(0, 1, 2, 3, 4, 7) });
  });

  it("reads 16 bits, high byte first, and text of 16 bits", () => {
    expect(decodeMapImage(bytes("P5 2 1 65535\n", 0x12, 0x34, 0xff, 0xff)).gray).toEqual(
      Uint16Array.of(0x1234, 0xffff),
    );
    expect(decodeMapImage(text("P2 2 1 1000 0 1000")).gray).toEqual(Uint16Array.of(0, 1000));
  });

  it("ignores what follows the last sample", () => {
    expect([...decodeMapImage(bytes("P5 1 1 255\n", 9, 8, 7)).gray]).toEqual([9]);
  });

  it.each([
    [
      "a truncated file",
      bytes("P5 3 2 255\n", 1, 2, 3, 4, 5),
      "truncated: room for 5 samples, expected width*height = 6",
    ],
    ["a truncated file of 16 bits", bytes("P5 1 2 256\n", 0, 1, 0), "room for 1 samples"],
    ["a truncated text", text("P2 3 2 255 1 2 3"), "truncated"],
    ["a text cut within its samples", text("P2 3 2 255 111 222 33 44 "), "the file ends at byte"],
    ["a header only", text("P5 3"), "the file ends"],
    ["no width", text("P5"), "white space expected after P5"],
    ["a letter in the header", text("P5 3 x 255 "), 'there is "x"'],
    ["a negative width", text("P5 -3 3 255 "), 'there is "-"'],
    ["a fraction", text("P5 3.5 3 255 "), 'width is followed by "."'],
    ["width zero", text("P5 0 3 255 "), "0 x 3 pixels, expected positive"],
    ["an absurd size", text("P5 99999 99999 255 "), "expected at most 67108864 in all"],
    ["a size of forty digits", text(`P5 ${"9".repeat(40)} 1 255 `), "width is over 1000000000"],
    ["maxval 0", text("P5 1 1 0 x"), "maxval is 0, expected 1 .. 65535"],
    ["maxval 65536", text("P5 1 1 65536 xx"), "maxval is 65536"],
    [
      "a sample above maxval",
      bytes("P5 2 1 100\n", 100, 101),
      "sample 2 is 101, expected at most maxval = 100",
    ],
    ["a text sample above maxval", text("P2 2 1 100 100 101"), "sample 2 is 101"],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
});
