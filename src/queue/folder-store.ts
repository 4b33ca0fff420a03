import { access, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { FormatError } from "../base/index.ts";
import { makeFolder, readFileIfThere, writeFileAtomic } from "../node/index.ts";
import type { Store } from "./store.ts";

/** A store in a folder, such as one that a network shares. @throws the file system's error where it cannot be made */
export async function openFolderStore(folder: string): Promise<Store> {
  await makeFolder(folder);
  const root = resolve(folder);
  const at = (name: string): string => {
    const path = resolve(join(root, name));
    if (!path.startsWith(root + sep)) throw new FormatError(`'${name}' is no name in a store`);
    return path;
  };
  return {
    url: folder,
    put: (name, bytes) => writeFileAtomic(at(name), bytes),
    get: (name) => readFileIfThere(at(name)),
    has: (name) => access(at(name)).then(() => true, () => false), // biome-ignore format: one line
    remove: (name) => rm(at(name), { force: true }),
  };
}
