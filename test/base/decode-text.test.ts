import { expect, test } from "vitest";
import { decodeText, FormatError } from "../../src/base/index.ts";

const text = "image: büro.pgm\n";
const utf16 = (bigEndian: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 + 2 * text.length));
  [0xfeff, ...Array.from(text, (letter) => letter.charCodeAt(0))].forEach((code, i) => {
    view.setUint16(2 * i, code, !bigEndian);
  });
  return new Uint8Array(view.buffer);
};

test("text is read as UTF-8, or as UTF-16 of either order where its mark says so, and the mark is gone", () => {
  const utf8 = new TextEncoder().encode(text);
  for (const bytes of [utf8, Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8), utf16(false), utf16(true)])
    expect(decodeText(bytes)).toBe(text);
});

test("UTF-16 without its mark, and what is no text, is refused", () => {
  expect(() => decodeText(utf16(true).subarray(2))).toThrow(FormatError);
  expect(() => decodeText(utf16(false).subarray(2))).toThrow("byte order mark");
});
