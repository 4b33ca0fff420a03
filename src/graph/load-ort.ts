import { readFile } from "node:fs/promises";
import type * as OrtModule from "onnxruntime-node";
import { ConfigError, messageOf } from "../base/index.ts";
import { NATIVE_ORT_HOW, noteWithoutNativeOrt, type OrtRuntime, WASM_ORT } from "./ort-builds.ts";

/** What this program uses of ONNX Runtime, be it native or WebAssembly. */
export type Ort = Pick<typeof OrtModule, "InferenceSession" | "Tensor">;

/** ONNX Runtime, and which of its builds it is. */
export type LoadedOrt = { readonly ort: Ort; readonly runtime: OrtRuntime };

/** Ways to load each build; the tests hand in their own. */
export type OrtSources = Readonly<Record<OrtRuntime, () => Promise<Ort>>>;

const SOURCES: OrtSources = { native: () => import("onnxruntime-node"), wasm: loadWasm };

let wasm: Promise<Ort> | undefined;

/**
 * Loads ONNX Runtime when it is first needed: natively where `onnxruntime-node` is installed, which it need
 * not be, else as WebAssembly on one thread.
 *
 * @param runtime the build that must do; either, if not given
 * @throws ConfigError where none loads, with what to do
 */
export async function loadOrt(runtime?: OrtRuntime, sources: OrtSources = SOURCES): Promise<LoadedOrt> {
  const reasons: string[] = [];
  let last: unknown;
  for (const candidate of ["native", "wasm"] as const) {
    if (runtime !== undefined && runtime !== candidate) continue;
    try {
      const ort = await sources[candidate]();
      if (reasons[0] !== undefined) noteWithoutNativeOrt(reasons[0]);
      return { ort, runtime: candidate };
    } catch (cause) {
      reasons.push(explain(candidate, cause));
      last = cause;
    }
  }
  throw new ConfigError(
    `${reasons.join("; ")}. Native: ${NATIVE_ORT_HOW}, on Linux (glibc), macOS or Windows`,
    { cause: last },
  );
}

function explain(runtime: OrtRuntime, cause: unknown): string {
  const why = messageOf(cause).split("\n")[0];
  if (runtime === "wasm") return `ONNX Runtime's WebAssembly build cannot be loaded: ${why}`;
  if (/^Cannot find package/.test(why)) return "onnxruntime-node is not installed";
  return `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${why}`;
}

function loadWasm(): Promise<Ort> {
  wasm ??= (async () => {
    const ort: typeof import("onnxruntime-web/wasm") = await import(WASM_ORT.module.href);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = await readFile(WASM_ORT.binary);
    return ort as Ort;
  })();
  return wasm;
}
