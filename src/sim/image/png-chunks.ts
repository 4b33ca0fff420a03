import { Unzlib } from "fflate";
import { crc32, FormatError } from "../../base/index.ts";
import { checkImageSize } from "./gray-image.ts";

/** What IHDR says. */
type PngHeader = {
  readonly width: number;
  readonly height: number;
  /** Bits per sample: 1, 2, 4, 8 or 16. */ readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA. */ readonly colorType: number;
  readonly isInterlaced: boolean;
};

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** Legal bits per sample for each colour type. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The pixels of one image, unpacked: RGBA of 8 bits at the largest size. [bytes] */
const MAX_INFLATED = 2 ** 28;
/** Compressed bytes handed over at a time: deflate gives at most 1032 for one, here 17 MB. */
const INFLATE_STEP = 2 ** 14;

/** True if the bytes start with PNG's signature. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((b, k) => bytes[k] === b);
}

/**
 * Checks a PNG before a decoder touches it: chunks whole and with the right CRC, a legal header, and
 * pixel data that inflate to exactly the size the header asks for, so that neither a wrong header nor a
 * decompression bomb takes memory.
 *
 * @returns the header, and the file with only the chunks that carry pixels (IHDR, PLTE, tRNS, IDAT, IEND)
 * @throws FormatError otherwise
 *
 * Source: W3C, Portable Network Graphics (Third Edition), sections 5 and 11.
 */
export function checkPng(bytes: Uint8Array, name: string): { header: PngHeader; essential: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let type = "";
  for (let at = 8; type !== "IEND"; ) {
    if (at + 12 > bytes.length)
      throw new FormatError(`${name}: PNG is truncated at byte ${at}, before its end chunk`);
    const length = view.getUint32(at);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) {
      throw new FormatError(
        `${name}: PNG is truncated: chunk ${JSON.stringify(type)} ends at ${end} of ${bytes.length}`,
      );
    }
    if (view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4))) {
      throw new FormatError(
        `${name}: PNG chunk ${JSON.stringify(type)} at byte ${at} has a wrong CRC; it is damaged`,
      );
    }
    if ((type === "IHDR") !== (header === undefined)) {
      throw new FormatError(
        `${name}: PNG chunk ${JSON.stringify(type)} at byte ${at}, expected one IHDR, and first`,
      );
    }
    header ??= readHeader(view, length, name);
    if (["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].includes(type)) kept.push(bytes.subarray(at, end));
    if (type === "IDAT") data.push(bytes.subarray(at + 8, end - 4));
    if (type === "tRNS") checkTransparency(header, length, name);
    at = end;
  }
  checkInflatedSize(data, inflatedSize(header!, name), name);
  const essential = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    essential.set(part, at);
    at += part.length;
  }
  return { header: header!, essential };
}

function readHeader(view: DataView, length: number, name: string): PngHeader {
  if (length !== 13) throw new FormatError(`${name}: PNG header has ${length} bytes, expected 13`);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  checkImageSize(name, width, height);
  const [depth, colorType, compression, filter, interlace] = [24, 25, 26, 27, 28].map((at) =>
    view.getUint8(at),
  );
  if (!DEPTHS[colorType!]?.includes(depth!)) {
    throw new FormatError(
      `${name}: PNG has colour type ${colorType} at ${depth} bits, which is not a legal pair`,
    );
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw new FormatError(
      `${name}: PNG has compression ${compression}, filter ${filter}, interlace ${interlace}, expected 0, 0 and 0 or 1`,
    );
  }
  if (interlace === 1 && depth! < 8) {
    throw new FormatError(
      `${name}: PNG is interlaced at ${depth} bits, expected 8 or 16; save it without interlacing`,
    );
  }
  return { width, height, depth: depth!, colorType: colorType!, isInterlaced: interlace === 1 };
}

function checkTransparency(header: PngHeader, length: number, name: string): void {
  const expected = header.colorType === 0 ? 2 : header.colorType === 2 ? 6 : length;
  if (length !== expected)
    throw new FormatError(`${name}: PNG chunk "tRNS" has ${length} bytes, expected ${expected}`);
}

/** Bytes of the filtered rows, with the byte in front of each that names its filter. */
function inflatedSize(header: PngHeader, name: string): number {
  const { width, height } = header;
  const bits = header.depth * CHANNELS[header.colorType];
  const rows = (w: number, h: number) => (w > 0 ? h * (1 + Math.ceil((w * bits) / 8)) : 0);
  const size = header.isInterlaced
    ? ADAM7.reduce(
        (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
        0,
      )
    : rows(width, height);
  if (size > MAX_INFLATED) {
    throw new FormatError(`${name}: PNG holds ${size} bytes of pixels, expected at most ${MAX_INFLATED}`);
  }
  return size;
}

/** First column and row, and steps, of the seven passes of an interlaced image. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function checkInflatedSize(data: readonly Uint8Array[], expected: number, name: string): void {
  let size = 0;
  const tooLong = () =>
    new FormatError(`${name}: PNG pixels inflate to over the ${expected} bytes its header asks for`);
  const inflate = new Unzlib((chunk) => {
    size += chunk.length;
    if (size > expected) throw tooLong();
  });
  try {
    for (const part of data) {
      for (let at = 0; at < part.length; at += INFLATE_STEP)
        inflate.push(part.subarray(at, at + INFLATE_STEP));
    }
    inflate.push(new Uint8Array(0), true);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${name}: PNG pixels do not inflate: ${(cause as Error).message}`, { cause });
  }
  if (size !== expected) {
    throw new FormatError(
      `${name}: PNG pixels inflate to ${size} bytes, expected ${expected} for its header`,
    );
  }
}
