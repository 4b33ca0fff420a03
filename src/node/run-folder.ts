import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../base/index.ts";
import type { PlainData } from "../rules/index.ts";
import { complainAbout } from "./errors.ts";
import { readForeign } from "./foreign-file.ts";
import { makeFolder } from "./make-folder.ts";
import { lockRunFolder } from "./run-lock.ts";

/** The checkpoint of a run that takes long. */
export type RunFolder<C> = {
  /** Its file. */
  readonly checkpoint: string;
  /** Where the run goes on, if it does. */
  readonly from?: C;
  /** Lets another process in; at the latest the end of this one does. */
  release(): Promise<void>;
};

/**
 * Makes the folder of a run ready and rids it of what a crash left half-written. With `resume` the run goes on
 * from the checkpoint there, or begins where there is none yet.
 *
 * @param decode makes a checkpoint of what its file holds
 * @throws ConfigError where another process works in it, or a run is in it and shall not be gone on with; FormatError for a damaged checkpoint
 */
export async function openRunFolder<C>(
  folder: string,
  resume: boolean,
  decode: (found: PlainData) => C,
): Promise<RunFolder<C>> {
  await makeFolder(folder);
  const release = await lockRunFolder(folder);
  for (const file of await readdir(folder)) {
    if (/\.\d+\.partial$/.test(file)) await rm(join(folder, file), { force: true });
  }
  const checkpoint = join(folder, "checkpoint.bin");
  if (!existsSync(checkpoint)) return { checkpoint, release };
  if (!resume) {
    await release();
    throw new ConfigError(
      `${folder} holds a training run: go on with it by --resume, or choose another --out`,
    );
  }
  const found = await readForeign("checkpoint", checkpoint);
  return { checkpoint, from: await complainAbout(checkpoint, () => decode(found)), release };
}
