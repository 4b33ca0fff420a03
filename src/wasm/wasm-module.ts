import { VALUE_TYPES, type ValueType } from "./value-types.ts";
import { type Bytes, joined, list, name, sized, unsigned } from "./wasm-bytes.ts";
import { bytesOf, type Code } from "./wasm-code.ts";

/** Bytes of a page of memory. */
export const PAGE = 65536;

/** A function; what it is called with are its first locals. */
export type FunctionParts = {
  readonly params: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly locals: readonly ValueType[];
  readonly body: Code;
};

/** One function of one module. */
export type ModuleParts = FunctionParts & {
  /** The pages of memory; their number never changes. */
  readonly pages: number;
};

/** Functions by the names of their exports, on a memory that is handed in. */
export type SharedModuleParts = {
  readonly functions: Readonly<Record<string, FunctionParts>>;
  /** Functions of the host, by the names under which they are imported; calls count them first. */
  readonly imported?: Readonly<Record<string, Pick<FunctionParts, "params" | "result">>>;
  /** Pages that the memory has. */
  readonly pages: number;
  /** Whose modules share memories: those of one pool know what the others may leave there. */
  readonly pool: string;
};

/** Names under which a module's memory and its function are exported, and the one from which memory is imported. */
export const MEMORY_EXPORT = "memory";
export const FUNCTION_EXPORT = "run";
export const IMPORT_FROM = "host";

const MAGIC_AND_VERSION: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, import: 2, function: 3, memory: 5, export: 7, code: 10 } as const;
const FUNCTION_TYPE = 0x60;
const HAS_MAXIMUM = 0x01;
const EXPORTS_FUNCTION = 0x00;
const EXPORTS_MEMORY = 0x02;
const IMPORTS_FUNCTION = 0x00;
const IMPORTS_MEMORY = 0x02;
const END = 0x0b;

/**
 * A WebAssembly module of one memory and one function, both exported.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.5 (binary format of modules).
 */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  return encode({ [FUNCTION_EXPORT]: parts }, parts.pages, false);
}

/** A WebAssembly module of functions, all exported, and a memory that is imported. */
export function encodeSharedModule(parts: SharedModuleParts): Uint8Array<ArrayBuffer> {
  return encode(parts.functions, parts.pages, true, parts.imported);
}

function encode(
  functions: Readonly<Record<string, FunctionParts>>,
  pages: number,
  imports: boolean,
  imported: NonNullable<SharedModuleParts["imported"]> = {},
): Uint8Array<ArrayBuffer> {
  const parts = Object.values(functions);
  const first = Object.keys(imported).length;
  const types = (values: readonly ValueType[]): Bytes => list(values.map((type) => [VALUE_TYPES[type]]));
  const memory = [HAS_MAXIMUM, ...unsigned(pages), ...unsigned(pages)];
  const exported = Object.keys(functions).map((key, i) => [
    ...name(key),
    EXPORTS_FUNCTION,
    ...unsigned(first + i),
  ]);
  const exportedMemory = [...name(MEMORY_EXPORT), EXPORTS_MEMORY, ...unsigned(0)];
  const importedFunctions = Object.keys(imported).map((key, i) => [
    ...[...name(IMPORT_FROM), ...name(key)],
    ...[IMPORTS_FUNCTION, ...unsigned(i)],
  ]);
  const importedMemory = [...name(IMPORT_FROM), ...name(MEMORY_EXPORT), IMPORTS_MEMORY, ...memory];
  const sections: readonly [number, Bytes][] = [
    [
      SECTION.type,
      list(
        [...Object.values(imported), ...parts].map(({ params, result }) => [
          FUNCTION_TYPE,
          ...types(params),
          ...types(result === undefined ? [] : [result]),
        ]),
      ),
    ],
    ...(imports ? [[SECTION.import, list([importedMemory, ...importedFunctions])] as [number, Bytes]] : []),
    [SECTION.function, list(parts.map((_, i) => unsigned(first + i)))],
    ...(imports ? [] : [[SECTION.memory, list([memory])] as [number, Bytes]]),
    [SECTION.export, list(imports ? exported : [exportedMemory, ...exported])],
    [SECTION.code, list(parts.map(({ locals, body }) => sized(codeOf(locals, body))))],
  ];
  return Uint8Array.from(
    joined([MAGIC_AND_VERSION, ...sections.flatMap(([id, content]) => [[id], sized(content)])]),
  );
}

function codeOf(locals: readonly ValueType[], body: Code): Bytes {
  const declared = list(locals.map((type) => [...unsigned(1), VALUE_TYPES[type]]));
  return joined([declared, bytesOf(body), [END]]);
}
