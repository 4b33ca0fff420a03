import { FormatError } from "../../base/index.ts";
import { checkImageSize, type GrayImage } from "./gray-image.ts";

/** What the two headers of a BMP say. */
type BmpHeader = {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  /** 1, 4, 8, 24 or 32. */ readonly bits: number;
  /** Where the pixels start. [bytes] */ readonly offset: number;
  /** Length of a row, padded to 4. [bytes] */ readonly stride: number;
  /** Brightness (sum of three channels) of each colour, for 1, 4 and 8 bits. */ readonly palette: Uint16Array;
  /** Byte of blue, green, red and alpha (-1: none) within a 32-bit pixel. */
  readonly bytes: readonly [number, number, number, number];
};

const BI_RGB = 0;
const BI_BITFIELDS = 3;
const BI_ALPHABITFIELDS = 6;
const FILE_HEADER = 14;
const V4_HEADER = 108;

/**
 * Reads an uncompressed BMP of 1, 4, 8, 24 or 32 bits, bottom-up or top-down. Alpha counts only where the
 * header has a mask for it, and not if it is 0 everywhere: many writers leave the fourth byte unused.
 *
 * @throws FormatError for a bad header, compression, a colour outside the palette, missing pixels
 *
 * Source: Microsoft, "Bitmap Storage" (BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER).
 */
export function decodeBmp(bytes: Uint8Array, name: string): GrayImage {
  const header = readHeader(bytes, name);
  const { width, height, bits, stride } = header;
  const gray = new Uint16Array(width * height);
  const alpha = bits === 32 && header.bytes[3] >= 0 ? new Uint8Array(width * height) : undefined;
  for (let row = 0; row < height; row++) {
    const start = header.offset + stride * (header.topDown ? row : height - 1 - row);
    const out = row * width;
    if (bits <= 8) readIndexedRow(bytes, start, header, name, gray.subarray(out, out + width));
    else
      readColourRow(bytes, start, header, gray.subarray(out, out + width), alpha?.subarray(out, out + width));
  }
  return { width, height, gray, maxValue: 765, ...(alpha?.some((a) => a > 0) ? { alpha } : {}) };
}

/**
 * Writes a bottom-up BMP: 8-bit grey, or 32-bit with an alpha mask (BITMAPV4HEADER) if alpha is given.
 *
 * @param gray (height, width) top row first
 * @param alpha (height, width)
 */
export function encodeBmp(gray: Uint8Array, width: number, height: number, alpha?: Uint8Array): Uint8Array {
  const bits = alpha ? 32 : 8;
  const stride = rowStride(width, bits);
  const headerSize = alpha ? V4_HEADER : 40;
  const offset = FILE_HEADER + headerSize + (alpha ? 0 : 4 * 256);
  const bytes = new Uint8Array(offset + stride * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, offset, true);
  view.setUint32(14, headerSize, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, alpha ? BI_BITFIELDS : BI_RGB, true);
  view.setUint32(34, stride * height, true);
  if (alpha) {
    [0xff0000, 0xff00, 0xff, 0xff000000].forEach((mask, k) => {
      view.setUint32(54 + 4 * k, mask, true);
    });
  } else {
    view.setUint32(46, 256, true);
    for (let v = 0; v < 256; v++) bytes.set([v, v, v, 0], FILE_HEADER + headerSize + 4 * v);
  }
  for (let row = 0; row < height; row++) {
    const start = offset + stride * (height - 1 - row);
    for (let i = 0; i < width; i++) {
      const v = gray[row * width + i];
      if (!alpha) bytes[start + i] = v;
      else bytes.fill(v, start + 4 * i, start + 4 * i + 3)[start + 4 * i + 3] = alpha[row * width + i];
    }
  }
  return bytes;
}

function readHeader(bytes: Uint8Array, name: string): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (message: string) => new FormatError(`${name}: ${message}`);
  const size = bytes.length >= FILE_HEADER + 4 ? view.getUint32(FILE_HEADER, true) : 0;
  if (size !== 12 && !(size >= 40 && size <= 256))
    throw fail(`BMP header has size ${size}, expected 12 or 40 .. 256`);
  const end = FILE_HEADER + size;
  if (bytes.length < end) throw fail(`BMP is truncated: ${bytes.length} bytes, expected a header of ${end}`);
  const isCore = size === 12;
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? BI_RGB : view.getUint32(30, true);
  checkImageSize(name, width, height);
  if (![1, 4, 8, 24, 32].includes(bits))
    throw fail(`BMP has ${bits} bits per pixel, expected 1, 4, 8, 24 or 32`);
  const hasMasks = bits === 32 && (compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS);
  if (compression !== BI_RGB && !hasMasks) {
    throw fail(`BMP has compression ${compression} at ${bits} bits, expected none; save it uncompressed`);
  }
  const offset = view.getUint32(10, true);
  const stride = rowStride(width, bits);
  if (offset < end || offset + stride * height > bytes.length) {
    throw fail(
      `BMP is truncated: pixels at ${offset} .. ${offset + stride * height}, file has ${bytes.length} bytes, header ${end}`,
    );
  }
  const palette = bits <= 8 ? readPalette(view, bits, isCore, end, offset) : new Uint16Array(0);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    offset,
    stride,
    palette,
    bytes: channelBytes(view, size, bits, hasMasks, compression, name),
  };
}

function readPalette(view: DataView, bits: number, isCore: boolean, at: number, offset: number): Uint16Array {
  const entry = isCore ? 3 : 4;
  const declared = isCore ? 0 : view.getUint32(46, true);
  const count = Math.min(declared || 2 ** bits, 2 ** bits, Math.floor((offset - at) / entry));
  return Uint16Array.from({ length: count }, (_, k) => {
    const p = at + entry * k;
    return view.getUint8(p) + view.getUint8(p + 1) + view.getUint8(p + 2);
  });
}

function channelBytes(
  view: DataView,
  size: number,
  bits: number,
  hasMasks: boolean,
  compression: number,
  name: string,
): BmpHeader["bytes"] {
  if (bits !== 32) return [0, 1, 2, -1];
  // With a 40-byte header the masks follow it, in the same place.
  const byteOf = (at: number, isOptional: boolean): number => {
    const mask = at + 4 <= view.byteLength ? view.getUint32(at, true) : 0;
    const byte = [0xff, 0xff00, 0xff0000, 0xff000000].indexOf(mask);
    if (byte < 0 && !(isOptional && mask === 0)) {
      throw new FormatError(
        `${name}: BMP channel mask is 0x${mask.toString(16)}, expected one whole byte of four`,
      );
    }
    return byte;
  };
  const alpha = size >= 56 || compression === BI_ALPHABITFIELDS ? byteOf(66, true) : -1;
  return hasMasks ? [byteOf(62, false), byteOf(58, false), byteOf(54, false), alpha] : [0, 1, 2, alpha];
}

function readIndexedRow(
  bytes: Uint8Array,
  start: number,
  header: BmpHeader,
  name: string,
  out: Uint16Array,
): void {
  const { bits, palette } = header;
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let i = 0; i < out.length; i++) {
    const shift = 8 - bits - bits * (i % perByte);
    const index = (bytes[start + Math.floor(i / perByte)] >> shift) & mask;
    if (index >= palette.length) {
      throw new FormatError(`${name}: colour ${index} is outside the palette of ${palette.length}`);
    }
    out[i] = palette[index];
  }
}

function readColourRow(
  bytes: Uint8Array,
  start: number,
  header: BmpHeader,
  out: Uint16Array,
  alpha: Uint8Array | undefined,
): void {
  const [blue, green, red, opacity] = header.bytes;
  const size = header.bits / 8;
  for (let i = 0, p = start; i < out.length; i++, p += size) {
    out[i] = bytes[p + blue] + bytes[p + green] + bytes[p + red];
    if (alpha) alpha[i] = bytes[p + opacity];
  }
}

function rowStride(width: number, bits: number): number {
  return 4 * Math.ceil((width * bits) / 32);
}
