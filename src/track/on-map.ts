import { OCCUPIED, type OccupancyGrid, worldToCell } from "../sim/index.ts";

/** A return this near to an obstacle of the map is of it: poses and maps are off by some centimetres. [m] */
const NEAR = 0.15;

/** Tells whether a place is, or is next to, an obstacle of a map. @param map read whenever it is asked */
export function onMap(map: OccupancyGrid, near = NEAR): (x: number, y: number) => boolean {
  const { width, height, cells, resolution } = map;
  const reach = near / resolution + 0.5; // to the middle of a cell whose edge is near
  const place = new Float64Array(2);
  return (x, y) => {
    worldToCell(map, x, y, place);
    const [u, v] = [place[0] - 0.5, place[1] - 0.5];
    for (let j = Math.max(0, Math.ceil(v - reach)); j <= Math.min(height - 1, v + reach); j++)
      for (let i = Math.max(0, Math.ceil(u - reach)); i <= Math.min(width - 1, u + reach); i++)
        if (cells[j * width + i] >= OCCUPIED && Math.hypot(i - u, j - v) <= reach) return true;
    return false;
  };
}
