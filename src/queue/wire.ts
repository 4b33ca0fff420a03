import { FormatError, isJsonObject, parseJson } from "../base/index.ts";

// A job travels as JSON, in which typed arrays, numbers that JSON lacks and undefined items of an array have a form of
// their own: an object with the one key "$". Whoever looks into the queue can read it, and bytes of a stranger stay data.

const ARRAYS = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array, Int8Array } as const;
type ArrayName = keyof typeof ARRAYS;

const KEY = "$";
const ODD_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/** Plain data and typed arrays as text. The same data make the same text. */
export function encodeWire(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string) {
    const item = this[key];
    if (typeof item === "number" && (!Number.isFinite(item) || Object.is(item, -0)))
      return { [KEY]: Object.is(item, -0) ? "-0" : String(item) };
    if (item === undefined && Array.isArray(this)) return { [KEY]: "undefined" };
    if (!ArrayBuffer.isView(item)) return item;
    const bytes = Buffer.from(item.buffer, item.byteOffset, item.byteLength);
    return { [KEY]: [item.constructor.name, bytes.toString("base64")] };
  });
}

/** What {@link encodeWire} wrote. @throws FormatError for anything else */
export function decodeWire(text: string): unknown {
  return restore(parseJson(text, "a message of the queue: "));
}

function restore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restore);
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, KEY)) return special(value[KEY]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item)]));
}

function special(form: unknown): unknown {
  if (form === "undefined") return undefined;
  if (typeof form === "string" && Object.hasOwn(ODD_NUMBERS, form)) return ODD_NUMBERS[form];
  if (Array.isArray(form) && form.length === 2 && typeof form[1] === "string" && form[0] in ARRAYS) {
    const bytes = Uint8Array.from(Buffer.from(form[1], "base64"));
    const make = ARRAYS[form[0] as ArrayName];
    if (bytes.length % make.BYTES_PER_ELEMENT === 0) return new make(bytes.buffer);
  }
  throw new FormatError(`a message of the queue has a value of an unknown form: ${JSON.stringify(form)}`);
}
