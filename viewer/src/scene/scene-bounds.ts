import type { OccupancyGrid } from "../../../src/sim/index.ts";
import type { Run } from "../contracts.ts";
import type { SceneBounds } from "./cameras.ts";
import type { ShownRun } from "./layer.ts";

/** A place near the run, so that float32 is exact to a micrometre around it; zero where that is near already. */
export function originOf(run: Run): { x: number; y: number } {
  const trail = run.trail();
  const frame = run.map(0)?.grid.origin;
  const x = frame?.x ?? trail[0] ?? 0;
  const y = frame?.y ?? trail[1] ?? 0;
  return Math.hypot(x, y) > 500 ? { x: Math.round(x), y: Math.round(y) } : { x: 0, y: 0 };
}

/** What there is to see: the map, else the trail. */
export function boundsOf(
  views: readonly ShownRun[],
  origin: { readonly x: number; readonly y: number },
): SceneBounds | undefined {
  const bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  const add = (x: number, y: number): void => {
    if (!Number.isFinite(x + y)) return;
    bounds.x0 = Math.min(bounds.x0, x - origin.x);
    bounds.y0 = Math.min(bounds.y0, y - origin.y);
    bounds.x1 = Math.max(bounds.x1, x - origin.x);
    bounds.y1 = Math.max(bounds.y1, y - origin.y);
  };
  for (const { map, run } of views) {
    if (map !== undefined) {
      const { origin: o, width, height, resolution } = map.grid;
      const c = Math.cos(o.yaw) * resolution;
      const s = Math.sin(o.yaw) * resolution;
      for (const [i, j] of [
        [0, 0],
        [width, 0],
        [0, height],
        [width, height],
      ])
        add(o.x + c * i - s * j, o.y + s * i + c * j);
    } else {
      const trail = run.trail();
      for (let i = 0; i < trail.length; i += 3) {
        add(trail[i] - 2, trail[i + 1] - 2);
        add(trail[i] + 2, trail[i + 1] + 2);
      }
    }
  }
  return bounds.x0 <= bounds.x1 ? bounds : undefined;
}

const compared = new WeakMap<OccupancyGrid, { with: OccupancyGrid; differ: boolean }>();

/** Whether two maps are not the same; looked at once per pair. */
export function differ(a: OccupancyGrid, b: OccupancyGrid): boolean {
  const known = compared.get(a);
  if (known?.with === b) return known.differ;
  const same =
    a.width === b.width &&
    a.height === b.height &&
    a.resolution === b.resolution &&
    a.origin.x === b.origin.x &&
    a.origin.y === b.origin.y &&
    a.cells.every((value, c) => value === b.cells[c]);
  compared.set(a, { with: b, differ: !same });
  return !same;
}
