import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createGrid, ROBOTS } from "../../src/sim/index.ts";
import { footprintCorners } from "../../viewer/src/scene/footprint-sweep.ts";
import { robotBody } from "../../viewer/src/scene/late/bodies.ts";
import type { Faces } from "../../viewer/src/scene/late/faces.ts";
import { wallFaces } from "../../viewer/src/scene/late/walls.ts";
import { reach } from "../../viewer/src/scene/place-layers.ts";

type Place = readonly [number, number, number];

/** Area of the triangles, upright and level ones apart, with the least and largest coordinates. */
function measure(faces: Pick<Faces, "geometry">) {
  const places = faces.geometry().getAttribute("position").array as Float32Array;
  let [upright, level] = [0, 0];
  const [low, high] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
  ];
  for (let t = 0; t < places.length; t += 9) {
    const [a, b, c] = [0, 3, 6].map((k) => [...places.subarray(t + k, t + k + 3)] as unknown as Place);
    const [u, v] = [b.map((x, i) => x - a[i]), c.map((x, i) => x - a[i])];
    const cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const area = Math.hypot(...cross) / 2;
    if (Math.abs(cross[2]) > 0.99 * 2 * area) level += area;
    else upright += area;
    for (const place of [a, b, c])
      place.forEach((x, i) => {
        low[i] = Math.min(low[i], x);
        high[i] = Math.max(high[i], x);
      });
  }
  return { upright, level, low, high };
}

describe("walls", () => {
  const rng = createRng(5);
  const grid = createGrid(23, 17, 0.05, { x: 3, y: -2, yaw: 0.3 });
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = [0, -1, 64, 65, 100][rng.int(5)];
  const full = (i: number, j: number): boolean =>
    i >= 0 && j >= 0 && i < 23 && j < 17 && grid.cells[23 * j + i] >= 65;

  it("cover each occupied cell once, and stand on each edge between one and another cell", () => {
    let [cells, edges] = [0, 0];
    for (let j = -1; j <= 17; j++)
      for (let i = -1; i <= 23; i++) {
        if (full(i, j)) cells++;
        if (full(i, j) !== full(i + 1, j)) edges++;
        if (full(i, j) !== full(i, j + 1)) edges++;
      }
    const { upright, level, low, high } = measure(wallFaces(grid, 0.4));
    expect(level).toBeCloseTo(cells * 0.05 ** 2, 6);
    expect(upright).toBeCloseTo(edges * 0.05 * 0.4, 6);
    expect([low[2], high[2]]).toEqual([0, Math.fround(0.4)]);
  });

  it("of one block of any size are six faces less the floor, and of an empty map none", () => {
    const block = createGrid(40, 40, 0.1, { x: 0, y: 0, yaw: 0 });
    for (let j = 5; j < 25; j++) block.cells.fill(100, 40 * j + 10, 40 * j + 30);
    expect(wallFaces(block, 1).count).toBe(10);
    expect(wallFaces(createGrid(9, 9, 0.1, { x: 0, y: 0, yaw: 0 }), 1).count).toBe(0);
  });
});

describe("the body of a robot", () => {
  it.each(Object.values(ROBOTS))(
    "$name lies in its footprint, on the ground and about as high as asked",
    (robot) => {
      const corners = footprintCorners(robot);
      const height = 0.45 * reach(corners);
      const { low, high } = measure({ geometry: () => robotBody(robot, corners, height) });
      for (const axis of [0, 1]) {
        const own = corners.filter((_, i) => i % 2 === axis);
        expect(low[axis]).toBeCloseTo(Math.min(...own), 5);
        expect(high[axis]).toBeCloseTo(Math.max(...own), 5);
      }
      expect(low[2]).toBeCloseTo(0, 6);
      expect(high[2]).toBeGreaterThan(height);
      expect(high[2]).toBeLessThan(1.25 * height);
    },
  );

  it("tells robots that turn on the spot, cars and those that go sideways apart", () => {
    const one = (model: string) => Object.values(ROBOTS).find((robot) => robot.model === model)!;
    const counts = ["differential", "bicycle", "omni"].map((model) => {
      const robot = one(model);
      return robotBody(robot, footprintCorners(robot), 0.2).getAttribute("position").count;
    });
    expect(new Set(counts).size).toBe(3);
  });
});
