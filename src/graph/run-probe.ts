import { spawn } from "node:child_process";
import { plainOrtMessage } from "./ort-message.ts";

/** What came of running a small model on a device. */
export type ProbeResult =
  | {
      readonly ok: true;
      /** Best of three runs. [ms] */
      readonly ms: number;
    }
  | { readonly ok: false; readonly reason: string };

export type ProbeOptions = {
  /** Longest time to start and run the model; a device that needs more is no use. Default 60000. [ms] */
  readonly timeoutMs?: number;
  /** Ends the probe; the device then counts as not usable. */
  readonly signal?: AbortSignal;
};

/**
 * Runs a probe's program in a process of its own and waits for its answer; never rejects.
 *
 * @param program an ES module as text, which must not depend on where it is run from
 * @param request given to it as JSON on stdin
 */
export function runProbe(
  program: string,
  request: object,
  { timeoutMs = 60_000, signal }: ProbeOptions = {},
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "" },
      ...(signal && { signal }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.stdin.on("error", () => {}); // it died before it read; "close" tells
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const fail = (reason: string): void => resolve({ ok: false, reason });
    child.on("error", (error) => {
      clearTimeout(timer);
      fail(signal?.aborted ? "interrupted" : `the probe could not be started: ${error.message}`);
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      const result = lastAnswer(stdout);
      if (result?.ok === false) fail(explain(result.reason, stderr));
      else if (result) resolve(result);
      else if (killedBy === "SIGKILL")
        fail(`no answer within ${timeoutMs / 1000} s, or the process was killed`);
      else fail(`the driver ended the process (${killedBy ?? `exit ${code}`})${lastLine(stderr)}`);
    });
    child.stdin.end(JSON.stringify(request));
  });
}

function lastAnswer(stdout: string): ProbeResult | undefined {
  for (const line of stdout.trim().split("\n").reverse()) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null && "ok" in value) return value as ProbeResult;
    } catch {
      // A driver's chatter.
    }
  }
  return undefined;
}

/** The program's own words, or what a driver only logged. */
function explain(message: string, stderr: string): string {
  const missing = /error: (?:.*\/)?(\S+): cannot open shared object file/.exec(stderr)?.[1];
  if (missing !== undefined) return `the library ${missing} is missing`;
  const vulkan = /Couldn't load Vulkan/.test(stderr) ? " (no Vulkan loader: libvulkan.so.1 is missing)" : "";
  return plainOrtMessage(message) + vulkan;
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line === "" ? "" : `: ${line.slice(0, 200)}`;
}
