import { createRequire } from "node:module";
import { ConfigError, messageOf } from "../base/index.ts";
import type { TfjsModule } from "./tfjs-module.ts";

/** TensorFlow.js on CUDA: an optional peer of this package, since it downloads hundreds of megabytes. */
export const TFJS_NODE_GPU = "@tensorflow/tfjs-node-gpu";

export const TFJS_NODE_GPU_HOW =
  "Linux or Windows x64 with an NVIDIA driver, CUDA 11 and cuDNN 8; then npm install @tensorflow/tfjs-node-gpu " +
  "(TensorFlow for the GPU, some hundred MB)";

/** Version of tfjs-node-gpu where it is installed; runs none of its code. */
export function tfjsNodeGpuVersion(): string | undefined {
  try {
    return createRequire(import.meta.url)(`${TFJS_NODE_GPU}/package.json`).version;
  } catch {
    return undefined;
  }
}

/**
 * Loads tfjs-node-gpu, to be handed to `createTfjsExecutor`.
 *
 * @throws ConfigError where it is not installed, does not load, or runs without a GPU, with what to install
 */
export async function loadTfjsNodeGpu(
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<TfjsModule> {
  let loaded: unknown;
  try {
    loaded = await load(TFJS_NODE_GPU);
  } catch (cause) {
    const reason = messageOf(cause).split("\n")[0];
    throw new ConfigError(`${TFJS_NODE_GPU} cannot be loaded: ${reason}. Needed: ${TFJS_NODE_GPU_HOW}`, {
      cause,
    });
  }
  const tf = withoutDefault(loaded);
  await tf.ready();
  // Without a GPU that it can use, the package computes on the CPU and says so only in its log.
  if (tf.getBackend() !== "tensorflow" || !usesGpu(tf))
    throw new ConfigError(
      `${TFJS_NODE_GPU} is installed but finds no GPU it can use. Needed: ${TFJS_NODE_GPU_HOW}`,
    );
  return tf;
}

function usesGpu(tf: TfjsModule): boolean {
  const { backend } = tf as TfjsModule & { backend?(): { isUsingGpuDevice?: boolean } };
  return backend?.call(tf).isUsingGpuDevice === true;
}

/** CommonJS seen from a module: the exports, or its default. */
function withoutDefault(loaded: unknown): TfjsModule {
  const module = loaded as TfjsModule & { default?: TfjsModule };
  return typeof module.tidy === "function" ? module : module.default!;
}
