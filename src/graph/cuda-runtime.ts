import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isWasmOrtThere } from "./ort-builds.ts";
import type { OrtDevice } from "./ort-executor.ts";
import { tfjsNodeGpuVersion } from "./tfjs-node-gpu.ts";

/** What runs models on CUDA: ONNX Runtime where its provider is installed, else tfjs-node-gpu where it is. */
export function cudaRuntime(): "onnxruntime" | "tfjs" | undefined {
  if (isProviderInstalled("cuda")) return "onnxruntime";
  return tfjsNodeGpuVersion() === undefined ? undefined : "tfjs";
}

/** Whether what runs models on a device is installed; runs nothing. */
export function isRuntimeInstalled(device: OrtDevice): boolean {
  if (device === "cuda") return cudaRuntime() !== undefined;
  return isProviderInstalled(device) || (device === "cpu" && isWasmOrtThere());
}

/** Whether ONNX Runtime's provider for a device is among the installed files. */
function isProviderInstalled(device: OrtDevice): boolean {
  const file = device === "cuda" ? "libonnxruntime_providers_cuda.so" : "onnxruntime_binding.node";
  try {
    const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
    return readdirSync(join(root, "bin")).some((napi) =>
      existsSync(join(root, "bin", napi, process.platform, process.arch, file)),
    );
  } catch {
    return false;
  }
}
