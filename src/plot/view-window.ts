import { type OccupancyGrid, worldToCell } from "../sim/index.ts";

/** A rectangle of the map frame. [m] */
export type MapBounds = {
  readonly xMin: number;
  readonly yMin: number;
  readonly xMax: number;
  readonly yMax: number;
};

/** The smallest rectangle around points (x, y); points that are not finite are passed over. [m] */
export function boundsOf(points: Iterable<readonly [number, number]>): MapBounds | undefined {
  let bounds: MapBounds | undefined;
  for (const [x, y] of points) {
    if (!Number.isFinite(x + y)) continue;
    bounds ??= { xMin: x, yMin: y, xMax: x, yMax: y };
    bounds = {
      xMin: Math.min(bounds.xMin, x),
      yMin: Math.min(bounds.yMin, y),
      xMax: Math.max(bounds.xMax, x),
      yMax: Math.max(bounds.yMax, y),
    };
  }
  return bounds;
}

/** The rectangle around a whole grid, which may be turned. [m] */
function gridBounds({ origin, width, height, resolution }: OccupancyGrid): MapBounds {
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ].map(([i, j]): [number, number] => [
    origin.x + resolution * (c * i - s * j),
    origin.y + resolution * (s * i + c * j),
  ]);
  return boundsOf(corners)!;
}

/**
 * What of a map to show: the surroundings of a run, or the whole map where that is not much more.
 *
 * @param margin shown around the run [m]
 */
export function chooseWindow(grid: OccupancyGrid, run: MapBounds, margin: number): MapBounds {
  const whole = gridBounds(grid);
  const near: MapBounds = {
    xMin: Math.max(whole.xMin, run.xMin - margin),
    yMin: Math.max(whole.yMin, run.yMin - margin),
    xMax: Math.min(whole.xMax, run.xMax + margin),
    yMax: Math.min(whole.yMax, run.yMax + margin),
  };
  const inside = near.xMin < near.xMax && near.yMin < near.yMax;
  if (!inside) return whole;
  const share = (b: MapBounds): number => (b.xMax - b.xMin) * (b.yMax - b.yMin);
  return share(near) > 0.45 * share(whole) ? whole : near;
}

/** Columns and rows of a grid that a window shows: first, and one past the last. */
export function cellsInWindow(
  grid: OccupancyGrid,
  window: MapBounds,
): { readonly i0: number; readonly i1: number; readonly j0: number; readonly j1: number } {
  const cells = boundsOf(
    [
      [window.xMin, window.yMin],
      [window.xMax, window.yMin],
      [window.xMin, window.yMax],
      [window.xMax, window.yMax],
    ].map(([x, y]): [number, number] => {
      const cell = worldToCell(grid, x, y);
      return [cell[0], cell[1]];
    }),
  )!;
  const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  return {
    i0: clamp(Math.floor(cells.xMin), grid.width),
    i1: clamp(Math.ceil(cells.xMax), grid.width),
    j0: clamp(Math.floor(cells.yMin), grid.height),
    j1: clamp(Math.ceil(cells.yMax), grid.height),
  };
}
