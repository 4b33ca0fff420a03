import type { OccupancyGrid } from "../grid.ts";
import type { Point } from "./layout.ts";

/** Value of an obstacle's cells in generated worlds. */
export const WALL = 100;
/** Value of driveable cells in generated worlds. */
export const FREE = 0;

/**
 * Sets the cells whose centre lies in a disc, and the cell that contains the disc's centre: a thin
 * post leaves a mark.
 *
 * @param x centre, in a grid with origin 0 [m]
 * @param y centre [m]
 */
export function paintDisc(grid: OccupancyGrid, x: number, y: number, radius: number, value: number): void {
  const { width, height, resolution, cells } = grid;
  const ci = Math.floor(x / resolution);
  const cj = Math.floor(y / resolution);
  const reach = Math.ceil(radius / resolution) + 1;
  for (let j = Math.max(0, cj - reach); j <= Math.min(height - 1, cj + reach); j++) {
    for (let i = Math.max(0, ci - reach); i <= Math.min(width - 1, ci + reach); i++) {
      const dx = (i + 0.5) * resolution - x;
      const dy = (j + 0.5) * resolution - y;
      if ((i === ci && j === cj) || dx * dx + dy * dy <= radius * radius) cells[j * width + i] = value;
    }
  }
}

/**
 * Sets the cells whose centre lies in a rotated box. A box thinner than the diagonal of a cell is
 * painted that thick, so that no wall has holes.
 *
 * @param halfX half the extent along the box's own x axis [m]
 * @param halfY half the extent along its y axis [m]
 * @param yaw direction of its x axis [rad]
 */
export function paintBox(
  grid: OccupancyGrid,
  x: number,
  y: number,
  halfX: number,
  halfY: number,
  yaw: number,
  value: number,
): void {
  const { width, height, resolution, cells } = grid;
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  const thin = yaw === 0 ? 0.5 : Math.SQRT1_2;
  // Edges that fall on a cell's centre belong to the box whatever the rounding.
  const hx = Math.max(halfX, thin * resolution) + 1e-9;
  const hy = Math.max(halfY, thin * resolution) + 1e-9;
  const reach = Math.hypot(hx, hy);
  const iLast = Math.min(width - 1, Math.floor((x + reach) / resolution));
  const jLast = Math.min(height - 1, Math.floor((y + reach) / resolution));
  for (let j = Math.max(0, Math.floor((y - reach) / resolution)); j <= jLast; j++) {
    for (let i = Math.max(0, Math.floor((x - reach) / resolution)); i <= iLast; i++) {
      const dx = (i + 0.5) * resolution - x;
      const dy = (j + 0.5) * resolution - y;
      if (Math.abs(c * dx + s * dy) <= hx && Math.abs(c * dy - s * dx) <= hy) cells[j * width + i] = value;
    }
  }
}

/** {@link paintBox} by its corners, axis-aligned. [m] */
export function paintRect(
  grid: OccupancyGrid,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  value: number,
): void {
  paintBox(grid, (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2, 0, value);
}

/** Closes the grid with a wall of whole cells along its four sides. [m] */
export function paintBorder(grid: OccupancyGrid, thickness: number): void {
  const { width, height, resolution, cells } = grid;
  const n = Math.max(1, Math.round(thickness / resolution));
  for (let j = 0; j < height; j++) {
    const inner = j >= n && j < height - n;
    for (let i = 0; i < width; i++) {
      if (!inner || i < n || i >= width - n) cells[j * width + i] = WALL;
    }
  }
}

/** An obstacle: a disc, or a box at an angle. [m, rad] */
export type SolidObstacle =
  | { readonly shape: "disc"; readonly x: number; readonly y: number; readonly radius: number }
  | {
      readonly shape: "box";
      readonly x: number;
      readonly y: number;
      readonly halfX: number;
      readonly halfY: number;
      readonly yaw: number;
    };

/** Paints obstacles as walls. */
export function paintSolids(grid: OccupancyGrid, solids: readonly SolidObstacle[]): void {
  for (const s of solids) {
    if (s.shape === "disc") paintDisc(grid, s.x, s.y, s.radius, WALL);
    else paintBox(grid, s.x, s.y, s.halfX, s.halfY, s.yaw, WALL);
  }
}

/** Distance from a point to the nearest of some obstacles, 0 inside one. [m] */
export function distanceToSolids(solids: readonly SolidObstacle[], p: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const s of solids) nearest = Math.min(nearest, distanceToSolid(s, p));
  return nearest;
}

function distanceToSolid(s: SolidObstacle, p: Point): number {
  const dx = p.x - s.x;
  const dy = p.y - s.y;
  if (s.shape === "disc") return Math.max(0, Math.hypot(dx, dy) - s.radius);
  const c = Math.cos(s.yaw);
  const t = Math.sin(s.yaw);
  const ax = Math.max(0, Math.abs(c * dx + t * dy) - s.halfX);
  const ay = Math.max(0, Math.abs(c * dy - t * dx) - s.halfY);
  return Math.hypot(ax, ay);
}
