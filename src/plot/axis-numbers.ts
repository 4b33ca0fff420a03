/** Least and largest; never the same. */
export function rangeOf(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** A range with a twentieth more at both ends. */
export function padRange([low, high]: readonly [number, number]): [number, number] {
  const more = 0.05 * (high - low);
  return [low - more, high + more];
}

/** Round numbers from low to high, about `count` of them. */
export function roundNumbers(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= raw) ?? 10);
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

/** 1, 2 and 5 times powers of ten between two logarithms; other round numbers where these are too few to read by. */
export function roundDecades([low, high]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (let e = Math.floor(low); e <= high; e++) {
    for (const m of high - low > 3 ? [1] : [1, 2, 5]) {
      const value = m * 10 ** e;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found.length >= 2 ? found : roundNumbers(10 ** low, 10 ** high, 4);
}

/** A number as an axis has it: three digits, thousands as k, millions as M. */
export function axisNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}
