/** Slow to fast on a light ground: apricot, magenta, indigo, as in the pictures of `record`. */
const ON_LIGHT: readonly (readonly [number, number, number])[] = [
  [246, 164, 60],
  [224, 95, 86],
  [172, 40, 124],
  [60, 15, 150],
];
/** Slow to fast on a dark ground: violet, rose, orange, yellow. */
const ON_DARK: typeof ON_LIGHT = [
  [126, 87, 216],
  [222, 92, 154],
  [250, 158, 84],
  [252, 232, 116],
];

/**
 * Colour of a speed as a share of the fastest; also told apart without red and green.
 *
 * @param share 0 .. 1; beyond is cut, NaN is slow
 * @param out (3) bytes from `at` on
 */
export function trailColour(share: number, dark: boolean, out: Uint8Array, at = 0): void {
  const stops = dark ? ON_DARK : ON_LIGHT;
  const position = (share > 0 ? Math.min(share, 1) : 0) * (stops.length - 1);
  const k = Math.min(Math.floor(position), stops.length - 2);
  for (let c = 0; c < 3; c++) {
    out[at + c] = Math.round(stops[k][c] + (position - k) * (stops[k + 1][c] - stops[k][c]));
  }
}

/**
 * Speed on the way to each place of a trail. [m/s]
 *
 * @param trail (n, 3) x, y, yaw [m, m, rad]
 * @param times (n) [s]
 * @returns (n) the first is 0; NaN where a place is missing, or reached faster than `possible`: a jump
 */
export function trailSpeeds(
  trail: Float64Array,
  times: Float64Array,
  possible = Number.POSITIVE_INFINITY,
): Float64Array {
  const n = Math.min(Math.floor(trail.length / 3), times.length);
  const speeds = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    const length = Math.hypot(trail[3 * i] - trail[3 * i - 3], trail[3 * i + 1] - trail[3 * i - 2]);
    const dt = times[i] - times[i - 1];
    const speed = dt > 0 ? length / dt : length === 0 ? 0 : Number.NaN;
    speeds[i] = speed <= possible ? speed : Number.NaN;
  }
  return speeds;
}
