import { FormatError } from "./errors.ts";

/** A JSON object, whatever is in it. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object as JSON has them: no null, no list, no typed array. */
export function isJsonObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

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
