import type { Scene } from "../../src/planner/index.ts";
import { createGrid, initialState, type OccupancyGrid, type Pose, type Robot } from "../../src/sim/index.ts";

/** An empty room of `width` x `height` metres with walls one cell thick around it, its corner at the origin. */
export function room(width: number, height: number, resolution = 0.05): OccupancyGrid {
  const grid = createGrid(Math.round(width / resolution), Math.round(height / resolution), resolution);
  fill(grid, 0, 0, width, resolution);
  fill(grid, 0, height - resolution, width, height);
  fill(grid, 0, 0, resolution, height);
  fill(grid, width - resolution, 0, width, height);
  return grid;
}

/** Sets the cells whose centres lie in a rectangle, map frame [m]. */
export function fill(grid: OccupancyGrid, x0: number, y0: number, x1: number, y1: number, value = 100): void {
  const { width, height, resolution, origin } = grid;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const x = origin.x + (i + 0.5) * resolution;
      const y = origin.y + (j + 0.5) * resolution;
      if (x >= x0 && x <= x1 && y >= y0 && y <= y1) grid.cells[j * width + i] = value;
    }
  }
}

/** Points `spacing` apart along a polyline. */
export function along(points: readonly (readonly [number, number])[], spacing = 0.05): Float64Array {
  const out: number[] = [...points[0]];
  for (let k = 0; k + 1 < points.length; k++) {
    const [ax, ay] = points[k];
    const [bx, by] = points[k + 1];
    const pieces = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / spacing));
    for (let n = 1; n <= pieces; n++) out.push(ax + (n / pieces) * (bx - ax), ay + (n / pieces) * (by - ay));
  }
  return Float64Array.from(out);
}

/** A scene at rest. */
export function sceneAt(
  robot: Robot,
  grid: OccupancyGrid,
  pose: Pose,
  path: Float64Array,
  change: Partial<Scene> = {},
): Scene {
  const n = path.length;
  const yaw = n > 2 ? Math.atan2(path[n - 1] - path[n - 3], path[n - 2] - path[n - 4]) : undefined;
  return {
    time: 0,
    x: initialState(robot, pose),
    goal: { x: path[n - 2], y: path[n - 1], yaw },
    final: true,
    grid,
    path,
    ...change,
  };
}
