import type { OccupancyGrid } from "../grid.ts";
import type { Point } from "./layout.ts";
import { paintBox, paintDisc, WALL } from "./paint.ts";

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
