import { ConfigError } from "../base/index.ts";

/** Elements `[offset, offset + size)` of the flat parameter vector, as in a parameter layout. */
export type FlatRange = { readonly offset: number; readonly size: number };

/** Throws a {@link ConfigError} unless each range has integers >= 0. */
export function checkRanges(name: string, ranges: readonly FlatRange[]): void {
  ranges.forEach(({ offset, size }, i) => {
    if (!(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(size) && size >= 0))
      throw new ConfigError(
        `${name}[${i}] is {offset: ${offset}, size: ${size}}, expected integers >= 0 [elements]`,
      );
  });
}

/**
 * One in the ranges, zero elsewhere.
 *
 * @param n length of the flat vector; every range must end within it
 * @returns (n)
 * @throws ConfigError for a range beyond n
 */
export function rangeMask(name: string, ranges: readonly FlatRange[], n: number): Float32Array {
  const mask = new Float32Array(n);
  ranges.forEach(({ offset, size }, i) => {
    if (offset + size > n)
      throw new ConfigError(
        `${name}[${i}] ends at ${offset + size}, expected at most n = ${n}, the parameters`,
      );
    mask.fill(1, offset, offset + size);
  });
  return mask;
}
