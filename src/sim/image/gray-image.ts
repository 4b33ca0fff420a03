import { FormatError } from "../../base/index.ts";
import { MAX_CELLS } from "../grid.ts";

/** An image as a map needs it: how bright each pixel is, exactly, and whether it is opaque. */
export type GrayImage = {
  /** Number of columns. */ readonly width: number;
  /** Number of rows. */ readonly height: number;
  /**
   * (height, width) top row first; the sum of the colour channels, so that no bit is lost to an
   * average: brightness 0 (black) .. 1 (white) is `gray / maxValue`.
   */
  readonly gray: Uint8Array | Uint16Array | Uint32Array;
  /** `gray` of white: 255 for 8-bit grey, 765 for 8-bit RGB, ... */
  readonly maxValue: number;
  /** (height, width) 255 opaque .. 0 transparent; absent where all is opaque. */
  readonly alpha?: Uint8Array;
};

/** Throws a {@link FormatError} unless a header's size is positive and at most {@link MAX_CELLS}. */
export function checkImageSize(name: string, width: number, height: number): void {
  if (!(Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0)) {
    throw new FormatError(`${name} is ${width} x ${height} pixels, expected positive integers`);
  }
  if (width * height > MAX_CELLS) {
    throw new FormatError(`${name} is ${width} x ${height} pixels, expected at most ${MAX_CELLS} in all`);
  }
}
