/** Slow to fast: apricot, magenta, indigo; told apart also without red and green, and dark on white. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [246, 164, 60],
  [224, 95, 86],
  [172, 40, 124],
  [60, 15, 150],
];

/** Number of shades a trail is drawn in. */
export const SPEED_SHADES = 12;

/** Colour of a speed as a share of the fastest, 0 .. 1, as `#rrggbb`. */
export function speedColour(share: number): string {
  const clamped = Math.min(1, Math.max(0, share));
  const at = Math.min(clamped * (STOPS.length - 1), STOPS.length - 1 - 1e-9);
  const i = Math.floor(at);
  const mix = STOPS[i].map((low, c) => Math.round(low + (at - i) * (STOPS[i + 1][c] - low)));
  return `#${mix.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}
