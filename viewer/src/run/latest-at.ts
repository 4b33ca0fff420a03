/**
 * Index of the last element at or before a place; -1 where there is none.
 *
 * @param items ascending by their key
 * @param slack how much later still counts: times are rounded to nanoseconds in a file
 */
export function latestAt<T>(
  items: ArrayLike<T>,
  at: number,
  keyOf: (item: T) => number,
  slack = 1e-6,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(items[middle]) <= at + slack) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
