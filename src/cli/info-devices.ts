import { type DeviceReport, TFJS_NODE_GPU, TFJS_NODE_GPU_HOW, tfjsNodeGpuVersion } from "../graph/node.ts";
import type { Paint } from "./output.ts";

/** Another way to run networks that only some machines have, with what it takes to get it. */
export type OptionalRuntime = {
  readonly name: string;
  readonly found: boolean;
  readonly detail?: string;
  readonly how: string;
};

/** TensorFlow.js on CUDA, never installed by default. */
export function tfjsNodeGpuRuntime(): OptionalRuntime {
  const version = tfjsNodeGpuVersion();
  return {
    name: "tfjs-node-gpu",
    found: version !== undefined,
    ...(version !== undefined && { detail: `${TFJS_NODE_GPU} ${version}` }),
    how: `optional, another way to CUDA. ${TFJS_NODE_GPU_HOW}`,
  };
}

/** A device on one line: whether networks run on it, and if not why and what is needed. */
export function describeDevice({ present, usable, reason, how }: DeviceReport, paint: Paint): string {
  if (usable) return `${paint.green("usable")}: ${reason}`;
  return `${paint.yellow(present ? "not usable" : "not installed")}: ${reason}. Needed: ${how}`;
}
