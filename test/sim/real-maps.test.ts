import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { computeDistanceField, distanceAt, loadMap, OCCUPIED, writeMap } from "../../src/sim/index.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/data/maps");

/** Sizes, resolutions and origins as their files state them. */
const MAPS = [
  { file: "nav2_depot.yaml", width: 604, height: 307, resolution: 0.05, origin: { x: 0, y: 0, yaw: 0 } },
  {
    file: "turtlebot3_world.yaml",
    width: 384,
    height: 384,
    resolution: 0.05,
    origin: { x: -10, y: -10, yaw: 0 },
  },
  { file: "willow_full.yaml", width: 584, height: 526, resolution: 0.1, origin: { x: 0, y: 0, yaw: 0 } },
];

describe.each(MAPS)("the real map $file", ({ file, ...frame }) => {
  const path = join(FOLDER, file);
  const read = () =>
    loadMap(readFileSync(path, "utf8"), (image) => readFileSync(join(dirname(path), image)), file);

  it("has its published size, and free, occupied and unknown cells as its pixels say", async (context) => {
    if (!existsSync(path))
      return context.skip(`${file} is not here: the shared maps are not part of the repository`);
    const grid = await read();
    expect(grid).toMatchObject(frame);
    const count = { free: 0, occupied: 0, unknown: 0 };
    for (const cell of grid.cells) count[cell < 0 ? "unknown" : cell >= OCCUPIED ? "occupied" : "free"]++;
    // The last width * height bytes of a P5 file are its pixels; from the thresholds, by hand:
    // occupied below 89.25; free above 255 (1 - free_thresh), that is 191.25 (depot) or 205.02.
    const bytes = readFileSync(path.replace(".yaml", ".pgm"));
    const pixels = bytes.subarray(bytes.length - frame.width * frame.height);
    const freeAbove = file === "nav2_depot.yaml" ? 191.25 : 205.02;
    expect(count.occupied).toBe(pixels.filter((v) => v < 89.25).length);
    expect(count.free).toBe(pixels.filter((v) => v > freeAbove).length);
    expect(count.occupied).toBeGreaterThan(0.002 * grid.cells.length);
    expect(count.occupied).toBeLessThan(0.2 * grid.cells.length);
    expect(count.free).toBeGreaterThan(0.02 * grid.cells.length);
  });

  it("survives being written and read, and gives a finite field of the right sign", async (context) => {
    if (!existsSync(path))
      return context.skip(`${file} is not here: the shared maps are not part of the repository`);
    const grid = await read();
    const files = writeMap(grid, { name: "copy", format: "png" });
    expect(await loadMap(files.yaml, () => files.image)).toEqual(grid);
    const field = computeDistanceField(grid);
    for (let c = 0; c < grid.cells.length; c++) {
      const d = field.distance[c];
      if (!(Number.isFinite(d) && d < 0 === grid.cells[c] >= OCCUPIED)) {
        expect.fail(`cell ${c} is ${grid.cells[c]}, its distance ${d}`);
      }
    }
    expect(Number.isFinite(distanceAt(field, 1e4, -1e4))).toBe(true);
  });
});
