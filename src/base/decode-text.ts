import { FormatError } from "./errors.ts";

/**
 * The text in a file's bytes: UTF-16 where its byte order mark says so, else UTF-8; without the mark.
 *
 * @param isStrict whether bytes that are not of that encoding are refused instead of replaced by a sign
 * @throws FormatError for bytes of 0 in it: UTF-16 without a mark, or no text at all
 */
export function decodeText(bytes: Uint8Array, isStrict = false): string {
  const encoding = encodingOf(bytes);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: isStrict }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`it is not ${encoding.toUpperCase()}`, { cause });
  }
  if (text.includes("\0"))
    throw new FormatError(
      "it holds bytes of 0: expected text in UTF-8, or in UTF-16 that begins with its byte order mark",
    );
  return text;
}

function encodingOf([first, second]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
