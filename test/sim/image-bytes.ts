// What the tests of the image formats have in common.
import { expect } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { decodeMapImage, type GrayImage } from "../../src/sim/index.ts";

export const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));
export const bytes = (s: string, ...rest: number[]) => Uint8Array.of(...text(s), ...rest);
export const brightness = (image: GrayImage) => Array.from(image.gray, (v) => v / image.maxValue);

export function expectFormatError(file: Uint8Array, message: string): void {
  expect(() => decodeMapImage(file, "map.x")).toThrow(FormatError);
  expect(() => decodeMapImage(file, "map.x")).toThrow(message);
  expect(() => decodeMapImage(file, "map.x")).toThrow("map.x");
}

/** Little-endian bytes. */
export function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, k) => Math.floor(value / 256 ** k) % 256);
}

export type Bmp = {
  width: number;
  height: number;
  bits: number;
  pixels: number[];
  palette?: number[];
  masks?: number[];
};

/** A BMP put together from its specification: BITMAPINFOHEADER, or BITMAPV4HEADER where there are masks. */
export function bmp({ width, height, bits, pixels, palette = [], masks }: Bmp): Uint8Array {
  const size = masks ? 108 : 40;
  const offset = 14 + size + palette.length;
  const header = [
    ...le(width >>> 0, 4),
    ...le(height >>> 0, 4),
    ...le(1, 2),
    ...le(bits, 2),
    ...le(masks ? 3 : 0, 4),
  ];
  const rest = [...le(pixels.length, 4), ...le(0, 8), ...le(palette.length / 4, 4), ...le(0, 4)];
  const v4 = masks ? [...masks.flatMap((m) => le(m, 4)), ...Array(52).fill(0)] : [];
  const body = [...le(size, 4), ...header, ...rest, ...v4, ...palette, ...pixels];
  return bytes("BM", ...le(14 + body.length, 4), ...le(0, 4), ...le(offset, 4), ...body);
}
