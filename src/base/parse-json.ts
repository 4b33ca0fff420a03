import { FormatError } from "./errors.ts";

/**
 * Parses JSON, whatever is in it; nothing is checked but that it is JSON.
 *
 * @param subject what complaints are about, up to "not JSON"
 * @throws FormatError for anything else
 */
export function parseJson(text: string, subject = ""): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${subject}not JSON: ${(cause as Error).message}`, { cause });
  }
}
