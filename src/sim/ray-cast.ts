import { OCCUPIED, type OccupancyGrid } from "./grid.ts";

/**
 * Distance along a ray to the first occupied cell, exact (every cell the ray enters is looked at, in
 * order). Unknown cells and the outside of the grid are transparent; a ray may start outside.
 *
 * @param x, y start, map frame [m]
 * @param angle direction, map frame [rad]
 * @param range looked no further than this [m]
 * @returns [m]; 0 from inside an occupied cell, Infinity where there is none within range
 * Source: Amanatides and Woo, A Fast Voxel Traversal Algorithm for Ray Tracing, Eurographics 1987.
 */
export function castRay(grid: OccupancyGrid, x: number, y: number, angle: number, range: number): number {
  const { origin, resolution } = grid;
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  const dx = (x - origin.x) / resolution;
  const dy = (y - origin.y) / resolution;
  const phi = angle - origin.yaw;
  return (
    resolution *
    castInCells(grid, c * dx + s * dy, c * dy - s * dx, Math.cos(phi), Math.sin(phi), range / resolution)
  );
}

/**
 * {@link castRay} in cell coordinates: start (u, v), unit direction (du, dv), lengths in cells.
 */
export function castInCells(
  grid: OccupancyGrid,
  u: number,
  v: number,
  du: number,
  dv: number,
  limit: number,
): number {
  const { cells, width, height } = grid;
  let t = 0;
  let i = Math.floor(u);
  let j = Math.floor(v);
  if (!(i >= 0 && i < width && j >= 0 && j < height)) {
    // start outside: go to where the ray enters the grid
    t = entry(u, v, du, dv, width, height);
    if (!(t <= limit)) return Number.POSITIVE_INFINITY;
    i = Math.min(width - 1, Math.max(0, Math.floor(u + t * du)));
    j = Math.min(height - 1, Math.max(0, Math.floor(v + t * dv)));
  }
  const stepI = du > 0 ? 1 : -1;
  const stepJ = dv > 0 ? 1 : -1;
  const deltaI = du === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(du);
  const deltaJ = dv === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(dv);
  // Where the ray leaves the current cell along each axis.
  let nextI = du === 0 ? Number.POSITIVE_INFINITY : (i + (du > 0 ? 1 : 0) - u) / du;
  let nextJ = dv === 0 ? Number.POSITIVE_INFINITY : (j + (dv > 0 ? 1 : 0) - v) / dv;
  let cell = j * width + i;
  while (t <= limit) {
    if (cells[cell] >= OCCUPIED) return t;
    if (nextI < nextJ) {
      t = nextI;
      nextI += deltaI;
      i += stepI;
      if (i < 0 || i >= width) break;
      cell += stepI;
    } else {
      t = nextJ;
      nextJ += deltaJ;
      j += stepJ;
      if (j < 0 || j >= height) break;
      cell += stepJ * width;
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** Ray parameter at which the rectangle [0, width] x [0, height] is entered, Infinity if it is missed. */
function entry(u: number, v: number, du: number, dv: number, width: number, height: number): number {
  let from = 0;
  let to = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < 2; axis++) {
    const start = axis === 0 ? u : v;
    const slope = axis === 0 ? du : dv;
    const size = axis === 0 ? width : height;
    if (slope === 0) {
      if (!(start >= 0 && start <= size)) return Number.POSITIVE_INFINITY;
      continue;
    }
    const a = -start / slope;
    const b = (size - start) / slope;
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  return from <= to ? from : Number.POSITIVE_INFINITY;
}
