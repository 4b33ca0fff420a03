import type { Vec } from "../ocp/index.ts";

/** A run of neighbouring returns: its first beam and how many they are. */
export type Piece = { readonly first: number; readonly count: number };

/**
 * Cuts a run of neighbouring returns where it is dented, so that each piece may be the near side of a convex body: two
 * people side by side are two, as is somebody beside a wall. A return is in a dent where it lies further than `dent` behind
 * the convex hull of the run, as the sensor sees that; the deepest is cut at first, on the side of the larger jump.
 *
 * @param angles directions of the beams [rad] @param ranges all seen [m]; `run` may go over the end into the beginning
 * @param dent [m] @param fewest a run of fewer than two such pieces is left alone
 */
export function convexPieces(angles: Vec, ranges: Vec, run: Piece, dent: number, fewest: number): Piece[] {
  const { first, count } = run;
  if (count < 2 * fewest) return [run];
  const n = Math.min(angles.length, ranges.length);
  const at = (k: number): number => (first + k) % n;
  const px = (k: number): number => ranges[at(k)] * Math.cos(angles[at(k)]);
  const py = (k: number): number => ranges[at(k)] * Math.sin(angles[at(k)]);
  /** How far b lies beyond the line from a to c, seen from the sensor, times that line's length. */
  const beyond = (a: number, b: number, c: number): number =>
    (px(b) - px(a)) * (py(c) - py(a)) - (py(b) - py(a)) * (px(c) - px(a));
  const hull: number[] = [];
  for (let k = 0; k < count; k++) {
    while (hull.length > 1 && beyond(hull[hull.length - 2], hull[hull.length - 1], k) >= 0) hull.pop();
    hull.push(k);
  }
  let deepest = 0;
  let depth = dent;
  for (let h = 0; h + 1 < hull.length; h++) {
    const [a, c] = [hull[h], hull[h + 1]];
    const length = Math.hypot(px(c) - px(a), py(c) - py(a));
    for (let b = a + 1; b < c; b++) {
      const d = beyond(a, b, c) / length;
      if (d > depth) [deepest, depth] = [b, d];
    }
  }
  if (deepest === 0) return [run];
  const jump = (k: number): number => Math.abs(ranges[at(k)] - ranges[at(k - 1)]);
  const cut = jump(deepest) > jump(deepest + 1) ? deepest : deepest + 1;
  const right = { first, count: cut };
  const left = { first: first + cut, count: count - cut };
  return [right, left].flatMap((piece) => convexPieces(angles, ranges, piece, dent, fewest));
}
