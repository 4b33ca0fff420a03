import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type * as OrtModule from "onnxruntime-node";
import { ConfigError, messageOf } from "../base/index.ts";

/** What this program uses of ONNX Runtime, be it native or WebAssembly. */
export type Ort = Pick<typeof OrtModule, "InferenceSession" | "Tensor">;

/** ONNX Runtime's builds: the package onnxruntime-node, and the WebAssembly that comes with this package. */
export type OrtRuntime = "native" | "wasm";

/** ONNX Runtime, and which of its builds it is. */
export type LoadedOrt = { readonly ort: Ort; readonly runtime: OrtRuntime };

/** Ways to load each build; the tests hand in their own. */
export type OrtSources = Readonly<Record<OrtRuntime, () => Promise<Ort>>>;

/** How to get the native build: its libraries are in its package, its install script only fetches CUDA's. */
export const NATIVE_ORT_HOW = "npm install --ignore-scripts onnxruntime-node";

/** The build for browsers, of which the viewer's build keeps one copy for pages and Node. */
export const WASM_ORT = {
  module: new URL("../../dist/viewer/ort/ort.wasm.bundle.min.mjs", import.meta.url),
  binary: new URL("../../dist/viewer/ort/ort-wasm-simd-threaded.wasm", import.meta.url),
} as const;

/** Whether the WebAssembly build is where it belongs. */
export function isWasmOrtThere(): boolean {
  return existsSync(fileURLToPath(WASM_ORT.module)) && existsSync(fileURLToPath(WASM_ORT.binary));
}

const SOURCES: OrtSources = { native: () => import("onnxruntime-node"), wasm: loadWasm };

let wasm: Promise<Ort> | undefined;
let tell: ((note: string) => void) | undefined;

/** Has it said once, in a sentence for the user, if networks turn out to run as WebAssembly for want of the native build. */
export function tellWithoutNativeOrt(say: (note: string) => void): void {
  tell = say;
}

/**
 * Loads ONNX Runtime when it is first needed: natively where `onnxruntime-node` is installed, which it need
 * not be, else as WebAssembly on one thread.
 *
 * @param runtime the build that must do; either, if not given
 * @throws ConfigError where none loads, with what to do
 */
export async function loadOrt(runtime?: OrtRuntime, sources: OrtSources = SOURCES): Promise<LoadedOrt> {
  const reasons: string[] = [];
  for (const candidate of ["native", "wasm"] as const) {
    if (runtime !== undefined && runtime !== candidate) continue;
    try {
      const ort = await sources[candidate]();
      if (reasons.length > 0) tell?.(`${reasons[0]}: networks run as WebAssembly, a few times slower. ${NATIVE_NEEDED}`);
      if (reasons.length > 0) tell = undefined;
      return { ort, runtime: candidate };
    } catch (cause) {
      reasons.push(explain(candidate, cause));
    }
  }
  throw new ConfigError(`${reasons.join("; ")}. ${NATIVE_NEEDED}, on Linux (glibc), macOS or Windows`);
}

const NATIVE_NEEDED = `Native: ${NATIVE_ORT_HOW}`;

function explain(runtime: OrtRuntime, cause: unknown): string {
  const why = messageOf(cause).split("\n")[0]!;
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
