import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Rooms that a run's result depends on: numbers, graphs, optimizers, optimizees. */
const ROOMS = ["base", "linalg", "wasm", "cam", "graph", "rules", "optim"] as const;

/**
 * Names the code that runs are made by, as it lies beside this file, so that a run that is kept is not taken for one of code that
 * has changed since.
 *
 * @param root folder of the rooms
 * @returns a checksum of all their programs and names
 */
export async function codeId(root = new URL("../../", import.meta.url)): Promise<string> {
  const hash = createHash("sha256");
  for (const room of ROOMS) {
    const folder = new URL(`${room}/`, root);
    const names = (await readdir(folder, { recursive: true })).filter((name) =>
      /(?<!\.d)\.[jt]s$/.test(name),
    );
    for (const name of names.sort()) {
      hash.update(`${room}/${name}\0`);
      hash.update(await readFile(fileURLToPath(new URL(name, folder))));
    }
  }
  return hash.digest("hex").slice(0, 12);
}
