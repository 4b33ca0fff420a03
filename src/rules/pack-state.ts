import { ConfigError, crc32, FormatError } from "../base/index.ts";

/** What can be packed: JSON's values, any number, and typed arrays. */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | PackedArray
  | readonly PlainData[]
  | { readonly [key: string]: PlainData | undefined };

type PackedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

const ARRAYS = { Float32Array, Float64Array, Int32Array, Uint32Array, Int8Array, Uint8Array } as const;
type ArrayName = keyof typeof ARRAYS;

/** First bytes of a packed file, "MNOS", and the version of its layout. */
const MAGIC = 0x534f4e4d;
const VERSION = 1;
const PREFIX = 16;
/** JSON takes up to a hundred times its length in memory; of sound states it has some thousands. [bytes] */
const LONGEST_HEADER = 2 ** 22;
/** Marks what JSON cannot say; no object may use it as a key. */
const MARK = "$";

/**
 * Plain data, an optimizer's state for instance, as bytes that give it back bit for bit.
 *
 * Little-endian: u32 "MNOS", u32 version, u32 length of the header, u32 CRC-32 of all that follows, the
 * header (JSON, UTF-8; `{"$": "Float32Array", "offset", "length"}` stands for an array), and the arrays'
 * elements, each array at a multiple of 8 bytes.
 *
 * @throws ConfigError naming the place of a value that is not plain data, or where all that is no typed array is
 *   longer than 4 MiB
 */
export function packState(data: PlainData): Uint8Array {
  const arrays: { offset: number; array: PackedArray }[] = [];
  let size = 0; // of the arrays
  const encode = (value: PlainData | undefined, path: string): unknown => {
    if (value === null || typeof value === "boolean" || typeof value === "string") return value;
    if (typeof value === "number") {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [MARK]: "number", value: Object.is(value, -0) ? "-0" : `${value}` };
    }
    if (Array.isArray(value)) return value.map((item, i) => encode(item, `${path}[${i}]`));
    const type = arrayName(value);
    if (type !== undefined) {
      const offset = size;
      const array = value as PackedArray;
      arrays.push({ offset, array });
      size += align(array.byteLength);
      return { [MARK]: type, offset, length: array.length };
    }
    if (!isPlainObject(value)) throw unpackable(path, value);
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    if (Object.hasOwn(value, MARK)) throw new ConfigError(`${path} has a key "${MARK}", which is reserved`);
    return Object.fromEntries(fields.map(([key, field]) => [key, encode(field, `${path}.${key}`)]));
  };
  const header = new TextEncoder().encode(JSON.stringify(encode(data, "state")));
  if (header.length > LONGEST_HEADER)
    throw new ConfigError(
      `state has ${header.length} bytes beside its typed arrays, expected at most ${LONGEST_HEADER}: keep numbers in typed arrays`,
    );
  const start = align(PREFIX + header.length);
  const bytes = new Uint8Array(start + size);
  bytes.set(header, PREFIX);
  for (const { offset, array } of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + offset);
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  view.setUint32(12, crc32(bytes.subarray(PREFIX)), true);
  return bytes;
}

/**
 * The data that {@link packState} was given; the arrays are copies.
 *
 * @throws FormatError for bytes that are not a packed state, are cut short, or were changed
 */
export function unpackState<T = PlainData>(given: Uint8Array): T {
  // A plain array: slice() of Node's Buffer does not copy.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < PREFIX)
    throw new FormatError(`packed state has ${bytes.length} bytes, expected at least ${PREFIX}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number => view.getUint32(at, true);
  if (word(0) !== MAGIC) throw new FormatError('packed state does not begin with "MNOS"');
  if (word(4) !== VERSION)
    throw new FormatError(
      `packed state has layout ${word(4)}, expected ${VERSION}: written by another version`,
    );
  const sum = crc32(bytes.subarray(PREFIX));
  if (sum !== word(12))
    throw new FormatError(
      `packed state has checksum ${hex(sum)}, expected ${hex(word(12))}: damaged or cut short`,
    );
  const headerLength = word(8);
  const start = align(PREFIX + headerLength);
  if (start > bytes.length)
    throw new FormatError(`packed state has a header of ${headerLength} bytes, beyond its end`);
  if (headerLength > LONGEST_HEADER)
    throw new FormatError(
      `packed state has a header of ${headerLength} bytes, expected at most ${LONGEST_HEADER}`,
    );
  let left = bytes.length - start;

  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (value === null || typeof value !== "object") return value;
    if (!Object.hasOwn(value, MARK))
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, decode(field)]));
    const mark = value as { $: string; value: string; offset: number; length: number };
    if (mark.$ === "number") return Number(mark.value);
    const array = readArray(bytes, start, mark.$, mark.offset, mark.length);
    // Arrays that share bytes would make a small file a large state.
    left -= array.byteLength;
    if (left < 0) throw new FormatError("packed state has arrays that are longer than its bytes together");
    return array;
  };
  try {
    return decode(JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + headerLength)))) as T;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError("packed state has a header that is not JSON", { cause });
  }
}

function readArray(
  bytes: Uint8Array,
  start: number,
  name: string,
  offset: number,
  length: number,
): PackedArray {
  if (!Object.hasOwn(ARRAYS, name))
    throw new FormatError(
      `packed state has an array of type "${name}", expected ${Object.keys(ARRAYS).join(", ")}`,
    );
  const type = ARRAYS[name as ArrayName];
  const from = start + offset;
  const to = from + length * type.BYTES_PER_ELEMENT;
  const legal = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!legal || !(to <= bytes.length))
    throw new FormatError(`packed state has an array at ${offset} of ${length} elements, beyond its end`);
  return new type(bytes.slice(from, to).buffer);
}

function arrayName(value: unknown): string | undefined {
  return Object.keys(ARRAYS).find((name) => value instanceof ARRAYS[name as ArrayName]);
}

function isPlainObject(value: unknown): value is { readonly [key: string]: PlainData } {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unpackable(path: string, value: unknown): ConfigError {
  const got = typeof value === "object" ? (value?.constructor?.name ?? "object") : typeof value;
  return new ConfigError(
    `${path} is a ${got}, expected null, a boolean, number, string, array, plain object, or one of ${Object.keys(ARRAYS).join(", ")}`,
  );
}

function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function hex(n: number): string {
  return n.toString(16).padStart(8, "0");
}
