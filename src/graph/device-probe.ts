import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { cudaRuntime } from "./cuda-runtime.ts";
import { createGraph, input } from "./graph.ts";
import { matMul } from "./linear.ts";
import { writeOnnx } from "./onnx-write.ts";
import { isWasmOrtThere, WASM_ORT } from "./ort-builds.ts";
import type { OrtDevice } from "./ort-executor.ts";
import { ORT_CHILD, TFJS_CHILD } from "./probe-programs.ts";
import { type ProbeOptions, type ProbeResult, runProbe } from "./run-probe.ts";
import { TFJS_NODE_GPU } from "./tfjs-node-gpu.ts";

export type DeviceProbe = (device: OrtDevice, options?: ProbeOptions) => Promise<ProbeResult>;

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
  if (device === "cuda" && cudaRuntime() === "tfjs")
    return probePackage(TFJS_NODE_GPU, TFJS_CHILD, device, options);
  const native = await probePackage("onnxruntime-node", ORT_CHILD, device, options);
  if (native.ok || device !== "cpu" || !isWasmOrtThere() || options.signal?.aborted) return native;
  return runProbe(ORT_CHILD, workOf(WASM_ORT.module.href, device, WASM_ORT.binary.href), options);
}

async function probePackage(
  name: string,
  program: string,
  device: OrtDevice,
  options: ProbeOptions,
): Promise<ProbeResult> {
  try {
    const runtime = pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
    return await runProbe(program, workOf(runtime, device), options);
  } catch {
    return { ok: false, reason: `the package ${name} is not installed` };
  }
}

/** What a probe's program is told. */
function workOf(runtime: string, device: OrtDevice, wasm?: string): object {
  const model = Buffer.from(probeModel()).toString("base64");
  return { runtime, wasm, model, device, size: PROBE_SIZE, products: PROBE_PRODUCTS };
}

function probeModel(): Uint8Array {
  const g = createGraph();
  const x = input(g, "x", [PROBE_SIZE, PROBE_SIZE]);
  let y = x;
  for (let i = 0; i < PROBE_PRODUCTS; i++) y = matMul(y, x);
  return writeOnnx(g, { y });
}
