/** A place on a polyline and how far it is. */
export type Nearest = {
  /** Vertex at or before the place. */ readonly index: number;
  /** Share of the way to the next vertex, 0 .. 1. */ readonly share: number;
  /** [m] */ readonly distance: number;
};

/**
 * The place on a polyline that is nearest to a point; vertices that are not finite break the line.
 *
 * @param points (n, stride) x and y first [m]
 * @param count vertices to look at; all by default
 * @returns undefined where there is no finite vertex
 */
export function nearestOnLine(
  points: Float64Array,
  stride: number,
  x: number,
  y: number,
  count = Math.floor(points.length / stride),
): Nearest | undefined {
  let best = Number.POSITIVE_INFINITY;
  let index = -1;
  let share = 0;
  for (let k = 0; k < count; k++) {
    const ax = points[k * stride] - x;
    const ay = points[k * stride + 1] - y;
    if (!Number.isFinite(ax + ay)) continue;
    let t = 0;
    if (k + 1 < count) {
      const ex = points[(k + 1) * stride] - points[k * stride];
      const ey = points[(k + 1) * stride + 1] - points[k * stride + 1];
      const squared = ex * ex + ey * ey;
      if (Number.isFinite(squared) && squared > 0)
        t = Math.min(1, Math.max(0, -(ax * ex + ay * ey) / squared));
      if (t > 0) {
        const d = Math.hypot(ax + t * ex, ay + t * ey);
        if (d < best) {
          best = d;
          index = k;
          share = t;
        }
        continue;
      }
    }
    const d = Math.hypot(ax, ay);
    if (d < best) {
      best = d;
      index = k;
      share = 0;
    }
  }
  return index < 0 ? undefined : { index, share, distance: best };
}

/** Whether a convex polygon's inside or edge holds a point. (n, 2) corners, counter-clockwise. */
export function insideConvex(corners: Float64Array, x: number, y: number): boolean {
  const m = corners.length;
  for (let i = 0; i < m; i += 2) {
    const ex = corners[(i + 2) % m] - corners[i];
    const ey = corners[(i + 3) % m] - corners[i + 1];
    if (ex * (y - corners[i + 1]) - ey * (x - corners[i]) < 0) return false;
  }
  return true;
}
