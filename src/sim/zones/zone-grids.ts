import { createGrid, type OccupancyGrid } from "../grid.ts";
import type { Robot } from "../robot.ts";
import { topSpeed } from "../robot-state.ts";
import { type FilterMask, KEPT_OUT, speedLimits } from "./filter-mask.ts";

/** The masks of a run's zones. */
export type ZoneMasks = { readonly keepout?: FilterMask; readonly speedZones?: FilterMask };

/** A keepout mask to look at: 100 where nobody may go, 0 elsewhere; in the mask's resolution and place. */
export function keepoutGrid({ grid }: FilterMask): OccupancyGrid {
  return mapCells(grid, (value) => (value >= KEPT_OUT ? 100 : 0));
}

/**
 * A speed mask to look at: by how many percent of its largest speed a robot has to be slower, from 1 to 99, and 0 where it
 * need not; in the mask's resolution and place.
 *
 * @throws FormatError as `speedLimits`
 */
export function slowedGrid(mask: FilterMask, robot: Robot, name = "the speed mask"): OccupancyGrid {
  const top = topSpeed(robot);
  const limits = speedLimits(mask, top, name);
  return mapCells(mask.grid, (value) => {
    const limit = limits.get(value);
    return limit === undefined ? 0 : Math.min(Math.max(Math.round(100 * (1 - limit / top)), 1), 99);
  });
}

function mapCells(grid: OccupancyGrid, of: (value: number) => number): OccupancyGrid {
  const { width, height, resolution, origin, cells } = grid;
  const out = createGrid(width, height, resolution, origin, 0);
  for (let c = 0; c < cells.length; c++) out.cells[c] = of(cells[c]);
  return out;
}
