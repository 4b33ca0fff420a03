import { readFile } from "node:fs/promises";
import { decodeText, FormatError, messageOf } from "../../base/index.ts";
import { parseCsvTexts } from "./csv-texts.ts";
import { parseDebianTexts } from "./debian-texts.ts";
import type { LabelledText } from "./text-set.ts";

/**
 * Reads texts and their classes: what `apt-cache dumpavail` prints, or a CSV file, told apart by their first line.
 *
 * @throws FormatError for a file that is neither, with its name; the file system's error where it cannot be read
 */
export async function readTexts(file: string): Promise<LabelledText[]> {
  const bytes = await readFile(file);
  try {
    const content = decodeText(bytes);
    return /^\s*[A-Z][\w-]*:[ \t]/.test(content) ? parseDebianTexts(content) : parseCsvTexts(content);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError(`${file}: ${messageOf(cause)}`, { cause });
  }
}
