import { type DistanceField, OCCUPIED, type OccupancyGrid } from "../../../src/sim/index.ts";

/** A picture of a raster, row 0 at the bottom. */
export type GridImage = {
  readonly width: number;
  readonly height: number;
  /** (height, width, 4) */ readonly data: Uint8Array;
  /** Cells along a side that one pixel stands for. */ readonly block: number;
};

/** A picture has at most so many pixels along a side: what every GPU takes. */
const MAX_IMAGE_SIDE = 4096;

/**
 * Paints a grid: one pixel per cell, or, where it is too large, one per block of cells: occupied where one of
 * them is, else unknown where one of them is, else the dearest.
 *
 * @param palette (256, 4) colours by a cell's byte
 * @param maxSide most pixels along a side
 */
export function paintGrid(grid: OccupancyGrid, palette: Uint8Array, maxSide = MAX_IMAGE_SIDE): GridImage {
  const block = Math.max(1, Math.ceil(Math.max(grid.width, grid.height) / maxSide));
  const width = Math.ceil(grid.width / block);
  const height = Math.ceil(grid.height / block);
  const data = new Uint8Array(4 * width * height);
  const pixels = new Uint32Array(data.buffer);
  const colours = new Uint32Array(palette.slice().buffer);
  const { cells } = grid;
  if (block === 1) {
    for (let c = 0; c < cells.length; c++) pixels[c] = colours[cells[c] & 255];
  } else {
    for (let j = 0, p = 0; j < height; j++) {
      for (let i = 0; i < width; i++, p++)
        pixels[p] = colours[blockValue(grid, i * block, j * block, block) & 255];
    }
  }
  return { width, height, data, block };
}

function blockValue({ cells, width, height }: OccupancyGrid, i0: number, j0: number, block: number): number {
  let dearest = 0;
  let unknown = false;
  for (let j = j0; j < Math.min(j0 + block, height); j++) {
    for (let i = i0; i < Math.min(i0 + block, width); i++) {
      const value = cells[j * width + i];
      if (value < 0) unknown = true;
      else if (value > dearest) dearest = value;
    }
  }
  return unknown && dearest < OCCUPIED ? -1 : dearest;
}

/** Cividis, dark to light: near to far; told apart by everybody. Source: Nunez, Anderton, Renslow, 2018. */
const NEAR_TO_FAR: readonly (readonly [number, number, number])[] = [
  [0, 34, 78],
  [53, 69, 108],
  [102, 105, 112],
  [148, 142, 119],
  [200, 184, 102],
  [254, 232, 56],
];
const INSIDE = [213, 94, 0] as const;
/** Obstacles are tinted only, so that the map shows through. */
const INSIDE_ALPHA = 70;

/** Distance of the lightest colour: the largest there is, at most 3 m. [m] */
export function distanceSpan({ distance }: DistanceField): number {
  let most = 0;
  for (const d of distance) if (d > most) most = d;
  return most > 0 ? Math.min(most, 3) : 3;
}

/**
 * Paints a distance field: cividis from 0 to `far`, a darker line every `contour` metres, obstacles a tint of orange.
 *
 * @param far distance of the lightest colour [m]
 * @param contour [m]
 * @param alpha opacity 0 .. 255
 */
export function paintDistance(
  field: DistanceField,
  far = distanceSpan(field),
  contour = 0.5,
  alpha = 190,
): GridImage {
  const { width, height, distance } = field;
  const data = new Uint8Array(4 * width * height);
  const band = (c: number): number => Math.floor(distance[c] / contour);
  for (let j = 0, c = 0; j < height; j++) {
    for (let i = 0; i < width; i++, c++) {
      const d = distance[c];
      const onLine = d > 0 && ((i > 0 && band(c - 1) !== band(c)) || (j > 0 && band(c - width) !== band(c)));
      const shade = onLine ? 0.6 : 1;
      const at = Math.min(Math.max(d / far, 0), 1) * (NEAR_TO_FAR.length - 1);
      const k = Math.min(Math.floor(at), NEAR_TO_FAR.length - 2);
      for (let n = 0; n < 3; n++) {
        const free = NEAR_TO_FAR[k][n] + (at - k) * (NEAR_TO_FAR[k + 1][n] - NEAR_TO_FAR[k][n]);
        data[4 * c + n] = Math.round(shade * (d < 0 ? INSIDE[n] : free));
      }
      data[4 * c + 3] = d < 0 ? INSIDE_ALPHA : alpha;
    }
  }
  return { width, height, data, block: 1 };
}
