import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProgramSurroundings } from "../../src/cli/output.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { RunVerb } from "../../src/cli/verb.ts";
import type { ExitCode } from "../../src/node/errors.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the program inside this process, on arrays instead of streams. */
export async function runHere(
  args: readonly string[],
  options: {
    env?: Record<string, string>;
    signal?: AbortSignal;
    execute?: RunVerb;
    /** Width of the terminal that stdout is. */ columns?: number;
    /** Hears what is written to stderr at once. */ onStderr?: (text: string) => void;
  } = {},
): Promise<{ code: ExitCode; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  const around: ProgramSurroundings = {
    stdout: { write: (text) => (stdout += text), columns: options.columns },
    stderr: {
      write(text) {
        stderr += text;
        options.onStderr?.(text);
      },
    },
    env: options.env ?? {},
    now: () => (options.onStderr === undefined ? 0 : performance.now()),
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runProgram(args, around, options.execute);
  return { code, stdout, stderr };
}

/** The longest that a build may take. [ms] */
export const BUILD_TIME = 180_000;

/** Builds dist/ where it is missing or out of date; for `beforeAll` with {@link BUILD_TIME}. */
export function buildCli(): void {
  const build = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, encoding: "utf8" });
  if (build.status !== 0) throw new Error(`the build failed:\n${build.stderr}`);
}

type ProcessOptions = {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
  /** It is sent SIGINT once this is found in what it wrote to stderr. */ readonly interruptAt?: RegExp;
};

/** The built program as a process of its own, while it runs. */
export type StartedProcess = {
  kill(signal: NodeJS.Signals): void;
  /** What it has written to stderr until now. */ readonly stderr: string;
  readonly ended: Promise<Run>;
};

/** Starts the built program as a process of its own. */
export function startProcess(args: readonly string[], options: ProcessOptions = {}): StartedProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { PATH: process.env.PATH ?? "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 30_000);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    if (options.interruptAt?.test(stderr)) child.kill("SIGINT");
  });
  return {
    kill: (signal) => void child.kill(signal),
    get stderr() {
      return stderr;
    },
    ended: new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        clearTimeout(timer);
        resolve({ code, stdout, stderr });
      });
    }),
  };
}

/** Runs the built program as a process of its own. */
export function runProcess(args: readonly string[], options?: ProcessOptions): Promise<Run> {
  return startProcess(args, options).ended;
}

// All verbs are loaded here: the first test that calls one would be charged for it.
await runHere(["--help"]);
