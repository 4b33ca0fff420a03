import { describe, expect, it } from "vitest";
import { decodeMapImage } from "../../src/sim/index.ts";
import { bmp, brightness, bytes, expectFormatError, le, text } from "./image-bytes.ts";

describe("decodeMapImage of BMP", () => {
  it("reads 24 bits bottom-up and top-down, rows padded to 4 bytes", () => {
    const up = bmp({ width: 1, height: 2, bits: 24, pixels: [30, 20, 10, 99, 255, 255, 255, 99] });
    expect(decodeMapImage(up)).toEqual({ width: 1, height: 2, maxValue: 765, gray: Uint16Array.of(765, 60) });
    const down = bmp({ width: 1, height: -2, bits: 24, pixels: [30, 20, 10, 99, 255, 255, 255, 99] });
    expect([...decodeMapImage(down).gray]).toEqual([60, 765]);
  });

  it("reads 1, 4 and 8 bits through the palette", () => {
    const palette = [0, 0, 0, 0, 255, 255, 255, 0, 1, 2, 3, 0];
    const one = bmp({
      width: 9,
      height: 1,
      bits: 1,
      palette: palette.slice(0, 8),
      pixels: [0b10110001, 0b10000000, 0, 0],
    });
    expect(brightness(decodeMapImage(one))).toEqual([1, 0, 1, 1, 0, 0, 0, 1, 1]);
    const four = bmp({ width: 3, height: 1, bits: 4, palette, pixels: [0x21, 0x00, 0, 0] });
    expect([...decodeMapImage(four).gray]).toEqual([6, 765, 0]);
    const eight = bmp({ width: 3, height: 1, bits: 8, palette, pixels: [1, 2, 0, 0] });
    expect([...decodeMapImage(eight).gray]).toEqual([765, 6, 0]);
  });

  it("reads the old OS/2 header with a palette of three bytes a colour", () => {
    const file = bytes(
      "BM",
      ...le(38, 4),
      0,
      0,
      0,
      0,
      ...le(32, 4),
      ...le(12, 4),
      ...le(2, 2),
      ...le(1, 2),
      1,
      0,
      1,
      0,
    );
    const whole = Uint8Array.of(...file, 0, 0, 0, 255, 255, 255, 0b01000000, 0, 0, 0);
    expect(brightness(decodeMapImage(whole))).toEqual([0, 1]);
  });

  it("reads 32 bits: alpha where there is a mask, the fourth byte ignored where there is none", () => {
    const pixels = [3, 2, 1, 0, 255, 255, 255, 128];
    const plain = decodeMapImage(bmp({ width: 2, height: 1, bits: 32, pixels }));
    expect(plain).toEqual({ width: 2, height: 1, maxValue: 765, gray: Uint16Array.of(6, 765) });
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const masked = decodeMapImage(bmp({ width: 2, height: 1, bits: 32, pixels, masks }));
    expect([...masked.alpha!]).toEqual([0, 128]);
    const swapped = [0xff00, 0xff0000, 0xff000000, 0xff];
    const abgr = decodeMapImage(
      bmp({ width: 2, height: 1, bits: 32, pixels: [9, 1, 2, 3, 255, 4, 5, 6], masks: swapped }),
    );
    expect(abgr).toMatchObject({ gray: Uint16Array.of(6, 15), alpha: Uint8Array.of(9, 255) });
  });

  it("takes alpha that is 0 everywhere for an unused byte", () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const image = decodeMapImage(bmp({ width: 1, height: 1, bits: 32, pixels: [1, 1, 1, 0], masks }));
    expect(image.alpha).toBeUndefined();
  });

  const good = { width: 1, height: 1, bits: 24, pixels: [1, 2, 3, 0] };
  const patched = (at: number, ...values: number[]) => {
    const file = bmp(good);
    file.set(values, at);
    return file;
  };
  it.each([
    ["a file of two bytes", text("BM"), "header has size 0"],
    ["a cut header", bmp(good).subarray(0, 30), "truncated: 30 bytes, expected a header of 54"],
    ["missing pixels", bmp(good).subarray(0, 57), "truncated: pixels at 54 .. 58, file has 57 bytes"],
    ["a header of unknown size", patched(14, 41 - 10), "header has size 31"],
    ["width zero", patched(18, 0, 0, 0, 0), "0 x 1 pixels"],
    ["a negative width", patched(18, 255, 255, 255, 255), "-1 x 1 pixels"],
    ["an absurd size", patched(18, 0, 0, 0, 64, 0, 0, 0, 64), "expected at most 67108864"],
    ["the most negative height", patched(22, 0, 0, 0, 128), "expected at most 67108864"],
    ["16 bits", patched(28, 16), "16 bits per pixel, expected 1, 4, 8, 24 or 32"],
    ["run-length compression", patched(30, 1), "compression 1 at 24 bits, expected none"],
    ["pixels within the header", patched(10, 20), "truncated: pixels at 20"],
    [
      "a colour outside the palette",
      bmp({ width: 1, height: 1, bits: 8, palette: [1, 2, 3, 0], pixels: [1, 0, 0, 0] }),
      "colour 1 is outside the palette of 1",
    ],
    [
      "a mask of ten bits",
      bmp({ ...good, bits: 32, masks: [0x3ff, 0xff00, 0xff, 0] }),
      "channel mask is 0x3ff",
    ],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
});
