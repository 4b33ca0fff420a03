import { describe, expect, it } from "vitest";
import { computeDistanceField, createGrid } from "../../src/sim/index.ts";
import { mixColours, OKABE_ITO, sceneColours, startColour } from "../../viewer/src/scene/colours.ts";
import { paintDistance, paintGrid } from "../../viewer/src/scene/grid-image.ts";
import { mapPalette, withoutUnknown } from "../../viewer/src/scene/palettes.ts";
import { trailColour, trailSpeeds } from "../../viewer/src/scene/trail-colours.ts";

const entry = (palette: Uint8Array, byte: number): number[] =>
  Array.from(palette.subarray(4 * byte, 4 * byte + 4));

describe("palettes", () => {
  it("colour free, occupied and unknown cells as RViz does", () => {
    const map = mapPalette("map");
    expect(entry(map, 0)).toEqual([255, 255, 255, 255]);
    expect(entry(map, 100)).toEqual([0, 0, 0, 255]);
    expect(entry(map, 255)).toEqual([0x70, 0x89, 0x86, 255]);
    const costmap = mapPalette("costmap");
    expect(entry(costmap, 0)).toEqual([0, 0, 0, 0]);
    expect(entry(costmap, 1)).toEqual([2, 0, 253, 255]);
    expect(entry(costmap, 98)).toEqual([249, 0, 6, 255]);
    expect(entry(costmap, 99)).toEqual([0, 255, 255, 255]);
    expect(entry(costmap, 100)).toEqual([255, 0, 255, 255]);
    expect(entry(mapPalette("raw"), 37)).toEqual([37, 37, 37, 255]);
  });

  it("colour what no grid may hold green above 100 and red to yellow below -1, but raw ones", () => {
    for (const kind of ["map", "costmap", "night"] as const) {
      expect(entry(mapPalette(kind), 101)).toEqual([0, 255, 0, 255]);
      expect(entry(mapPalette(kind), 128)).toEqual([255, 0, 0, 255]);
      expect(entry(mapPalette(kind), 254)).toEqual([255, 255, 0, 255]);
    }
  });

  it("leave unknown space out on demand and nothing else", () => {
    const all = mapPalette("map");
    const without = withoutUnknown(all);
    expect(entry(without, 255)).toEqual([0, 0, 0, 0]);
    expect(without.subarray(0, 4 * 255)).toEqual(all.subarray(0, 4 * 255));
  });
});

describe("a painted grid", () => {
  it("has a pixel per cell, row 0 first", () => {
    const grid = createGrid(3, 2, 0.1);
    grid.cells[0] = 100;
    grid.cells[5] = -1;
    const { width, height, data, block } = paintGrid(grid, mapPalette("map"));
    expect([width, height, block]).toEqual([3, 2, 1]);
    expect(Array.from(data.subarray(0, 4))).toEqual([0, 0, 0, 255]);
    expect(Array.from(data.subarray(4, 8))).toEqual([255, 255, 255, 255]);
    expect(Array.from(data.subarray(20, 24))).toEqual([0x70, 0x89, 0x86, 255]);
  });

  it("keeps every obstacle where cells are taken together", () => {
    const grid = createGrid(10, 7, 0.1);
    grid.cells[3 * 10 + 9] = 100;
    grid.cells[0] = -1;
    const image = paintGrid(grid, mapPalette("map"), 4);
    expect([image.width, image.height, image.block]).toEqual([4, 3, 3]);
    const red = Array.from({ length: 12 }, (_, p) => image.data[4 * p]);
    expect(red).toEqual([0x70, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255]);
  });

  it("of distances gets lighter away from obstacles, but on the lines", () => {
    const grid = createGrid(40, 1, 0.1);
    grid.cells[0] = 100;
    const image = paintDistance(computeDistanceField(grid), 3, 10);
    const light = Array.from({ length: 39 }, (_, i) => {
      const at = 4 * (i + 1);
      return image.data[at] + image.data[at + 1];
    });
    for (let i = 1; i < 30; i++) expect(light[i]).toBeGreaterThan(light[i - 1]);
    const lined = paintDistance(computeDistanceField(grid), 3, 0.5);
    expect(lined.data[4 * 6]).toBeLessThan(image.data[4 * 6]);
  });
});

describe("trail colours", () => {
  it("are speeds of the pieces, and nothing for a jump or a missing pose", () => {
    const trail = Float64Array.of(0, 0, 0, 0.1, 0, 0, 0.1, 0.2, 0, 5, 5, 0, Number.NaN, 0, 0, 5, 5.1, 0);
    const times = Float64Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5);
    const speeds = trailSpeeds(trail, times, 10);
    expect(speeds[1]).toBeCloseTo(1, 9);
    expect(speeds[2]).toBeCloseTo(2, 9);
    expect(Array.from(speeds.subarray(3))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it("get steadily darker on light ground and lighter on dark ground, and are cut at both ends", () => {
    const luminance = (share: number, dark: boolean): number => {
      const rgb = new Uint8Array(3);
      trailColour(share, dark, rgb);
      const linear = Array.from(rgb, (v) => (v / 255) ** 2.2);
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    for (let share = 0.05; share <= 1; share += 0.05) {
      expect(luminance(share, false)).toBeLessThan(luminance(share - 0.05, false));
      expect(luminance(share, true)).toBeGreaterThan(luminance(share - 0.05, true));
    }
    expect(luminance(7, true)).toBe(luminance(1, true));
    expect(luminance(Number.NaN, true)).toBe(luminance(0, true));
  });
});

/** Contrast of two colours. Source: WCAG 2.1, 1.4.11. */
function contrast(a: number, b: number): number {
  const luminance = (colour: number): number =>
    [16, 8, 0].reduce((sum, shift, i) => {
      const v = ((colour >> shift) & 255) / 255;
      return sum + [0.2126, 0.7152, 0.0722][i] * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    }, 0);
  const [dark, light] = [luminance(a), luminance(b)].sort((p, q) => p - q);
  return (light + 0.05) / (dark + 0.05);
}

describe("the scene's colours", () => {
  it("stand out from free space, light and dark, by the 3 : 1 that graphics need", () => {
    for (const [dark, free] of [
      [false, 0xffffff],
      [true, 0x16191e],
    ] as const) {
      const { ink, path, goal, hit, collision, run } = sceneColours(dark);
      for (const colour of [ink, path, goal, hit, collision, ...run])
        expect(contrast(colour, free)).toBeGreaterThanOrEqual(3);
    }
  });

  it("name a start the same way in every tick and never mix up the usual ones", () => {
    const colours = sceneColours(false);
    const names = ["zero", "shift", "net", "path", "net-2", "net-3", "net-4"];
    expect(new Set(names.map((name) => startColour(name, colours))).size).toBe(names.length);
    expect(startColour("mine", colours)).toBe(startColour("mine", colours));
  });

  it("mix channel by channel", () => {
    expect(mixColours(0x000000, 0xff8040, 0.5)).toBe(0x804020);
    expect(mixColours(OKABE_ITO.blue, OKABE_ITO.orange, 0)).toBe(OKABE_ITO.blue);
  });
});
