import { FormatError } from "../../base/index.ts";
import { decodeBmp } from "./bmp.ts";
import type { GrayImage } from "./gray-image.ts";
import { decodePgm } from "./pgm.ts";
import { decodePng } from "./png.ts";
import { isPng } from "./png-chunks.ts";

/**
 * Decodes a map's image: PGM (P2, P5), PNG or BMP, told apart by their first bytes, not by name.
 * Memory is bounded by the file's size, and for PNG by `MAX_CELLS`, before anything is allocated.
 *
 * @param bytes the whole file
 * @param name what to call the image in messages
 * @throws FormatError for any other, damaged, truncated or absurdly large file
 */
export function decodeMapImage(bytes: Uint8Array, name = "image"): GrayImage {
  const b0 = bytes[0];
  const b1 = bytes[1];
  if (b0 === 0x50 && (b1 === 0x32 || b1 === 0x35)) return decodePgm(bytes, name);
  if (isPng(bytes)) return decodePng(bytes, name);
  if (b0 === 0x42 && b1 === 0x4d) return decodeBmp(bytes, name);
  const start = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join(" ");
  throw new FormatError(
    bytes.length === 0
      ? `${name} is empty, expected a PGM (P2 or P5), PNG or BMP image`
      : `${name} starts with bytes ${start}, expected a PGM (P2 or P5), PNG or BMP image`,
  );
}
