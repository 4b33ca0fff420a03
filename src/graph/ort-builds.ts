import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** ONNX Runtime's builds: the package onnxruntime-node, and the WebAssembly that comes with this package. */
export type OrtRuntime = "native" | "wasm";

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

let tell: ((note: string) => void) | undefined;

/** Has it said once, in a sentence for the user, if networks turn out to run as WebAssembly for want of native code. */
export function tellWithoutNativeOrt(say: (note: string) => void): void {
  tell = say;
}

/** Says that WebAssembly runs, the first time. */
export function noteWithoutNativeOrt(why: string): void {
  tell?.(`${why}: networks run as WebAssembly, a few times slower. Native: ${NATIVE_ORT_HOW}`);
  tell = undefined;
}
