import { type Code, f32x4, v128 } from "./wasm-code.ts";
import { encodeModule, FUNCTION_EXPORT, MEMORY_EXPORT, type ModuleParts } from "./wasm-module.ts";

/** The part of the WebAssembly interface that is used here; the standard library's types are those of browsers. */
type WebAssemblyHost = {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** A function and the memory that it works on. */
export type Kernel = {
  readonly run: (...args: number[]) => number;
  readonly memory: ArrayBuffer;
};

/** Whether vectors of WebAssembly can be used where this runs. */
export function hasSimd(): boolean {
  return host()?.validate(PROBE) ?? false;
}

/**
 * Compiles one function, synchronously.
 *
 * @returns undefined where there is no WebAssembly with vectors, or no memory left for it
 */
export function createKernel(parts: ModuleParts): Kernel | undefined {
  const wasm = host();
  if (wasm === undefined || !hasSimd()) return undefined;
  const module = encodeModule(parts);
  // A fault of the code that was emitted must not pass for a lack of memory.
  if (!wasm.validate(module)) throw new Error("the module that was emitted is not valid WebAssembly");
  try {
    const { exports } = new wasm.Instance(new wasm.Module(module));
    return {
      run: exports[FUNCTION_EXPORT] as Kernel["run"],
      memory: (exports[MEMORY_EXPORT] as { readonly buffer: ArrayBuffer }).buffer,
    };
  } catch {
    return undefined;
  }
}

function host(): WebAssemblyHost | undefined {
  return (globalThis as { readonly WebAssembly?: WebAssemblyHost }).WebAssembly;
}

/** A module that adds vectors. */
const PROBE = encodeModule({ params: [], result: "i32", locals: [], body: probe(), pages: 1 });

function probe(): Code {
  const vector = v128.load({ offset: 0 });
  return v128.anyTrue(f32x4.add(vector, vector));
}
