import type * as OrtModule from "onnxruntime-node";
import { ConfigError, messageOf } from "../base/index.ts";

/** The module onnxruntime-node. */
export type Ort = typeof OrtModule;

/**
 * Loads ONNX Runtime's native library when it is first needed: whatever runs no network starts without
 * it, and on a platform it is not made for.
 *
 * @throws ConfigError where it is not installed or does not load, with what to do
 */
export async function loadOrt(load: () => Promise<Ort> = () => import("onnxruntime-node")): Promise<Ort> {
  try {
    return await load();
  } catch (cause) {
    const reason = messageOf(cause).split("\n")[0];
    throw new ConfigError(
      `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${reason}. ` +
        "Needed: npm install onnxruntime-node, on Linux (glibc), macOS or Windows",
      { cause },
    );
  }
}
