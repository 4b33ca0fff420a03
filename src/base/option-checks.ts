import { didYouMean } from "./did-you-mean.ts";
import { ConfigError, type MpcError } from "./errors.ts";
import { shown } from "./shown.ts";

/** Makes the error for a message: {@link ConfigError}, or `FormatError` for what stands in a file. */
type ErrorKind = new (message: string) => MpcError;

/**
 * Throws `NAME is VALUE, expected EXPECTED` unless a value is legal.
 *
 * @param legal whether it is
 * @param expected what would be, with the unit
 * @param Kind of the error
 */
export function check(
  name: string,
  value: unknown,
  legal: boolean,
  expected: string,
  Kind: ErrorKind = ConfigError,
): asserts legal {
  if (!legal) throw new Kind(`${name} is ${shown(value)}, expected ${expected}`);
}

/** Throws a {@link ConfigError} unless a name is one of the legal ones. */
export function checkName<T extends string>(
  what: string,
  name: unknown,
  legal: readonly T[],
): asserts name is T {
  if (legal.includes(name as T)) return;
  const hint = typeof name === "string" ? didYouMean(name, legal) : "";
  check(what, name, false, `one of ${legal.join(", ")}${hint}`);
}

/** Throws a {@link ConfigError} for a key that is not legal, so that a typo never means a default. */
export function checkKeys(what: string, options: object, legal: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!legal.includes(key))
      throw new ConfigError(
        `${what} has an unknown option "${key}", expected ${legal.join(", ")}${didYouMean(key, legal)}`,
      );
  }
}

/** Throws a {@link ConfigError} unless `0 <= value < 1`: a share that is never all. */
export function checkDecay(name: string, value: number): void {
  check(name, value, value >= 0 && value < 1, `0 <= ${name} < 1`);
}

/** Throws a {@link ConfigError} unless `value` is a finite number above zero. @param unit for the message: "m" */
export function checkPositive(name: string, value: number, unit?: string): void {
  check(name, value, Number.isFinite(value) && value > 0, `a finite number > 0${inUnit(unit)}`);
}

/** Throws a {@link ConfigError} unless `value` is a finite number, zero or above. @param unit for the message */
export function checkNotNegative(name: string, value: number, unit?: string): void {
  check(name, value, Number.isFinite(value) && value >= 0, `a finite number >= 0${inUnit(unit)}`);
}

/** Throws a {@link ConfigError} unless `least <= value <= most`. @param unit for the message */
export function checkWithin(name: string, value: number, least: number, most: number, unit?: string): void {
  if (value >= least && value <= most) return; // before a message is made: this is asked in every tick
  check(name, value, false, `a number ${least} .. ${most}${inUnit(unit)}`);
}

/** Throws a {@link ConfigError} unless `value` is an integer from `least` to `most`. @param unit for the message */
export function checkCount(name: string, value: number, least: number, most = Infinity, unit?: string): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `>= ${least}` : `in ${least}..${most}`;
  check(name, value, false, `an integer ${range}${inUnit(unit)}`);
}

function inUnit(unit: string | undefined): string {
  return unit === undefined ? "" : ` [${unit}]`;
}

/** Whether all of some numbers are finite. */
export function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
