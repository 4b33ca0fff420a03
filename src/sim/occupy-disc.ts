import { cellCenter, type OccupancyGrid } from "./grid.ts";

/**
 * A copy of a grid with an obstacle in it: the cells whose centres lie within `radius` of a point, and at
 * least the one nearest to it.
 *
 * @param x [m] map frame
 * @param radius [m]
 */
export function occupyDisc(grid: OccupancyGrid, x: number, y: number, radius: number): OccupancyGrid {
  const cells = grid.cells.slice();
  const center = new Float64Array(2);
  const reach = Math.max(radius, 0.75 * grid.resolution);
  for (let j = 0; j < grid.height; j++) {
    for (let i = 0; i < grid.width; i++) {
      cellCenter(grid, i, j, center);
      if (Math.hypot(center[0] - x, center[1] - y) <= reach) cells[j * grid.width + i] = 100;
    }
  }
  return { ...grid, cells };
}
