import { describe, expect, it } from "vitest";
import { ConfigError, createRng, FormatError } from "../../src/base/index.ts";
import {
  createGrid,
  decodeMapImage,
  type GrayImage,
  gridFromImage,
  loadMap,
  MAP_IMAGE_FORMATS,
  type MapMode,
  type MapYaml,
  type OccupancyGrid,
  parseMapYaml,
  writeMap,
} from "../../src/sim/index.ts";

const YAML: MapYaml = {
  image: "m.pgm",
  resolution: 0.05,
  origin: { x: 1, y: 2, yaw: 0.5 },
  negate: false,
  occupiedThresh: 0.65,
  freeThresh: 0.196,
  mode: "trinary",
};

/** The cells of one row of grey pixels. */
function cellsOf(pixels: number[], yaml: Partial<MapYaml>, more: Partial<GrayImage> = {}): number[] {
  const image = { width: pixels.length, height: 1, gray: Uint8Array.from(pixels), maxValue: 255, ...more };
  return [...gridFromImage(image, { ...YAML, ...yaml }).cells];
}

describe("gridFromImage", () => {
  it("puts the top row of the image at the highest y, and keeps resolution and origin", () => {
    const image = { width: 2, height: 2, gray: Uint8Array.of(0, 254, 205, 205), maxValue: 255 };
    expect(gridFromImage(image, YAML)).toEqual({
      ...{ width: 2, height: 2, resolution: 0.05, origin: { x: 1, y: 2, yaw: 0.5 } },
      cells: Int8Array.of(-1, -1, 100, 0),
    });
  });

  it("trinary: dark is occupied, bright is free, the grey 205 of map_saver is unknown", () => {
    expect(cellsOf([0, 89, 90, 205, 206, 254, 255], {})).toEqual([100, 100, -1, -1, 0, 0, 0]);
  });

  it("trinary: a pixel right at a threshold is unknown", () => {
    const half = { gray: Uint8Array.of(1, 1), maxValue: 2 };
    expect(cellsOf([0, 0], { occupiedThresh: 0.5, freeThresh: 0.25 }, half)).toEqual([-1, -1]);
    expect(cellsOf([0, 0], { occupiedThresh: 0.75, freeThresh: 0.5 }, half)).toEqual([-1, -1]);
  });

  it("negate: bright is occupied, the thresholds mean the same", () => {
    expect(cellsOf([255, 166, 165, 50, 49, 0], { negate: true })).toEqual([100, 100, -1, -1, 0, 0]);
  });

  it("scale: in between the thresholds linear from 0 to 100", () => {
    const yaml = { mode: "scale", occupiedThresh: 0.9, freeThresh: 0.1 } as const;
    const cells = cellsOf([0, 26, 128, 229, 255], yaml);
    const expected = (v: number) => Math.round(((1 - v / 255 - 0.1) / 0.8) * 100);
    expect(cells).toEqual([100, expected(26), expected(128), expected(229), 0]);
    expect(cells[2]).toBe(50);
  });

  it("trinary and scale: a pixel that is not opaque is unknown", () => {
    const alpha = Uint8Array.of(255, 254, 0, 255);
    expect(cellsOf([0, 0, 255, 255], {}, { alpha })).toEqual([100, -1, -1, 0]);
    expect(cellsOf([0, 0, 255, 128], { mode: "scale" }, { alpha })).toEqual([100, -1, -1, 67]);
  });

  it("raw: the pixel is the cell up to 100, else unknown, whatever negate and alpha", () => {
    const yaml = { mode: "raw", negate: true } as const;
    const alpha = Uint8Array.of(0, 0, 0, 0, 0);
    expect(cellsOf([0, 1, 100, 101, 255], yaml, { alpha })).toEqual([0, 1, 100, -1, -1]);
    // 16 bits: 257 to one.
    const gray = Uint16Array.of(0, 257 * 42, 257 * 42 + 128, 65535, 257 * 101);
    expect(cellsOf([0, 0, 0, 0, 0], yaml, { gray, maxValue: 65535 })).toEqual([0, 42, 42, -1, -1]);
  });

  it("refuses an image whose arrays are not its size", () => {
    expect(() => cellsOf([0, 0], {}, { height: 2 })).toThrow(
      "image.gray has length 2, expected width*height = 4",
    );
    expect(() => cellsOf([0, 0], {}, { alpha: Uint8Array.of(1) })).toThrow("image.alpha has length 1");
  });

  it("refuses a YAML that does not make a grid", () => {
    expect(() => cellsOf([0], { resolution: 0 })).toThrow(FormatError);
    expect(() => cellsOf([0], { origin: { x: 1e12, y: 0, yaw: 0 } })).toThrow("origin");
  });
});

function randomGrid(seed: number, values: (u: number) => number): OccupancyGrid {
  const rng = createRng(seed);
  const origin = { x: rng.gauss(), y: 10 * rng.gauss(), yaw: rng.gauss() };
  const grid = createGrid(1 + rng.int(40), 1 + rng.int(40), 0.01 + rng.uniform(), origin);
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = values(rng.uniform());
  return grid;
}

describe("writeMap", () => {
  const trinary = (u: number) => [-1, 0, 100][Math.floor(3 * u)];
  const any = (u: number) => Math.floor(102 * u) - 1;
  const known = (u: number) => Math.floor(101 * u);
  const cases: [MapMode, "pgm" | "png" | "bmp", (u: number) => number][] = [
    ...MAP_IMAGE_FORMATS.map((format) => ["trinary", format, trinary] as (typeof cases)[number]),
    ...MAP_IMAGE_FORMATS.map((format) => ["raw", format, any] as (typeof cases)[number]),
    ["scale", "png", any],
    ["scale", "bmp", any],
    ["scale", "pgm", known],
    ["scale", "png", known],
    ["scale", "bmp", known],
  ];
  it.each(cases)("in mode %s as %s is read back as the same grid", async (mode, format, values) => {
    for (let seed = 0; seed < 20; seed++) {
      const grid = randomGrid(seed, values);
      const files = writeMap(grid, { name: "a map", mode, format });
      const asked: string[] = [];
      const back = await loadMap(files.yaml, (path) => {
        asked.push(path);
        return files.image;
      });
      expect(back).toEqual(grid);
      expect(asked).toEqual([`a map.${format}`]);
      expect(files.imageName).toBe(`a map.${format}`);
    }
  });

  it("trinary writes the bytes of ROS's map_saver", () => {
    const grid = createGrid(2, 2, 0.05, { x: -1, y: -2, yaw: 0 });
    grid.cells.set([-1, 0, 100, 100]);
    const { yaml, image } = writeMap(grid, { name: "m" });
    expect(new TextDecoder("latin1").decode(image)).toBe("P5\n2 2\n255\n\x00\x00\u00cd\u00fe");
    expect(yaml.split("\n").slice(0, 4)).toEqual([
      "image: m.pgm",
      "mode: trinary",
      "resolution: 0.05",
      "origin: [-1, -2, 0]",
    ]);
    expect(parseMapYaml(yaml)).toMatchObject({ occupiedThresh: 0.65, freeThresh: 0.196, negate: false });
  });

  it("trinary makes 1 to 19 free, 20 to 64 unknown, 65 to 99 occupied", async () => {
    const grid = createGrid(101, 1, 1);
    grid.cells.set(Array.from({ length: 101 }, (_, v) => v));
    const files = writeMap(grid, { name: "m" });
    const { cells } = await loadMap(files.yaml, () => files.image);
    const expected = Array.from({ length: 101 }, (_, v) => (v < 20 ? 0 : v < 65 ? -1 : 100));
    expect([...cells]).toEqual(expected);
  });

  it("refuses what it cannot write", () => {
    const grid = createGrid(2, 2, 1, undefined, -1);
    expect(() => writeMap(grid, { name: "m", mode: "scale" })).toThrow("use png or bmp");
    expect(() => writeMap(grid, { name: "m", mode: "ternary" as never })).toThrow(
      "expected one of trinary, scale, raw",
    );
    expect(() => writeMap(grid, { name: "m", format: "jpg" as never })).toThrow(
      "expected one of pgm, png, bmp",
    );
    for (const name of ["", "a/b", "a\\b", "a\nb"]) {
      expect(() => writeMap(grid, { name })).toThrow(ConfigError);
    }
    expect(() => writeMap({ ...grid, cells: Int8Array.of(0, 0, 0, 101) }, { name: "m" })).toThrow(
      "grid.cells[3] is 101",
    );
  });
});

describe("loadMap", () => {
  it("takes a reader that returns a promise, and lets its error through", async () => {
    const { yaml, image } = writeMap(createGrid(3, 2, 1), { name: "m" });
    expect((await loadMap(yaml, async () => image)).width).toBe(3);
    const gone = new Error("gone");
    await expect(loadMap(yaml, () => Promise.reject(gone))).rejects.toBe(gone);
  });

  it("names the image that does not decode", async () => {
    const { yaml } = writeMap(createGrid(3, 2, 1), { name: "m" });
    await expect(loadMap(yaml, () => new Uint8Array(3))).rejects.toThrow("m.pgm starts with bytes");
    expect(() => decodeMapImage(new Uint8Array(3))).toThrow("image starts with bytes");
  });
});
