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

/** Where a tensor lies in the flat vector; entries of a `ParameterLayout` fit. */
export type TensorPlace = FlatRange & { readonly name: string; readonly shape: readonly number[] };

/** The tensors of a flat vector; a `ParameterLayout` fits. */
export type TensorPlaces = { readonly total: number; readonly entries: readonly TensorPlace[] };

/** What a part of a partition takes; with neither, all that no other part takes. */
export type PartChoice = {
  /** Elements of the flat vector. */
  readonly ranges?: readonly FlatRange[];
  /** Whole tensors; each goes to the first part that selects it. */
  readonly select?: (tensor: TensorPlace) => boolean;
};

/** Which elements each part has; together every element once. */
export type PartitionRanges = {
  /** n */
  readonly total: number;
  /** For each part, ascending, neighbours joined; empty where nothing was left for it. */
  readonly parts: readonly (readonly FlatRange[])[];
};

/**
 * Shares the elements of a flat vector out among parts.
 *
 * @param layout needed where a part selects tensors or takes the rest
 * @throws ConfigError for two parts that take the same element, an element that none takes, or a missing layout
 */
export function partitionRanges(
  choices: readonly PartChoice[],
  layout: TensorPlaces | undefined,
): PartitionRanges {
  const parts: FlatRange[][] = choices.map(({ ranges }) => [...(ranges ?? [])]);
  choices.forEach(({ ranges, select }, p) => {
    if (ranges !== undefined && select !== undefined)
      throw new ConfigError(`parts[${p}] has ranges and select, expected one of them`);
    checkRanges(`parts[${p}].ranges`, ranges ?? []);
    if (ranges === undefined && layout === undefined)
      throw new ConfigError(`parts[${p}] has no ranges, expected ranges, or a layout to select tensors from`);
  });
  const rests = choices.flatMap(({ ranges, select }, p) => (ranges || select ? [] : [p]));
  if (rests.length > 1)
    throw new ConfigError(`parts ${rests.join(" and ")} both take the rest, expected at most one`);
  const [rest] = rests;
  const left: FlatRange[] = [];
  for (const entry of layout?.entries ?? []) {
    const p = choices.findIndex(({ select }) => select?.(entry));
    (p >= 0 ? parts[p] : left).push({ offset: entry.offset, size: entry.size });
  }
  const total = layout?.total ?? parts.flat().reduce((n, { offset, size }) => Math.max(n, offset + size), 0);
  if (rest !== undefined)
    parts[rest] = without(
      left,
      choices.flatMap(({ ranges }) => ranges ?? []),
    );
  checkCover(parts, total);
  return { total, parts: parts.map(joined) };
}

/** The tensors that are kept, one after the other, as a vector of them alone. */
export function keepTensors<T extends TensorPlace>(
  entries: readonly T[],
  keep: (tensor: T) => boolean,
): { readonly total: number; readonly entries: readonly T[] } {
  let total = 0;
  const kept = entries.filter(keep).map((entry) => {
    total += entry.size;
    return { ...entry, offset: total - entry.size };
  });
  return { total, entries: kept };
}

/**
 * The tensors that lie in some ranges, as a part of the vector has them.
 *
 * @throws ConfigError for a missing layout or a tensor that is cut
 */
export function layoutWithin(
  what: string,
  ranges: readonly FlatRange[],
  layout: TensorPlaces | undefined,
): TensorPlaces {
  const within = keepTensors(layout?.entries ?? [], ({ offset, size }) =>
    ranges.some((range) => offset >= range.offset && offset + size <= range.offset + range.size),
  );
  const size = ranges.reduce((sum, range) => sum + range.size, 0);
  if (within.total !== size)
    throw new ConfigError(
      `${what} has ${size} elements, ${within.total} of them in whole tensors, expected a layout and whole tensors for an optimizer that is made for them`,
    );
  return within;
}

/** What is left of some ranges without others; these may be in any order. */
function without(ranges: readonly FlatRange[], taken: readonly FlatRange[]): FlatRange[] {
  let left = ranges;
  for (const { offset, size } of taken)
    left = left.flatMap((range) => {
      const end = range.offset + range.size;
      const before = Math.min(end, Math.max(range.offset, offset));
      const after = Math.max(range.offset, Math.min(end, offset + size));
      if (before >= after) return [range];
      return [
        { offset: range.offset, size: before - range.offset },
        { offset: after, size: end - after },
      ];
    });
  return left.filter(({ size }) => size > 0);
}

/** Ascending, without empty ones, neighbours as one. */
function joined(ranges: readonly FlatRange[]): FlatRange[] {
  const out: { offset: number; size: number }[] = [];
  for (const { offset, size } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = out.at(-1);
    if (size === 0) continue;
    if (last !== undefined && last.offset + last.size === offset) last.size += size;
    else out.push({ offset, size });
  }
  return out;
}

function checkCover(parts: readonly (readonly FlatRange[])[], total: number): void {
  const all = parts
    .flatMap((ranges, p) => ranges.map((range) => ({ ...range, p })))
    .filter(({ size }) => size > 0)
    .sort((a, b) => a.offset - b.offset);
  let end = 0;
  let owner = -1;
  for (const { offset, size, p } of [...all, { offset: total, size: 0, p: -1 }]) {
    if (offset < end)
      throw new ConfigError(
        p < 0
          ? `parts[${owner}] ends at ${end}, expected at most ${total}, the parameters`
          : `element ${offset} is in parts[${owner}] and in parts[${p}], expected one of them`,
      );
    if (offset > end)
      throw new ConfigError(`elements ${end}..${offset - 1} are in no part, expected each in one`);
    end = offset + size;
    owner = p;
  }
}
