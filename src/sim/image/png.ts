import { type DecodedPng, decode, encode } from "fast-png";
import { FormatError } from "../../base/index.ts";
import type { GrayImage } from "./gray-image.ts";
import { checkPng } from "./png-chunks.ts";

/**
 * Reads a PNG: grey, grey + alpha, RGB, RGBA or palette, up to 16 bits, with or without tRNS.
 *
 * @throws FormatError for a damaged, truncated or too large file, and for interlacing below 8 bits
 */
export function decodePng(bytes: Uint8Array, name: string): GrayImage {
  const { header, essential } = checkPng(bytes, name);
  let png: DecodedPng;
  try {
    png = decode(essential);
  } catch (cause) {
    throw new FormatError(`${name}: PNG does not decode: ${(cause as Error).message}`, { cause });
  }
  if (header.colorType === 3) return fromPalette(png, name);
  return png.channels <= 2 ? fromGray(png) : fromColour(png);
}

/**
 * Writes a PNG of 8 bits: grey, or RGBA if alpha is given (grey + alpha is not read well by
 * GraphicsMagick, hence by nav2_map_server).
 *
 * @param gray (height, width) top row first
 * @param alpha (height, width)
 */
export function encodePng(gray: Uint8Array, width: number, height: number, alpha?: Uint8Array): Uint8Array {
  if (!alpha) return encode({ width, height, depth: 8, channels: 1, data: gray });
  const data = new Uint8Array(4 * width * height);
  for (let c = 0; c < gray.length; c++) {
    data.fill(gray[c], 4 * c, 4 * c + 3);
    data[4 * c + 3] = alpha[c];
  }
  return encode({ width, height, depth: 8, channels: 4, data });
}

function fromPalette(png: DecodedPng, name: string): GrayImage {
  const { width, height, palette } = png;
  if (!palette) throw new FormatError(`${name}: PNG has no palette (PLTE), which its colour type 3 needs`);
  const index = unpack(png);
  const gray = new Uint16Array(index.length);
  const alpha = palette.some((colour) => (colour[3] ?? 255) < 255) ? new Uint8Array(index.length) : undefined;
  for (let c = 0; c < index.length; c++) {
    const colour = palette[index[c]];
    if (!colour) {
      throw new FormatError(`${name}: PNG colour ${index[c]} is outside the palette of ${palette.length}`);
    }
    gray[c] = colour[0] + colour[1] + colour[2];
    if (alpha) alpha[c] = colour[3] ?? 255;
  }
  return { width, height, gray, maxValue: 765, ...(alpha ? { alpha } : {}) };
}

function fromGray(png: DecodedPng): GrayImage {
  const { width, height, depth, channels } = png;
  const samples = unpack(png);
  const maxValue = 2 ** depth - 1;
  const isClear = png.transparency ? (v: number) => v === png.transparency![0] : undefined;
  if (channels === 1) {
    const alpha = isClear ? Uint8Array.from(samples, (v) => (isClear(v) ? 0 : 255)) : undefined;
    return { width, height, gray: samples, maxValue, ...(alpha ? { alpha } : {}) };
  }
  const size = width * height;
  const gray = depth === 16 ? new Uint16Array(size) : new Uint8Array(size);
  const alpha = new Uint8Array(size);
  for (let c = 0; c < size; c++) {
    gray[c] = samples[2 * c];
    alpha[c] = toByte(samples[2 * c + 1], depth);
  }
  return { width, height, gray, maxValue, alpha };
}

function fromColour(png: DecodedPng): GrayImage {
  const { width, height, depth, channels, data, transparency: clear } = png;
  const size = width * height;
  const gray = depth === 16 ? new Uint32Array(size) : new Uint16Array(size);
  const alpha = channels === 4 || clear ? new Uint8Array(size).fill(255) : undefined;
  for (let c = 0, p = 0; c < size; c++, p += channels) {
    const [r, g, b] = [data[p], data[p + 1], data[p + 2]];
    gray[c] = r + g + b;
    if (channels === 4) alpha![c] = toByte(data[p + 3], depth);
    else if (clear && r === clear[0] && g === clear[1] && b === clear[2]) alpha![c] = 0;
  }
  return { width, height, gray, maxValue: 3 * (2 ** depth - 1), ...(alpha ? { alpha } : {}) };
}

/** One sample per element; below 8 bits a row is packed, its first sample in the high bits. */
function unpack(png: DecodedPng): Uint8Array | Uint16Array {
  const { width, height, depth, data } = png;
  if (depth >= 8)
    return data instanceof Uint16Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const perByte = 8 / depth;
  const stride = Math.ceil(width / perByte);
  const samples = new Uint8Array(width * height);
  for (let j = 0, c = 0; j < height; j++) {
    for (let i = 0; i < width; i++, c++) {
      const byte = data[j * stride + Math.floor(i / perByte)];
      samples[c] = (byte >> (8 - depth - depth * (i % perByte))) & (2 ** depth - 1);
    }
  }
  return samples;
}

/** Opacity in 8 bits; 255 only for fully opaque. */
function toByte(alpha: number, depth: number): number {
  return depth === 8 ? alpha : alpha === 65535 ? 255 : Math.min(alpha >> 8, 254);
}
