import { parseDocument } from "yaml";
import { FormatError, parseJson } from "../base/index.ts";

/** The YAML reader takes milliseconds and half a megabyte for a thousand characters: longer files are read as JSON. */
const MOST_YAML = 2 ** 18;

/**
 * The content of a file that people write: YAML, or JSON, which is YAML.
 *
 * @returns plain data; null for nothing
 * @throws FormatError for what is neither, for YAML of more than 262,144 characters and for more than one document
 */
export function parsePlainYaml(text: string): unknown {
  if (text.length > MOST_YAML)
    return parseJson(text, `of ${text.length} characters, where YAML may have ${MOST_YAML}: `);
  const document = parseDocument(text, { logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined)
    throw new FormatError(`not YAML: ${error.message.split("\n")[0]}`, { cause: error });
  return document.toJS();
}
