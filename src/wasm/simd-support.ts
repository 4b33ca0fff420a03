import { type Code, f32x4, v128 } from "./wasm-code.ts";
import {
  encodeModule,
  encodeSharedModule,
  FUNCTION_EXPORT,
  IMPORT_FROM,
  MEMORY_EXPORT,
  type ModuleParts,
  PAGE,
  type SharedModuleParts,
} from "./wasm-module.ts";

/** The part of the WebAssembly interface that is used here; the standard library's types are those of browsers. */
type WebAssemblyHost = {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (
    module: object,
    imports?: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
};

type WasmMemory = { readonly buffer: ArrayBuffer };

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

/** Functions on a memory that others of its pool and size work on, too: what they leave may be gone at the next use. */
export type SharedKernel = {
  readonly run: Readonly<Record<string, (...args: number[]) => number>>;
  readonly memory: ArrayBuffer;
};

/** Memories by pool and pages, powers of two: what many functions work on in turns takes that of the largest, twice. */
const memories = new Map<string, WasmMemory>();

/** Pages of the shared memory that holds so many bytes. */
export function sharedPages(bytes: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(bytes / PAGE)));
}

/**
 * Compiles functions that import their pool's memory of a size, synchronously. The memory never grows, so that views
 * of it stay; functions of the pool's other modules write to it, too.
 *
 * @param parts with pages of {@link sharedPages}
 * @param imported what the module imports besides
 * @returns undefined where there is no WebAssembly with vectors, or no memory left for it
 */
export function createSharedKernel(
  parts: SharedModuleParts,
  imported: Readonly<Record<string, object>> = {},
): SharedKernel | undefined {
  const wasm = host();
  if (wasm === undefined || !hasSimd()) return undefined;
  const bytes = encodeSharedModule(parts);
  if (!wasm.validate(bytes)) throw new Error("the module that was emitted is not valid WebAssembly");
  try {
    const { pages, pool } = parts;
    const key = `${pool} ${pages}`;
    const memory = memories.get(key) ?? new wasm.Memory({ initial: pages, maximum: pages });
    memories.set(key, memory);
    const { exports } = new wasm.Instance(new wasm.Module(bytes), {
      [IMPORT_FROM]: { ...imported, [MEMORY_EXPORT]: memory },
    });
    return { run: exports as SharedKernel["run"], memory: memory.buffer };
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
