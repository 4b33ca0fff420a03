import { didYouMean } from "./did-you-mean.ts";
import { ConfigError } from "./errors.ts";

/** Throws a {@link ConfigError} unless a name is one of the legal ones. */
export function checkName(what: string, name: string, legal: readonly string[]): void {
  if (!legal.includes(name))
    throw new ConfigError(
      `${what} is "${name}", expected one of ${legal.join(", ")}${didYouMean(String(name), legal)}`,
    );
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

/** Throws a {@link ConfigError} unless `0 <= value < 1`: the share of an average that stays. */
export function checkDecay(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new ConfigError(`${name} is ${value}, expected 0 <= ${name} < 1`);
}

/** Throws a {@link ConfigError} unless `value` is a finite number above zero. */
export function checkPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new ConfigError(`${name} is ${value}, expected a finite number > 0`);
}

/** Throws a {@link ConfigError} unless `value` is a finite number, zero or above. */
export function checkNotNegative(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0))
    throw new ConfigError(`${name} is ${value}, expected a finite number >= 0`);
}

/** Throws a {@link ConfigError} unless `value` is an integer of at least `least` and at most `most`. */
export function checkCount(name: string, value: number, least: number, most = Infinity): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const legal = most === Infinity ? `an integer >= ${least}` : `an integer in ${least}..${most}`;
  throw new ConfigError(`${name} is ${value}, expected ${legal}`);
}

/** Whether all of some numbers are finite. */
export function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
