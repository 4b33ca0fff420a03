import { VALUE_TYPES, type ValueType } from "./value-types.ts";
import { type Bytes, list, name, sized, unsigned } from "./wasm-bytes.ts";
import { bytesOf, type Code } from "./wasm-code.ts";

/** Bytes of a page of memory. */
export const PAGE = 65536;

/** One function of one module; what it is called with are its first locals. */
export type ModuleParts = {
  readonly params: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly locals: readonly ValueType[];
  readonly body: Code;
  /** The pages of memory; their number never changes. */
  readonly pages: number;
};

/** Names under which a module's memory and its function are exported. */
export const MEMORY_EXPORT = "memory";
export const FUNCTION_EXPORT = "run";

const MAGIC_AND_VERSION: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;
const FUNCTION_TYPE = 0x60;
const HAS_MAXIMUM = 0x01;
const EXPORTS_FUNCTION = 0x00;
const EXPORTS_MEMORY = 0x02;
const END = 0x0b;

/**
 * A WebAssembly module of one memory and one function, both exported.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.5 (binary format of modules).
 */
export function encodeModule({ params, result, locals, body, pages }: ModuleParts): Uint8Array<ArrayBuffer> {
  const types = (values: readonly ValueType[]): Bytes => list(values.map((type) => [VALUE_TYPES[type]]));
  const declared = list(locals.map((type) => [...unsigned(1), VALUE_TYPES[type]]));
  const sections: readonly [number, Bytes][] = [
    [SECTION.type, list([[FUNCTION_TYPE, ...types(params), ...types(result === undefined ? [] : [result])]])],
    [SECTION.function, list([unsigned(0)])],
    [SECTION.memory, list([[HAS_MAXIMUM, ...unsigned(pages), ...unsigned(pages)]])],
    [
      SECTION.export,
      list([
        [...name(MEMORY_EXPORT), EXPORTS_MEMORY, ...unsigned(0)],
        [...name(FUNCTION_EXPORT), EXPORTS_FUNCTION, ...unsigned(0)],
      ]),
    ],
    [SECTION.code, list([sized([...declared, ...bytesOf(body), END])])],
  ];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...sections.flatMap(([id, content]) => [id, ...sized(content)]),
  ]);
}
