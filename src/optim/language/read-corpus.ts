import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { decodeText, FormatError, messageOf } from "../../base/index.ts";
import { unpacked } from "../digits/gunzip.ts";
import { isManSource, manText } from "./man-text.ts";

/** Texts that many machines have, by name. */
export const CORPORA: Readonly<Record<string, { readonly title: string; readonly place: string }>> = {
  "node-docs": { title: "the API documentation of Node.js", place: "/usr/share/doc/nodejs/api/*.md" },
  man: { title: "manual pages of commands", place: "/usr/share/man/man1" },
};

/** What was read. */
export type Corpus = {
  /** One per file, in the order of their paths. */
  readonly texts: readonly string[];
  /** Files that are no text, and why; they are left out. */
  readonly refused: readonly string[];
  /** Files that were not read, because there was enough. */
  readonly left: number;
};

/** Text beyond this is not read: a vocabulary is learned from it each time. [UTF-16 units of plain text] */
const MOST_UNITS = 8_000_000;

/**
 * Reads the text of a file, of all files of a folder and of those below it, or of those of a pattern: `notes.txt`, `docs`, `docs/*.md`.
 * Files packed by gzip are unpacked, sources of manual pages become plain text. Files that are no text (neither UTF-8 nor UTF-16 with its mark) are refused.
 *
 * @param source one of {@link CORPORA}, or a path
 * @throws FormatError where there is nothing to read, saying what was refused
 */
export async function readCorpus(source: string, mostUnits = MOST_UNITS): Promise<Corpus> {
  const place = Object.hasOwn(CORPORA, source) ? CORPORA[source].place : source;
  const paths = await filesAt(place).catch((cause) => {
    const hint = place === source ? "" : "; name a file or a folder of text instead";
    const why = cause?.code === "ENOENT" ? "no such file or folder" : messageOf(cause);
    throw new FormatError(`cannot read text from ${place}: ${why}${hint}`, { cause });
  });
  const texts: string[] = [];
  const refused: string[] = [];
  let units = 0;
  let read = 0;
  for (const path of paths) {
    if (units >= mostUnits) break;
    read++;
    try {
      const text = plainTextOf(await readFile(path), path);
      units += text.length;
      if (text.length > 0) texts.push(text);
    } catch (error) {
      refused.push(error instanceof FormatError ? error.message : `${path}: ${messageOf(error)}`);
    }
  }
  if (texts.length === 0) {
    const why =
      refused.length === 0 ? `${paths.length} files, none with text` : refused.slice(0, 5).join("; ");
    throw new FormatError(`there is no text in ${place}: ${why}`);
  }
  return { texts, refused, left: paths.length - read };
}

/**
 * The text of a file's bytes.
 *
 * @param bytes packed by gzip or not
 * @param path names it in messages
 * @throws FormatError for bytes that are no text
 */
export function plainTextOf(bytes: Uint8Array, path: string): string {
  let text: string;
  try {
    text = decodeText(unpacked(bytes), true);
  } catch (cause) {
    throw new FormatError(`${path} is no text: ${messageOf(cause)}`, { cause });
  }
  return isManSource(text) ? manText(text) : text;
}

/** The files of a place in the order of their paths. */
async function filesAt(place: string): Promise<string[]> {
  const pattern = basename(place);
  if (pattern.includes("*")) {
    const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    const matches = new RegExp(`^${parts.join(".*")}$`);
    return filesBelow(dirname(place), (name) => matches.test(name));
  }
  return (await stat(place)).isDirectory() ? filesBelow(place, () => true) : [place];
}

async function filesBelow(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
