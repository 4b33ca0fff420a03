import { cudaRuntime } from "./cuda-runtime.ts";
import type { StatefulExecutor } from "./executor.ts";
import { readOnnx } from "./onnx-read.ts";
import { createOrtExecutor, type OrtExecutorOptions } from "./ort-executor.ts";
import { createTfjsExecutor } from "./tfjs-executor.ts";
import { loadTfjsNodeGpu } from "./tfjs-node-gpu.ts";

/**
 * Runs a written model on a device with whatever is installed for it: ONNX Runtime, or for "cuda"
 * without ONNX Runtime's provider tfjs-node-gpu, which ignores `threads`.
 *
 * @throws what `createOrtExecutor`, `loadTfjsNodeGpu` and `readOnnx` throw
 */
export async function createExecutor(
  model: Uint8Array,
  options: OrtExecutorOptions = {},
): Promise<StatefulExecutor> {
  if (options.device !== "cuda" || cudaRuntime() !== "tfjs") return createOrtExecutor(model, options);
  const tf = await loadTfjsNodeGpu();
  const { graph, outputs } = readOnnx(model);
  return createTfjsExecutor(tf, graph, outputs, options.state ? { state: options.state } : {});
}
