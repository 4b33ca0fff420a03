import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createGraph, input } from "./graph.ts";
import { matMul } from "./linear.ts";
import { writeOnnx } from "./onnx-write.ts";
import type { OrtDevice } from "./ort-executor.ts";

/** What came of running a small model on a device. */
export type ProbeResult =
  | {
      readonly ok: true;
      /** Best of three runs of {@link PROBE_PRODUCTS} products of matrices of {@link PROBE_SIZE}. [ms] */
      readonly ms: number;
    }
  | { readonly ok: false; readonly reason: string };

export type Probe = (device: OrtDevice, options?: ProbeOptions) => Promise<ProbeResult>;

export type ProbeOptions = {
  /** Longest time to start and run the model; a device that needs more is no use. Default 60000. [ms] */
  readonly timeoutMs?: number;
  /** Ends the probe; the device then counts as not usable. */
  readonly signal?: AbortSignal;
};

export const PROBE_SIZE = 512;
export const PROBE_PRODUCTS = 8;

/**
 * Runs a small model on a device in a process of its own: a driver that is missing or broken may end
 * the process that asks for it, without an error to catch.
 *
 * The model multiplies the matrix of all 1/n by itself, which gives itself, so the result is checked.
 * Every operation must run on the device: falling back to the CPU counts as failing.
 */
export async function probeDevice(device: OrtDevice, options: ProbeOptions = {}): Promise<ProbeResult> {
  let runtime: string;
  try {
    runtime = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node")).href;
  } catch {
    return { ok: false, reason: "the package onnxruntime-node is not installed" };
  }
  const model = Buffer.from(probeModel()).toString("base64");
  const request = JSON.stringify({ runtime, model, device, size: PROBE_SIZE });
  return runChild(request, options);
}

function probeModel(): Uint8Array {
  const g = createGraph();
  const x = input(g, "x", [PROBE_SIZE, PROBE_SIZE]);
  let y = x;
  for (let i = 0; i < PROBE_PRODUCTS; i++) y = matMul(y, x);
  return writeOnnx(g, { y });
}

/** The child's program, as text: it must run the same from the sources, from dist/ and under a bundler. */
const CHILD = `
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { runtime, model, device, size } = JSON.parse(text);
const answer = (result) => process.stdout.write("\\n" + JSON.stringify(result) + "\\n", () => process.exit(0));
try {
  const { default: ort } = await import(runtime);
  const session = await ort.InferenceSession.create(Buffer.from(model, "base64"), {
    executionProviders: [device],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" } },
  });
  const x = new ort.Tensor("float32", new Float32Array(size * size).fill(1 / size), [size, size]);
  let ms = Infinity;
  for (let run = 0; run < 4; run++) {
    const start = performance.now();
    const { y } = await session.run({ x });
    if (run > 0) ms = Math.min(ms, performance.now() - start);
    const wrong = y.data.find((value) => !(Math.abs(value * size - 1) < 1e-3));
    if (wrong !== undefined) throw new Error("wrong result: " + wrong * size + ", expected 1");
  }
  answer({ ok: true, ms });
} catch (error) {
  answer({ ok: false, reason: String(error?.message ?? error) });
}
`;

function runChild(request: string, { timeoutMs = 60_000, signal }: ProbeOptions): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", CHILD], {
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
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({
        ok: false,
        reason: signal?.aborted ? "interrupted" : `the probe could not be started: ${error.message}`,
      });
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      const result = lastAnswer(stdout);
      if (result?.ok === false) resolve({ ok: false, reason: explain(result.reason, stderr) });
      else if (result) resolve(result);
      else if (killedBy === "SIGKILL")
        resolve({ ok: false, reason: `no answer within ${timeoutMs / 1000} s, or the process was killed` });
      else
        resolve({
          ok: false,
          reason: `the driver ended the process (${killedBy ?? `exit ${code}`})${lastLine(stderr)}`,
        });
    });
    child.stdin.end(request);
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

/** ONNX Runtime's message without its source positions; what it only logged, where it says nothing. */
function explain(message: string, stderr: string): string {
  const missing = /error: (?:.*\/)?(\S+): cannot open shared object file/.exec(stderr)?.[1];
  if (missing !== undefined) return `the library ${missing} is missing`;
  const vulkan = /Couldn't load Vulkan/.test(stderr) ? " (no Vulkan loader: libvulkan.so.1 is missing)" : "";
  const text = message.replace(/^.*? was false\. /s, "").replace(/^\/\S+:\d+ \S.*?\) /s, "");
  return text.replace(/\s+/g, " ").trim().slice(0, 300) + vulkan;
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line === "" ? "" : `: ${line.slice(0, 200)}`;
}
