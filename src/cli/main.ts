import { getEventListeners } from "node:events";
import { describeError, type ExitCode, InterruptedError, plainText } from "../node/index.ts";
import { runProgram } from "./program.ts";

// The process around the program, and the only place that ends it and sets its exit status.

const abort = new AbortController();

/** Ends once what was written has left, also where a stray handle would keep the process alive. */
function end(code: ExitCode): void {
  if (crashed) return;
  process.exitCode = code;
  // An error of the last write is told only after this turn of the event loop.
  setImmediate(() => process.stdout.write("", () => process.stderr.write("", () => process.exit(code))));
}

/** A verb that drives a robot has so long to tell it to stop. [ms] */
const LAST_WORDS = 300;
let crashed = false;

function crash(error: unknown): void {
  if (crashed) process.exit(1);
  crashed = true;
  process.stderr.write(plainText(`mnemosyne: ${describeError(error).message}\n`));
  if (process.env.MNEMOSYNE_DEBUG === "1" && error instanceof Error)
    process.stderr.write(plainText(`${error.stack}\n`));
  if (getEventListeners(abort.signal, "abort").length === 0) process.exit(1);
  abort.abort(new InterruptedError("the program failed", { cause: error }));
  setTimeout(() => process.exit(1), LAST_WORDS);
}

function interrupt(): void {
  if (abort.signal.aborted) process.exit(1); // the second time without manners
  abort.abort(new InterruptedError());
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);

// Whoever reads our output may go away, as `head` does: then stop the work, quietly.
let stdoutLost = false;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (stdoutLost) return;
  stdoutLost = true;
  if (error.code !== "EPIPE") crash(error);
  abort.abort(new InterruptedError("nobody reads the output any more", { cause: error }));
});
process.stderr.on("error", () => {});

const quietly = { write: (text: string) => stdoutLost || process.stderr.write(text) };
const stderr = Object.defineProperties(quietly, {
  isTTY: { get: () => process.stderr.isTTY === true },
  columns: { get: () => process.stderr.columns },
});

end(
  await runProgram(process.argv.slice(2), {
    stdout: process.stdout,
    stderr,
    env: process.env,
    now: () => performance.now(),
    signal: abort.signal,
  }),
);
