import { gunzipSync } from "fflate";
import { crc32, FormatError } from "../../base/index.ts";

/** Largest content that is unpacked: five times that of MNIST. [bytes] */
const MAX_UNPACKED = 2 ** 28;

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
    content = gunzipSync(bytes);
  } catch (cause) {
    throw new FormatError("gzip file is damaged or cut short", { cause });
  }
  if (content.length !== length || crc32(content) !== trailer.getUint32(0, true))
    throw new FormatError(
      `gzip file holds ${content.length} bytes whose length or checksum is not the stated one`,
    );
  return content;
}
