import { ConfigError, check, checkLength, checkName, FormatError, MpcError } from "../base/index.ts";
import { OCCUPIED, type OccupancyGrid, UNKNOWN, validateFrame, validateGrid } from "./grid.ts";
import { encodeBmp } from "./image/bmp.ts";
import { decodeMapImage } from "./image/decode-image.ts";
import type { GrayImage } from "./image/gray-image.ts";
import { encodePgm } from "./image/pgm.ts";
import { encodePng } from "./image/png.ts";
import { formatMapYaml, MAP_MODES, type MapMode, type MapYaml, parseMapYaml } from "./map-yaml.ts";

/** An image format that a map may be written in. */
export type MapImageFormat = "pgm" | "png" | "bmp";
/** The image formats that a map may be written in. */
export const MAP_IMAGE_FORMATS: readonly MapImageFormat[] = ["pgm", "png", "bmp"];

/** How a map is written. */
export type WriteMapOptions = {
  /** Name of the files without folder and extension. */ readonly name: string;
  /** Default trinary. */ readonly mode?: MapMode;
  /** Default pgm. */ readonly format?: MapImageFormat;
};

/** A map as two files; the YAML names the image. */
export type MapFiles = { readonly yaml: string; readonly imageName: string; readonly image: Uint8Array };

/** Pixel brightness in trinary mode, as every map saver of ROS writes it. */
const FREE_PIXEL = 254;
const UNKNOWN_PIXEL = 205;
/** The largest cell that trinary mode calls free: 100 times the threshold below. */
const FREE_CELL = 19;
/** With these a pixel of 205 (occupancy 0.1961) reads back as unknown; nav2's own 0.25 makes it free. */
const OCCUPIED_THRESH = 0.65;
const FREE_THRESH = 0.196;

/**
 * Reads a map: its YAML, then the image that it names.
 *
 * @param yamlText the YAML file
 * @param readImage returns the bytes of the image, given its path as the YAML has it
 * @param name what to call the YAML in messages
 * @throws FormatError for a malformed half; what `readImage` throws goes through
 */
export async function loadMap(
  yamlText: string,
  readImage: (path: string) => Uint8Array | Promise<Uint8Array>,
  name = "map YAML",
): Promise<OccupancyGrid> {
  const yaml = parseMapYaml(yamlText, name);
  return gridFromImage(decodeMapImage(await readImage(yaml.image), yaml.image), yaml);
}

/**
 * Occupancy of an image's pixels; the top row of the image is the last row of the grid. With brightness
 * `s = gray / maxValue` and occupancy `p = negate ? s : 1 - s`:
 *
 * - trinary: 100 if p > occupiedThresh, 0 if p < freeThresh, else -1;
 * - scale: the same, but in between `100 (p - freeThresh) / (occupiedThresh - freeThresh)`;
 * - both: -1 wherever the pixel is not opaque;
 * - raw: `255 s` where that is at most 100, else -1; negate and alpha do not matter.
 *
 * @throws FormatError where the two halves do not make a legal grid, ShapeError for an image of another length
 *
 * Source: navigation2, nav2_map_server/src/map_io.cpp, `loadMapFromFile`: mean of the channels and strict
 * thresholds as in Humble to Jazzy; transparent is unknown in trinary mode too, as on its main branch (before,
 * alpha was averaged with the colours as if it were brightness).
 */
export function gridFromImage(image: GrayImage, yaml: MapYaml): OccupancyGrid {
  const { width, height, gray, maxValue, alpha } = image;
  const grid = { width, height, resolution: yaml.resolution, origin: yaml.origin, cells: new Int8Array(0) };
  try {
    validateFrame(grid);
  } catch (cause) {
    throw cause instanceof MpcError ? new FormatError(`map: ${cause.message}`, { cause }) : cause;
  }
  checkLength("image.gray", gray.length, width * height, "width*height");
  if (alpha) checkLength("image.alpha", alpha.length, width * height, "width*height");
  const cells = new Int8Array(width * height);
  for (let row = 0; row < height; row++) {
    const base = (height - 1 - row) * width;
    for (let i = 0, c = row * width; i < width; i++, c++) {
      const isOpaque = alpha === undefined || alpha[c] === 255;
      cells[base + i] =
        yaml.mode === "raw"
          ? rawCell(gray[c] / maxValue)
          : isOpaque
            ? cellOf(gray[c] / maxValue, yaml)
            : UNKNOWN;
    }
  }
  return { ...grid, cells };
}

function rawCell(brightness: number): number {
  const value = Math.round(255 * brightness);
  return value <= 100 ? value : UNKNOWN;
}

function cellOf(brightness: number, yaml: MapYaml): number {
  const { occupiedThresh, freeThresh } = yaml;
  const p = yaml.negate ? brightness : 1 - brightness;
  if (p > occupiedThresh) return 100;
  if (p < freeThresh) return 0;
  if (yaml.mode === "trinary" || occupiedThresh === freeThresh) return UNKNOWN;
  return Math.round((100 * (p - freeThresh)) / (occupiedThresh - freeThresh));
}

/**
 * Writes a grid as a map that {@link loadMap} and nav2_map_server read. Raw keeps every cell; so does
 * scale, with thresholds 0 and 1, but needs png or bmp for unknown cells; trinary keeps -1, 0 and 100,
 * and makes the rest free (up to 19), occupied (from 65) or unknown.
 *
 * @throws ConfigError for a malformed grid or option, and for scale mode as pgm with unknown cells
 */
export function writeMap(grid: OccupancyGrid, options: WriteMapOptions): MapFiles {
  validateGrid(grid);
  const { name, mode = "trinary", format = "pgm" } = options;
  checkName("map mode", mode, MAP_MODES);
  checkName("map format", format, MAP_IMAGE_FORMATS);
  check("map name", name, /^[^/\\\p{Cc}]+$/u.test(name), "a file name without folder or extension");
  const { width, height, cells } = grid;
  const hasUnknown = cells.some((cell) => cell < 0);
  if (mode === "scale" && format === "pgm" && hasUnknown) {
    throw new ConfigError(
      "scale mode marks unknown cells by transparency, which pgm does not have; use png or bmp",
    );
  }
  const gray = new Uint8Array(width * height);
  const alpha = mode === "scale" && hasUnknown ? new Uint8Array(width * height) : undefined;
  for (let row = 0; row < height; row++) {
    const base = (height - 1 - row) * width;
    for (let i = 0, c = row * width; i < width; i++, c++) {
      const cell = cells[base + i];
      gray[c] = pixelOf(cell, mode);
      if (alpha) alpha[c] = cell < 0 ? 0 : 255;
    }
  }
  const encoded = { pgm: encodePgm, png: encodePng, bmp: encodeBmp }[format](gray, width, height, alpha);
  const imageName = `${name}.${format}`;
  const yaml = formatMapYaml({
    image: imageName,
    resolution: grid.resolution,
    origin: grid.origin,
    negate: false,
    occupiedThresh: mode === "scale" ? 1 : OCCUPIED_THRESH,
    freeThresh: mode === "scale" ? 0 : FREE_THRESH,
    mode,
  });
  return { yaml, imageName, image: encoded };
}

function pixelOf(cell: number, mode: MapMode): number {
  if (mode === "raw") return cell < 0 ? 255 : cell;
  if (mode === "scale") return cell < 0 ? 128 : Math.round((255 * (100 - cell)) / 100);
  if (cell >= OCCUPIED) return 0;
  return cell >= 0 && cell <= FREE_CELL ? FREE_PIXEL : UNKNOWN_PIXEL;
}
