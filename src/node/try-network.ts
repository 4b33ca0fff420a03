import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { FormatError } from "../base/index.ts";
import type { NavigationSizes } from "../init-net/index.ts";
import type { Robot } from "../sim/index.ts";
import { isOurs } from "./package-info.ts";
import { errorOfCode, READ_LIMITS, type ReadLimits } from "./read-apart.ts";

/** A network that is to be tried, and how much that may cost: plain data. */
export type NetTrial = {
  readonly file: string;
  readonly robot: Robot;
  readonly sizes: NavigationSizes;
  /** Of the whole process. [bytes] */
  readonly memory: number;
};
/** What came of it, where the process lived to tell. */
export type NetTrialEnd = { readonly error?: { readonly code: string; readonly message: string } };

/** Where a program that was built has the process of a trial. */
const TRIAL = new URL("./net-trial.js", import.meta.url);

/**
 * Loads and runs a network once in a process of its own, which is ended where that takes too long or too much memory:
 * a model is a program, and what runs it cannot be stopped in a thread. Networks that come with the package are not tried,
 * nor is any in a worker or by a program that was not built.
 *
 * @throws what `loadNet` throws, by code and message; FormatError naming the file and the limit it went beyond
 */
export async function tryNetwork(
  file: string,
  robot: Robot,
  sizes: NavigationSizes,
  { time, heapMb, memory }: ReadLimits = READ_LIMITS,
  program = TRIAL,
): Promise<void> {
  if (!isMainThread || isOurs(file) || !existsSync(fileURLToPath(program))) return;
  const child = fork(fileURLToPath(program), {
    execArgv: [`--max-old-space-size=${heapMb}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const end = await new Promise<NetTrialEnd | "timeout" | { readonly killedBy: string }>((resolve) => {
    const timer = setTimeout(() => resolve("timeout"), time);
    child.on("message", (message: NetTrialEnd) => resolve(message));
    child.on("error", (error) => resolve({ killedBy: error.message }));
    child.on("exit", (code, signal) => resolve({ killedBy: signal ?? `status ${code}` }));
    child.on("exit", () => clearTimeout(timer));
    child.send({ file, robot, sizes, memory } satisfies NetTrial, () => {}); // it may be dead: "exit" tells
  });
  child.kill("SIGKILL");
  if (end === "timeout") throw new FormatError(`${file}: running it once took longer than ${time / 1000} s`);
  if ("killedBy" in end)
    throw new FormatError(
      `${file}: running it once ended the process (${end.killedBy}), as more than ${Math.round(memory / 1e6)} MB do`,
    );
  if (end.error === undefined) return;
  const { code, message } = end.error;
  throw errorOfCode(code, message);
}
