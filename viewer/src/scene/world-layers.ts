import { Group } from "three";
import type { OccupancyGrid } from "../../../src/sim/index.ts";
import { paintGrid } from "./grid-image.ts";
import type { Layer, LayerStatus, ShownRun } from "./layer.ts";
import { type MapPalette, mapPalette, withoutUnknown, withThinFree } from "./palettes.ts";
import { createRasterMesh } from "./raster-mesh.ts";

/** The palette that is used: the one chosen, or by the theme. */
export function paletteOf(choice: MapPalette, dark: boolean): Exclude<MapPalette, "auto"> {
  return choice === "auto" ? (dark ? "night" : "map") : choice;
}

/**
 * The map, and whether its unknown cells are shown: two switches, one picture.
 *
 * @param showsUnknown asked at every update
 */
export function createMapLayer(order: number, showsUnknown: () => boolean): Layer {
  const raster = createRasterMesh(order);
  let shown: OccupancyGrid | undefined;
  let shownAs = "";
  return {
    id: "map",
    object: raster.mesh,
    update({ map, run, colours, settings, origin, slot }) {
      raster.mesh.visible = map !== undefined && slot === 0;
      if (map === undefined) return { level: "error", text: `no map in ${run.index.name}` };
      if (slot > 0) return undefined;
      const { grid } = map;
      const kind = paletteOf(settings.palette, colours.dark);
      const look = `${kind} ${showsUnknown()}`;
      if (grid === shown && look === shownAs) return undefined;
      const palette = mapPalette(kind);
      const image = paintGrid(grid, showsUnknown() ? palette : withoutUnknown(palette));
      raster.show(image, grid, origin);
      shown = grid;
      shownAs = look;
      if (image.block > 1)
        return { level: "info", text: `drawn in blocks of ${image.block} x ${image.block} cells` };
      return undefined;
    },
  };
}

/** What the robot knows of its surroundings, over the map; free space is left see-through. */
export function createLocalGridLayer(order: number): Layer {
  const raster = createRasterMesh(order, 0.75);
  let shown: OccupancyGrid | undefined;
  let shownDark: boolean | undefined;
  return {
    id: "localGrid",
    object: raster.mesh,
    update(view) {
      const { local, colours, origin, settings } = view;
      raster.mesh.visible = local !== undefined;
      if (local === undefined) return missingLocalGrid(view);
      if (local.grid !== shown || shownDark !== colours.dark) {
        const kind = paletteOf(settings.palette, colours.dark);
        raster.show(paintGrid(local.grid, withThinFree(mapPalette(kind))), local.grid, origin);
        shown = local.grid;
        shownDark = colours.dark;
      }
      return ageOf(view);
    },
  };
}

/** What a layer says where no local grid was logged. */
export function missingLocalGrid({ run, tick }: ShownRun): LayerStatus {
  const at = run.index.times[tick];
  return {
    level: "error",
    text: at === undefined ? "no ticks" : `no local grid at or before ${at.toFixed(1)} s`,
  };
}

/** How old the local grid is: logs hold one every so many ticks. */
export function ageOf({ run, tick, local }: ShownRun): LayerStatus | undefined {
  const age = local === undefined ? 0 : run.index.times[tick] - local.time;
  return age > 0.01 ? { level: "info", text: `${age.toFixed(1)} s old` } : undefined;
}

/** Nothing of its own: it tells the map layer what to show. */
export function createUnknownLayer(): Layer {
  return {
    id: "unknown",
    object: new Group(),
    update: ({ map }) => (map === undefined ? { level: "error", text: "no map" } : undefined),
  };
}
