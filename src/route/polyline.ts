import type { Vec } from "../ocp/index.ts";

/** A growing list of points of the plane; the memory is kept when it is cleared. */
export type Polyline = {
  /** Number of points. */ n: number;
  /** (n, 2) */ points: Vec;
};

export function createPolyline(capacity = 256): Polyline {
  return { n: 0, points: new Float64Array(2 * capacity) };
}

/** Appends a point. */
export function addPoint(line: Polyline, u: number, v: number): void {
  if (2 * line.n === line.points.length) {
    const points = new Float64Array(2 * line.points.length);
    points.set(line.points);
    line.points = points;
  }
  line.points[2 * line.n] = u;
  line.points[2 * line.n + 1] = v;
  line.n++;
}

/** Reverses the order of the points from `first` on. */
export function reversePoints(line: Polyline, first: number): void {
  const p = line.points;
  for (let a = first, b = line.n - 1; a < b; a++, b--) {
    const [u, v] = [p[2 * a], p[2 * a + 1]];
    p[2 * a] = p[2 * b];
    p[2 * a + 1] = p[2 * b + 1];
    p[2 * b] = u;
    p[2 * b + 1] = v;
  }
}

/** Overwrites a list with the points of another. */
export function copyLine(from: Polyline, to: Polyline): void {
  to.n = 0;
  for (let k = 0; k < from.n; k++) addPoint(to, from.points[2 * k], from.points[2 * k + 1]);
}
