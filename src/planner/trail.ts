/** Where a robot has been lately, oldest first, without the loops and dead ends that it came back from. [m] */
export type Trail = readonly (readonly [number, number])[];

/** Points lie this far apart, and no more than this many are kept. [m] */
const SPACING = 0.05;
const CAPACITY = 100;
/** Coming this near to a point more than so many points ago closes a loop. [m] */
const CLOSED = 0.1;
const RECENT = 6;
/** A shorter way back leads nowhere. [m] */
const SHORTEST = 0.3;

/** The trail of a robot that has come to (x, y). */
export function extendTrail(trail: Trail, x: number, y: number): Trail {
  const distance = ([px, py]: Trail[number]): number => Math.hypot(x - px, y - py);
  const last = trail.at(-1);
  if (last !== undefined && distance(last) < SPACING) return trail;
  const closed = trail.findIndex((point, k) => k < trail.length - RECENT && distance(point) <= CLOSED);
  if (closed >= 0) return trail.slice(0, closed + 1);
  return [...trail.slice(-(CAPACITY - 1)), [x, y]];
}

/**
 * The way back along a trail over at most `length` metres, newest point first.
 *
 * @returns (n, 2), or undefined where the robot has hardly moved yet
 */
export function wayBack(trail: Trail, length: number): Float64Array | undefined {
  const way: number[] = [];
  let driven = 0;
  for (let k = trail.length - 1; k >= 0 && driven <= length; k--) {
    const [x, y] = trail[k];
    if (k > 0) driven += Math.hypot(trail[k - 1][0] - x, trail[k - 1][1] - y);
    way.push(x, y);
  }
  return driven < SHORTEST ? undefined : Float64Array.from(way);
}
