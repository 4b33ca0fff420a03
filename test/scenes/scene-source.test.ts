import { expect, it } from "vitest";
import { mapSource, type SceneRun } from "../../src/scenes/index.ts";
import { createGrid, getRobot, type OccupancyGrid } from "../../src/sim/index.ts";

it("drives on a map in UTM coordinates lie near the origin, and are those of the same map there", () => {
  const first = (map: OccupancyGrid): SceneRun => {
    for (const run of mapSource("yard", map, getRobot("turtlebot4"), 1).runs()) return run;
    throw new Error("no drive");
  };
  const near = first(createGrid(160, 120, 0.05, { x: 0.25, y: -0.5, yaw: 0 }));
  const far = first(createGrid(160, 120, 0.05, { x: 500_000.25, y: 4_999_999.5, yaw: 0 }));
  expect(far.grid.origin.x).toBeCloseTo(0.25, 6);
  for (const place of ["start", "goal"] as const) {
    expect(far[place].x - far.grid.origin.x).toBeCloseTo(near[place].x - near.grid.origin.x, 6);
    expect(far[place].y - far.grid.origin.y).toBeCloseTo(near[place].y - near.grid.origin.y, 6);
    expect(Math.abs(Math.fround(far[place].y) - far[place].y)).toBeLessThan(1e-5); // not 0.25 m
  }
});
