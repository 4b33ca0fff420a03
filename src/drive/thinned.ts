/** Values of a run of any length in bounded memory. */
export type Thinned<T> = {
  add(value: T): void;
  /** All of them up to a capacity; of a longer run every second one, then every fourth, and so on. */
  readonly values: readonly T[];
};

/** @param capacity kept at most */
export function createThinned<T>(capacity = 5000): Thinned<T> {
  let values: T[] = [];
  let stride = 1;
  let count = 0;
  return {
    add(value) {
      if (count++ % stride !== 0) return;
      values.push(value);
      if (values.length < capacity) return;
      values = values.filter((_, i) => i % 2 === 0);
      stride *= 2;
    },
    get values() {
      return values;
    },
  };
}
