import { Gunzip } from "fflate";
import { crc32, FormatError } from "../../base/index.ts";

/** Largest content that is unpacked: five times that of MNIST. [bytes] */
const MAX_UNPACKED = 2 ** 28;
/** Unpacked at a time, so that what gives more than was stated is left early: a byte gives at most 1032. [bytes] */
const PIECE = 2 ** 14;

/**
 * The content of a file: of a gzip file of one member unpacked, its length and CRC-32 checked; any other as it is.
 *
 * @throws FormatError for damaged or truncated bytes, or a content larger than {@link MAX_UNPACKED}
 */
export function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  if (bytes.length < 18) throw new FormatError(`gzip file has ${bytes.length} bytes, expected at least 18`);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const length = trailer.getUint32(4, true);
  // Before any memory is taken: a damaged or hostile length would ask for gigabytes.
  if (length > MAX_UNPACKED)
    throw new FormatError(`gzip file says it holds ${length} bytes, expected at most ${MAX_UNPACKED}`);
  let content: Uint8Array;
  try {
    content = gunzip(bytes, length);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError("gzip file is damaged or cut short", { cause });
  }
  if (crc32(content) !== trailer.getUint32(0, true))
    throw new FormatError(`gzip file holds ${length} bytes whose checksum is not the stated one`);
  return content;
}

/** @throws FormatError where there is more or less in it than `length` bytes */
function gunzip(bytes: Uint8Array, length: number): Uint8Array {
  const content = new Uint8Array(length);
  let at = 0;
  const stream = new Gunzip((part) => {
    if (at + part.length > length)
      throw new FormatError(`gzip file holds more than the ${length} bytes it says`);
    content.set(part, at);
    at += part.length;
  });
  for (let from = 0; from < bytes.length; from += PIECE)
    stream.push(bytes.subarray(from, from + PIECE), from + PIECE >= bytes.length);
  if (at !== length) throw new FormatError(`gzip file holds ${at} bytes, says ${length}`);
  return content;
}
