import { describe, expect, it } from "vitest";
import { createFieldTiles } from "../../src/route/field-tiles.ts";
import {
  beginGlobalPath,
  continueGlobalPath,
  createGlobalPathWorkspace,
  pathFarEnough,
  planGlobalPath,
} from "../../src/route/global-path.ts";
import { nearestOnPath, pathPoseAt } from "../../src/route/path.ts";
import { computeDistanceField, createGrid, makeWorld, WORLD_FAMILIES } from "../../src/sim/index.ts";

const OPTIONS = { radius: 0.334, margin: 0.05 };
const REACH = pathFarEnough(OPTIONS);
const SIDE = 4000;

/** 200 x 200 m with walls across, each with a gap of 2 m at one end or the other. */
function hallOfWalls() {
  const grid = createGrid(SIDE, SIDE, 0.05);
  for (let j = 200, n = 0; j < SIDE; j += 200, n++) {
    const from = j * SIDE + (n % 2 === 0 ? 40 : 0);
    grid.cells.fill(100, from, from + SIDE - 40);
  }
  return grid;
}

describe("the path on a large map", () => {
  it("over 14 m of 200 x 200 m computes distances of 1% of the map and keeps nodes of no more", () => {
    const field = createFieldTiles(hallOfWalls(), "occupied", REACH);
    const workspace = createGlobalPathWorkspace();
    const { status } = planGlobalPath(field, { x: 100, y: 2 }, { x: 112, y: 8 }, OPTIONS, workspace);
    expect(status).toBe("found");
    const computed = field.tiles.filter((tile) => tile !== undefined).length;
    expect(computed).toBeLessThanOrEqual(0.012 * field.tiles.length);
    expect(workspace.memory.count).toBeLessThanOrEqual(computed);
    expect(workspace.memory.g.length).toBeLessThanOrEqual(2 * 64 ** 2 * computed);
  });

  it("is found in slices as at once, however few cells a slice has, and by a search that another one interrupted", () => {
    const field = createFieldTiles(hallOfWalls(), "occupied", REACH);
    const workspace = createGlobalPathWorkspace();
    const ends = [
      { x: 8, y: 2 },
      { x: 5, y: 12 },
    ] as const;
    const whole = planGlobalPath(field, ...ends, OPTIONS, workspace);
    const search = beginGlobalPath(field, ...ends, OPTIONS, workspace);
    let slices = 1;
    let found = continueGlobalPath(search, 500);
    for (; found === undefined; slices++) {
      expect(search.search!.expansions).toBeLessThanOrEqual(500 * slices);
      found = continueGlobalPath(search, 500);
    }
    expect(slices).toBeGreaterThan(3);
    expect(found.path!.points).toEqual(whole.path!.points);
    const interrupted = beginGlobalPath(field, ...ends, OPTIONS, workspace);
    expect(continueGlobalPath(interrupted, 500)).toBeUndefined();
    planGlobalPath(field, ends[1], ends[0], OPTIONS, workspace);
    expect(continueGlobalPath(interrupted)!.path!.points).toEqual(whole.path!.points);
  });

  it("across an empty one of 283 m is straight, and found in fewer cells than a tenth of the map", () => {
    const field = createFieldTiles(createGrid(SIDE, SIDE, 0.05), "occupied", REACH);
    const { path, expansions } = planGlobalPath(field, { x: 2, y: 2 }, { x: 197, y: 150 }, OPTIONS);
    expect(path!.length).toBeLessThan(1.01 * Math.hypot(195, 148));
    expect(expansions).toBeLessThan(0.1 * SIDE ** 2);
  });
});

describe("the path through tiles", () => {
  it("is that through the field of the whole grid, in a world of every family", () => {
    const at = new Float64Array(3);
    for (const family of WORLD_FAMILIES) {
      const { grid, start, goal } = makeWorld(family, 3);
      const whole = planGlobalPath(computeDistanceField(grid, { unknown: "occupied" }), start, goal, OPTIONS);
      const tiled = planGlobalPath(createFieldTiles(grid, "occupied", REACH), start, goal, OPTIONS);
      expect(tiled.path!.length).toBeCloseTo(whole.path!.length, 3);
      for (let s = 0; s <= whole.path!.length; s += 0.5) {
        pathPoseAt(whole.path!, s, at);
        const beside = nearestOnPath(tiled.path!, at[0], at[1]);
        const [x, y] = [at[0], at[1]];
        pathPoseAt(tiled.path!, beside, at);
        expect(Math.hypot(at[0] - x, at[1] - y)).toBeLessThan(1e-3);
      }
    }
  });
});
