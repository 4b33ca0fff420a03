import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file so that it is there whole or not at all: to a temporary name beside it, then renamed.
 * Makes the folder where it is missing.
 *
 * @throws the file system's error, about `path` also where it befell the temporary name
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Error && "path" in error ? Object.assign(error, { path }) : error;
  }
}
