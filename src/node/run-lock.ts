import { rmSync } from "node:fs";
import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../base/index.ts";

/** Name of the file that says that a process works in a run's folder. */
const LOCK_FILE = "run.lock";
/** The process that works there touches the file so often; one untouched for so long is of a process that died. [ms] */
const TOUCH_EVERY = 5_000;
const STALE_AFTER = 60_000;

/**
 * Keeps a second process out of a run's folder until this one ends. The lock of a process that died without a word
 * is taken over: at once on the machine it ran on, after a minute from another one.
 *
 * @returns what gives the folder free again
 * @throws ConfigError naming the process that works there
 */
export async function lockRunFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  const file = await claim(path);
  const touch = setInterval(() => void file.utimes(new Date(), new Date()).catch(() => {}), TOUCH_EVERY);
  touch.unref();
  const atExit = (): void => rmSync(path, { force: true });
  process.on("exit", atExit);
  return async () => {
    clearInterval(touch);
    process.off("exit", atExit);
    await file.close();
    await rm(path, { force: true });
  };
}

async function claim(path: string): Promise<FileHandle> {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(`${process.pid} ${hostname()}\n`);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 1) throw error;
    }
    const owner = await ownerOf(path);
    if (owner !== undefined)
      throw new ConfigError(
        `${path} says that ${owner} works in this folder: wait for it, or choose another --out`,
      );
    await rm(path, { force: true });
  }
}

/** Who holds a lock, for people; undefined where nobody does any more. */
async function ownerOf(path: string): Promise<string | undefined> {
  try {
    const [pid, host = ""] = (await readFile(path, "utf8")).trim().split(" ");
    if ((await stat(path)).mtimeMs < Date.now() - STALE_AFTER) return undefined;
    if (host !== hostname()) return `process ${pid} of ${host}`;
    const other = Number(pid) !== process.pid && isAlive(Number(pid));
    return other ? `process ${pid}` : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
