import { OCCUPIED, type OccupancyGrid } from "../../../src/sim/index.ts";

/**
 * What a range sensor hit, as far as a local grid tells: occupied cells beside a free one.
 *
 * @param out (n, 2) centres in the map frame, less the origin [m]; what does not fit is left out
 * @returns number of hits in the grid, also of those that do not fit
 */
export function findHits(grid: OccupancyGrid, out: Float32Array, originX = 0, originY = 0): number {
  const { cells, width, height, resolution, origin } = grid;
  const c = Math.cos(origin.yaw) * resolution;
  const s = Math.sin(origin.yaw) * resolution;
  const free = (i: number, j: number): boolean => {
    if (i < 0 || j < 0 || i >= width || j >= height) return false;
    const value = cells[j * width + i];
    return value >= 0 && value < OCCUPIED;
  };
  let count = 0;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (cells[j * width + i] < OCCUPIED) continue;
      if (!(free(i - 1, j) || free(i + 1, j) || free(i, j - 1) || free(i, j + 1))) continue;
      if (2 * count + 1 < out.length) {
        out[2 * count] = origin.x - originX + c * (i + 0.5) - s * (j + 0.5);
        out[2 * count + 1] = origin.y - originY + s * (i + 0.5) + c * (j + 0.5);
      }
      count++;
    }
  }
  return count;
}
