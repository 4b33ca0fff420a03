import { computeDistanceField, type DistanceField, type OccupancyGrid } from "../../../../src/sim/index.ts";
import { distanceSpan, paintDistance } from "../grid-image.ts";
import type { Layer } from "../layer.ts";
import { createRasterMesh } from "../raster-mesh.ts";
import { ageOf, missingLocalGrid } from "../world-layers.ts";

/** Exact distance to the nearest obstacle, of what the planner saw or of the true map. */
export function createDistanceLayer(order: number): Layer {
  const raster = createRasterMesh(order);
  let of: OccupancyGrid | undefined;
  let field: DistanceField | undefined;
  let span = 0;
  return {
    id: "distance",
    object: raster.mesh,
    update(view) {
      const { settings, map, local, origin } = view;
      const fromMap = settings.distanceOf === "map";
      const grid = (fromMap ? map : local)?.grid;
      raster.mesh.visible = grid !== undefined;
      if (grid === undefined)
        return fromMap ? { level: "error", text: "no map to take distances from" } : missingLocalGrid(view);
      if (grid.cells.length > MAX_FIELD_CELLS) {
        raster.mesh.visible = false;
        return {
          level: "error",
          text: `the map has ${grid.cells.length} cells: too many for a field; take the local grid`,
        };
      }
      if (grid !== of) {
        field = computeDistanceField(grid, { unknown: "free" }, field);
        span = distanceSpan(field);
        raster.show(paintDistance(field, span, CONTOUR), grid, origin);
        of = grid;
      }
      const age = fromMap ? undefined : ageOf(view);
      const scale = `0 to ${span.toFixed(1)} m, lines of ${CONTOUR} m`;
      return { level: "info", text: age === undefined ? scale : `${scale}, ${age.text}` };
    },
  };
}
const MAX_FIELD_CELLS = 2 ** 22;
/** [m] */
const CONTOUR = 0.5;
