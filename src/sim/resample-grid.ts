import { OCCUPIED, type OccupancyGrid, UNKNOWN } from "./grid.ts";

/** Overlaps narrower than this share of a source cell are rounding, not overlap. */
const SLIVER = 1e-6;

/**
 * Fills one grid from another, on the safe side: a cell becomes 100 where any occupied cell overlaps it,
 * else -1 where any part of it is unknown or outside, else 0. Where cells coincide this is a copy.
 *
 * @param source any resolution and yaw; a rotated source is looked at in each cell's bounding box
 * @param target its cells are overwritten; yaw 0
 */
export function resampleGrid(source: OccupancyGrid, target: OccupancyGrid): void {
  const { origin, resolution, cells, width, height } = source;
  const scale = target.resolution / resolution;
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  const half = 0.5 * scale * (Math.abs(c) + Math.abs(s)) - SLIVER;
  for (let j = 0; j < target.height; j++) {
    const dy = (target.origin.y - origin.y) / resolution + (j + 0.5) * scale;
    for (let i = 0; i < target.width; i++) {
      const dx = (target.origin.x - origin.x) / resolution + (i + 0.5) * scale;
      const u = c * dx + s * dy;
      const v = c * dy - s * dx;
      const i0 = Math.floor(u - half);
      const i1 = Math.floor(u + half);
      const j0 = Math.floor(v - half);
      const j1 = Math.floor(v + half);
      let value = i0 < 0 || j0 < 0 || i1 >= width || j1 >= height ? UNKNOWN : 0;
      const right = Math.min(i1, width - 1);
      const top = Math.min(j1, height - 1);
      for (let q = Math.max(j0, 0); q <= top && value !== 100; q++) {
        for (let p = Math.max(i0, 0); p <= right; p++) {
          const seen = cells[q * width + p];
          if (seen >= OCCUPIED) {
            value = 100;
            break;
          }
          if (seen < 0) value = UNKNOWN;
        }
      }
      target.cells[j * target.width + i] = value;
    }
  }
}
