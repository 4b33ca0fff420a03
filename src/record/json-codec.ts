import { array, list, number, object, oneOf } from "./json-values.ts";

/** A JSON Schema as far as Foxglove reads it: no null, no unions, no arrays of arrays. */
export type JsonSchema = {
  readonly type: "object" | "array" | "string" | "number" | "integer" | "boolean";
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
};

/** How a value of a log is written as JSON, read back, and described to other tools: each said once. */
export type Codec<T> = {
  readonly schema: JsonSchema;
  /** Name in JSON, where it is another one than in the record. */ readonly key?: string;
  /** Whether a log may lack it. */ readonly optional?: boolean;
  encode(value: T): unknown;
  /** @throws FormatError naming what is not as it should be */
  decode(json: unknown, name: string): T;
};

/** A codec for each field of a record, in the order in which they are written. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

const asIs = <T>(value: T): unknown => value;

/** A number; what is not finite is written as null and read as NaN. */
export const real = (description: string): Codec<number> => ({
  schema: { type: "number", description },
  encode: asIs,
  decode: number,
});

/** A whole number. */
export const integer = (description: string): Codec<number> => ({
  ...real(description),
  schema: { type: "integer", description },
});

/** A text; of words that other programs may add to, so that whatever stands there is read. */
export const text = <T extends string = string>(description: string): Codec<T> => ({
  schema: { type: "string", description },
  encode: asIs,
  decode: (json) => String(json) as T,
});

/** One of the words of a vocabulary, and nothing else. */
export const word = <T extends string>(
  words: readonly T[],
  description: string = words.join(", "),
): Codec<T> => ({
  ...text(description),
  decode: (json, name) => oneOf(json, words, name),
});

/** Yes or no; what is not there is read as no. */
export const flag = (description: string): Codec<boolean> => ({
  schema: { type: "boolean", description },
  encode: asIs,
  decode: (json) => json === true,
});

/** A flat array of numbers. */
export const numbers = (description: string): Codec<Float64Array> => ({
  schema: { type: "array", items: { type: "number" }, description },
  encode: (values) => Array.from(values),
  decode: array,
});

/** Any number of values of one kind. */
export const listOf = <T>(item: Codec<T>, description: string): Codec<readonly T[]> => ({
  schema: { type: "array", items: item.schema, description },
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
  schema: { type: "object", properties: { [key]: codec.schema }, required: [] },
  encode: (value) => ({ [key]: codec.encode(value) }),
  decode: (json, name) => codec.decode(object(json, name)[key], `${name}.${key}`),
});

/**
 * A record, field by field; what is undefined is left out of what is read.
 *
 * @param required whether the schema tells other tools which fields are always there
 */
export function record<T extends object>(
  fields: Fields<T>,
  required: boolean,
  description?: string,
): Codec<T> {
  const rows = Object.entries<Codec<unknown>>(fields as Record<string, Codec<unknown>>).map(
    ([field, codec]) => ({ field: field as keyof T & string, key: codec.key ?? field, codec }),
  );
  return {
    schema: {
      type: "object",
      properties: Object.fromEntries(rows.map(({ key, codec }) => [key, codec.schema])),
      required: required ? rows.filter(({ codec }) => !codec.optional).map(({ key }) => key) : [],
      ...(description === undefined ? {} : { description }),
    },
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
