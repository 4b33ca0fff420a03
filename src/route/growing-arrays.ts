type Numbers = Float64Array | Float32Array | Int32Array | Int8Array;

/** The same numbers in twice the memory. */
export function doubled<T extends Numbers>(numbers: T): T {
  const Kind = numbers.constructor as new (length: number) => T;
  const out = new Kind(2 * numbers.length);
  out.set(numbers);
  return out;
}
