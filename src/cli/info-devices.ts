import { type DeviceReport, TFJS_NODE_GPU, TFJS_NODE_GPU_HOW, tfjsNodeGpuVersion } from "../graph/node.ts";
import type { TextPaint } from "./output.ts";

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

/** Whether networks run on a device, and if not, why and what it needs on a line of its own. */
export function describeDevice({ present, usable, reason, how }: DeviceReport, paint: TextPaint): string {
  if (usable) return `${paint.green("usable")}: ${reason}`;
  const needs = `${" ".repeat(16)}needs ${how}`;
  return `${paint.yellow(present ? "not usable" : "not installed")}: ${reason}\n${needs}`;
}
