import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/**
 * Writes a file so that it is there whole or not at all, after a power cut too: to a temporary name beside it, on the
 * disk for good, then renamed. Makes the folder where it is missing.
 *
 * @throws the file system's error, about `path` also where it befell the temporary name
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await besideOf(path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  });
}

/**
 * Finds out, before long work, whether {@link writeFileAtomic} can write there what comes of it. Makes the folder where
 * it is missing; a file that is there stays as it is.
 *
 * @param path undefined: nothing is to be written
 * @throws the file system's error, about `path`
 */
export async function checkWritable(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await besideOf(path, async (temporary) => {
    await (await open(temporary, "w")).close();
    await rm(temporary);
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  });
}

/** Works with a temporary name beside a path. */
async function besideOf(path: string, work: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  await makeFolder(dirname(path));
  try {
    await work(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    // Of a full disk Node says no name at all, of a folder that cannot be written to the temporary one.
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
}
