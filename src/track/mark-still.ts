import type { LocalGrid } from "../sim/index.ts";
import type { TrackedScan } from "./mover-tracker.ts";

/** Marks in a grid what stands, of a scan in which movers were tracked; where they have been seen before is forgotten. */
export function markStill(local: LocalGrid, { still, left }: TrackedScan): void {
  for (const { x, y, radius } of left) local.forget(x, y, radius);
  local.integrate(still);
}
