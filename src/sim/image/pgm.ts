import { FormatError } from "../../base/index.ts";
import { checkImageSize, type GrayImage } from "./gray-image.ts";

/** Where a reader stands in a PGM's text part. */
type Cursor = { readonly bytes: Uint8Array; readonly name: string; at: number };

/**
 * Reads a PGM: P2 (text) or P5 (binary), 8 or 16 bits, `#` comments wherever netpbm takes them.
 *
 * @throws FormatError for a bad header, a sample above maxval, or missing samples
 *
 * Source: netpbm, pgm(5).
 */
export function decodePgm(bytes: Uint8Array, name: string): GrayImage {
  const cursor: Cursor = { bytes, name, at: 2 };
  const isText = bytes[1] === 0x32;
  if (!isSpace(bytes[2]) && bytes[2] !== HASH) {
    throw new FormatError(`${name}: white space expected after ${isText ? "P2" : "P5"}`);
  }
  const width = readNumber(cursor, "width");
  const height = readNumber(cursor, "height");
  const maxValue = readNumber(cursor, "maxval");
  checkImageSize(name, width, height);
  if (!(maxValue >= 1 && maxValue <= 65535)) {
    throw new FormatError(`${name}: maxval is ${maxValue}, expected 1 .. 65535`);
  }
  const gray = isText
    ? readTextSamples(cursor, width * height, maxValue)
    : readBinarySamples(cursor, width * height, maxValue);
  return { width, height, gray, maxValue };
}

/**
 * Writes a binary PGM (P5) of 8 bits.
 *
 * @param gray (height, width) top row first
 */
export function encodePgm(gray: Uint8Array, width: number, height: number): Uint8Array {
  const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + gray.length);
  bytes.set(header);
  bytes.set(gray, header.length);
  return bytes;
}

function readTextSamples(cursor: Cursor, count: number, maxValue: number): Uint8Array | Uint16Array {
  // A sample takes a digit and a separator at least: refuse before allocating.
  const most = Math.ceil((cursor.bytes.length - cursor.at) / 2);
  if (most < count) throw truncated(cursor.name, most, count);
  const gray = maxValue < 256 ? new Uint8Array(count) : new Uint16Array(count);
  for (let c = 0; c < count; c++) {
    const sample = readNumber(cursor, `sample ${c + 1} of ${count}`);
    if (sample > maxValue) throw tooBright(cursor.name, c, sample, maxValue);
    gray[c] = sample;
  }
  return gray;
}

function readBinarySamples(cursor: Cursor, count: number, maxValue: number): Uint8Array | Uint16Array {
  const { bytes, name, at } = cursor;
  const size = maxValue < 256 ? 1 : 2;
  const present = Math.max(0, Math.floor((bytes.length - at) / size));
  if (present < count) throw truncated(name, present, count);
  // A copy, also of a Node Buffer, whose slice is a view.
  const gray = size === 1 ? new Uint8Array(bytes.subarray(at, at + count)) : new Uint16Array(count);
  for (let c = 0; c < count; c++) {
    if (size === 2) gray[c] = (bytes[at + 2 * c] << 8) | bytes[at + 2 * c + 1];
    if (gray[c] > maxValue) throw tooBright(name, c, gray[c], maxValue);
  }
  return gray;
}

/** The next unsigned number, and the one character that ends it. */
function readNumber(cursor: Cursor, what: string): number {
  let byte = nextByte(cursor);
  while (isSpace(byte)) byte = nextByte(cursor);
  if (!isDigit(byte)) {
    const got =
      byte === undefined ? "the file ends" : `there is ${JSON.stringify(String.fromCharCode(byte))}`;
    throw new FormatError(
      `${cursor.name}: ${got} at byte ${cursor.at}, expected ${what} as a decimal number`,
    );
  }
  let value = 0;
  while (isDigit(byte)) {
    value = value * 10 + (byte! - DIGIT_0);
    if (value > 1e9) throw new FormatError(`${cursor.name}: ${what} is over 1000000000`);
    byte = nextByte(cursor);
  }
  if (byte !== undefined && !isSpace(byte)) {
    const got = JSON.stringify(String.fromCharCode(byte));
    throw new FormatError(`${cursor.name}: ${what} is followed by ${got}, expected white space`);
  }
  return value;
}

/** The next character; a comment counts as the line end that closes it. */
function nextByte(cursor: Cursor): number | undefined {
  const { bytes } = cursor;
  let byte = bytes[cursor.at++];
  if (byte === HASH) {
    while (byte !== undefined && byte !== 0x0a && byte !== 0x0d) byte = bytes[cursor.at++];
  }
  return byte;
}

const HASH = 0x23;
const DIGIT_0 = 0x30;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= 0x39;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function truncated(name: string, got: number, expected: number): FormatError {
  return new FormatError(
    `${name} is truncated: room for ${got} samples, expected width*height = ${expected}`,
  );
}

function tooBright(name: string, index: number, got: number, maxValue: number): FormatError {
  return new FormatError(`${name}: sample ${index + 1} is ${got}, expected at most maxval = ${maxValue}`);
}
