import { readFile } from "node:fs/promises";
import { nameFile } from "./errors.ts";

/** What a file holds; undefined where there is none. @throws the file system's error, naming the file */
export async function readFileIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw nameFile(error, path);
  }
}
