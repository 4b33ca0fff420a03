/**
 * The tick shown at a moment: the last one at or before it; the first one before the first.
 *
 * @param times (n) ascending [s]
 * @returns -1 where there are no ticks
 */
export function tickAt(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time + 1e-9) low = middle + 1;
    else high = middle;
  }
  return Math.min(Math.max(low - 1, 0), times.length - 1);
}
