import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/**
 * Writes a file so that it is there whole or not at all, after a power cut too: to a temporary name beside it, on the
 * disk for good, then renamed. Makes the folder where it is missing.
 *
 * @throws the file system's error, about `path` also where it befell the temporary name
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  await makeFolder(dirname(path));
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    // Of a full disk Node says no name at all, of a folder that cannot be written to the temporary one.
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
}
