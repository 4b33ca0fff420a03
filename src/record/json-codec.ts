import { check, FormatError, isJsonObject, type Json } from "../base/index.ts";

/** How a value of a log is written as JSON and read back. */
export type Codec<T> = {
  /** Of the JSON value, as a JSON Schema says it. */
  readonly type: "object" | "array" | "string" | "number" | "integer" | "boolean";
  /** Name in JSON, where it is another one than in the record. */ readonly key?: string;
  /** Whether a log may lack it. */ readonly optional?: boolean;
  /** Of an array. */ readonly item?: Codec<unknown>;
  /** Of an object. */ readonly fields?: readonly FieldRow[];
  /** Whether a schema says which of the fields are always there. */ readonly strict?: boolean;
  encode(value: T): unknown;
  /** @throws FormatError naming what is not as it should be */
  decode(json: unknown, name: string): T;
};

/** A field of a record: its name there, its name in JSON, and its codec. */
export type FieldRow = { readonly field: string; readonly key: string; readonly codec: Codec<unknown> };

/** A codec for each field of a record, in the order in which they are written. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

const asIs = <T>(value: T): unknown => value;

/** A number; what is not finite is written as null and read as NaN. */
export const real: Codec<number> = { type: "number", encode: asIs, decode: number };

/** A whole number. */
export const integer: Codec<number> = { ...real, type: "integer" };

/** A text. */
export const text: Codec<string> = { type: "string", encode: asIs, decode: (json) => String(json) };

/** A word of a vocabulary that other programs may add to: whatever stands there is read. */
export const someWord = <T extends string>(): Codec<T> => text as Codec<T>;

/** One of the words of a vocabulary, and nothing else. */
export const word = <T extends string>(words: readonly T[]): Codec<T> => ({
  ...someWord<T>(),
  decode: (json, name) => oneOf(json, words, name),
});

/** Yes or no; what is not there is read as no. */
export const flag: Codec<boolean> = { type: "boolean", encode: asIs, decode: (json) => json === true };

/** A flat array of numbers. */
export const numbers: Codec<Float64Array> = {
  type: "array",
  item: real,
  encode: (values) => Array.from(values),
  decode: array,
};

/** Any number of values of one kind. */
export const listOf = <T>(item: Codec<T>): Codec<readonly T[]> => ({
  type: "array",
  item,
  encode: (values) => values.map((value) => item.encode(value)),
  decode: (json, name) => list(json, name).map((value, i) => item.decode(value, `${name}[${i}]`)),
});

/** The same value where there is one; what is missing, or null, is read as `absent`. */
export const maybe = <T, A = undefined>(codec: Codec<T>, absent?: A): Codec<T | A> => ({
  ...codec,
  optional: true,
  encode: (value) => (value === undefined ? undefined : codec.encode(value as T)),
  decode: (json, name) => (json === undefined || json === null ? (absent as A) : codec.decode(json, name)),
});

/** The same value under another name in JSON. */
export const named = <T>(key: string, codec: Codec<T>): Codec<T> => ({ ...codec, key });

/** A value that stands alone in a JSON object, under one name. */
export const boxed = <T>(key: string, codec: Codec<T>): Codec<T> => ({
  type: "object",
  fields: [{ field: key, key, codec }],
  encode: (value) => ({ [key]: codec.encode(value) }),
  decode: (json, name) => codec.decode(object(json, name)[key], `${name}.${key}`),
});

/**
 * A record, field by field; what is undefined is left out of what is read.
 *
 * @param strict whether its schema says which fields are always there
 */
export function record<T extends object>(fields: Fields<T>, strict = false): Codec<T> {
  const rows = Object.entries<Codec<unknown>>(fields as Record<string, Codec<unknown>>).map(
    ([field, codec]) => ({ field: field as keyof T & string, key: codec.key ?? field, codec }),
  );
  return {
    type: "object",
    fields: rows,
    strict,
    encode(value) {
      const json: Record<string, unknown> = {};
      for (const { field, key, codec } of rows) json[key] = codec.encode(value[field]);
      return json;
    },
    decode(json, name) {
      const from = object(json, name === "" ? "the message" : name);
      const value: Partial<T> = {};
      for (const { field, key, codec } of rows) {
        const decoded = codec.decode(from[key], name === "" ? key : `${name}.${key}`);
        if (decoded !== undefined) value[field] = decoded as T[typeof field];
      }
      return value as T;
    },
  };
}

/** undefined where the value is not there (or null), else decoded. */
export function optional<T>(value: unknown, decode: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : decode(value);
}

/** A JSON value that must be an object. @throws FormatError unless it is one */
export function object(value: unknown, name: string): Json {
  check(name, value, isJsonObject(value), "an object", FormatError);
  return value;
}

/** A JSON value that must be an array. @throws FormatError unless it is one */
export function list(value: unknown, name: string): unknown[] {
  check(name, value, Array.isArray(value), "an array", FormatError);
  return value;
}

/** A number, NaN for null. @throws FormatError for anything else */
export function number(value: unknown, name: string): number {
  if (value === null) return Number.NaN;
  check(name, value, typeof value === "number", "a number", FormatError);
  return value;
}

/** An array of numbers, NaN for null. @throws FormatError for anything else */
export function array(value: unknown, name: string): Float64Array {
  return Float64Array.from(list(value, name), (v) => number(v, `an element of ${name}`));
}

/** A JSON value that must be one of some words. @throws FormatError listing them unless it is */
export function oneOf<T extends string>(value: unknown, legal: readonly T[], name: string): T {
  check(name, value, legal.includes(value as T), `one of ${legal.join(", ")}`, FormatError);
  return value as T;
}
