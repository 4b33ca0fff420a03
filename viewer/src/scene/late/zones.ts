import { Group } from "three";
import type { TimedGrid } from "../../../../src/record/index.ts";
import { OKABE_ITO } from "../colours.ts";
import { paintGrid } from "../grid-image.ts";
import type { Layer, ShownRun } from "../layer.ts";
import { createRasterMesh } from "../raster-mesh.ts";

/** Opacity of a zone that may not be entered, and of the slowest one. */
const KEPT_OUT_ALPHA = 130;
const SLOW_ALPHAS = [50, 150] as const;

/** Where the robot may not go, and where only slowly: tints over the map. */
export function createZones(order: number): Layer {
  const slow = createZone(
    order,
    ({ zones }) => zones.slow,
    () => slowPalette(OKABE_ITO.orange),
  );
  const keepout = createZone(
    order + 0.1,
    ({ zones }) => zones.keepout,
    ({ colours }) => keepoutPalette(colours.collision),
  );
  const object = new Group();
  object.add(slow.mesh, keepout.mesh);
  return {
    id: "zones",
    object,
    update(view) {
      const shown = [slow, keepout].map((zone) => zone.show(view));
      return shown.includes(true) ? undefined : { level: "info", text: "the run has none" };
    },
  };
}

function createZone(
  order: number,
  gridOf: (view: ShownRun) => TimedGrid | undefined,
  paletteOf: (view: ShownRun) => Uint8Array,
) {
  const raster = createRasterMesh(order);
  let shown: unknown;
  let shownDark: boolean | undefined;
  return {
    mesh: raster.mesh,
    /** @returns whether there is anything to see */
    show(view: ShownRun): boolean {
      const grid = gridOf(view)?.grid;
      raster.mesh.visible = grid !== undefined;
      if (grid === undefined) return false;
      if (grid === shown && view.colours.dark === shownDark) return true;
      raster.show(paintGrid(grid, paletteOf(view)), grid, view.origin);
      shown = grid;
      shownDark = view.colours.dark;
      return true;
    },
  };
}

/** (256, 4) one colour where nobody may go, nothing elsewhere. */
export function keepoutPalette(colour: number): Uint8Array {
  const palette = new Uint8Array(4 * 256);
  palette.set([...rgbOf(colour), KEPT_OUT_ALPHA], 4 * 100);
  return palette;
}

/** (256, 4) a colour that is the stronger the slower the robot has to be; nothing at 0. */
export function slowPalette(colour: number): Uint8Array {
  const palette = new Uint8Array(4 * 256);
  const [weak, strong] = SLOW_ALPHAS;
  for (let percent = 1; percent <= 100; percent++)
    palette.set([...rgbOf(colour), Math.round(weak + ((strong - weak) * percent) / 100)], 4 * percent);
  return palette;
}

function rgbOf(colour: number): readonly [number, number, number] {
  return [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
}
