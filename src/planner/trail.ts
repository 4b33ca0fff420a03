/** Where a robot has been lately, without the loops and dead ends that it came back from. */
export type Trail = {
  add(x: number, y: number): void;
  /**
   * The way back over at most `length` metres, newest point first.
   *
   * @returns (n, 2), or undefined where the robot has hardly moved yet
   */
  back(length: number): Float64Array | undefined;
};

/** Points lie this far apart, and no more than this many are kept. [m] */
const SPACING = 0.05;
const CAPACITY = 100;
/** Coming this near to a point more than so many points ago closes a loop. [m] */
const CLOSED = 0.1;
const RECENT = 6;
/** A shorter way back leads nowhere. [m] */
const SHORTEST = 0.3;

/** Creates an empty trail. */
export function createTrail(): Trail {
  const points: { readonly x: number; readonly y: number }[] = [];
  return {
    add(x, y) {
      const last = points[points.length - 1];
      if (last !== undefined && Math.hypot(x - last.x, y - last.y) < SPACING) return;
      for (let k = 0; k < points.length - RECENT; k++) {
        if (Math.hypot(x - points[k].x, y - points[k].y) > CLOSED) continue;
        points.length = k + 1;
        return;
      }
      points.push({ x, y });
      if (points.length > CAPACITY) points.shift();
    },
    back(length) {
      const way: number[] = [];
      let driven = 0;
      for (let k = points.length - 1; k >= 0 && driven <= length; k--) {
        const { x, y } = points[k];
        if (k > 0) driven += Math.hypot(points[k - 1].x - x, points[k - 1].y - y);
        way.push(x, y);
      }
      return driven < SHORTEST ? undefined : Float64Array.from(way);
    },
  };
}
