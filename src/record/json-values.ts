import { FormatError } from "../base/index.ts";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** undefined where the value is not there (or null), else decoded. */
export function optional<T>(value: unknown, decode: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : decode(value);
}

/** A JSON value that must be an object. @throws FormatError unless it is one */
export function object(value: unknown, name: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new FormatError(`${name} is ${describe(value)}, expected an object`);
}

/** A JSON value that must be an array. @throws FormatError unless it is one */
export function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(`${name} is ${describe(value)}, expected an array`);
}

/** A number, NaN for null. @throws FormatError for anything else */
export function number(value: unknown, name: string): number {
  if (typeof value === "number") return value;
  if (value === null) return Number.NaN;
  throw new FormatError(`${name} is ${describe(value)}, expected a number`);
}

/** An array of numbers, NaN for null. @throws FormatError for anything else */
export function array(value: unknown, name: string): Float64Array {
  return Float64Array.from(list(value, name), (v) => number(v, `an element of ${name}`));
}

/** A JSON value that must be one of some words. @throws FormatError listing them unless it is */
export function oneOf<T extends string>(value: unknown, legal: readonly T[], name: string): T {
  const word = legal.find((one) => one === value);
  if (word !== undefined) return word;
  throw new FormatError(`${name} is ${describe(value)}, expected one of ${legal.join(", ")}`);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
