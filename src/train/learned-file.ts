import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { complainAbout } from "../node/index.ts";
import { type AnyLearned, readAnyLearned } from "../optim/index.ts";

/** A learned optimizer and what tells its file's content from others. */
export type OpenedLearned = { readonly learned: AnyLearned; readonly id: string };

/** @throws FormatError for a damaged file; the file system's error where it cannot be read */
export async function openLearned(file: string): Promise<OpenedLearned> {
  return complainAbout(file, async () => {
    const bytes = await readFile(file);
    const learned = readAnyLearned(bytes);
    const id = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    return { learned, id };
  });
}
