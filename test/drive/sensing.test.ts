import { expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createSensing } from "../../src/drive/index.ts";
import {
  cellIndexAt,
  createGrid,
  type Lidar,
  mountedPose,
  OCCUPIED,
  type OccupancyGrid,
  occupyDisc,
  type Pose,
} from "../../src/sim/index.ts";

const SIZE = 8;
/** Three pillars around the middle, on a map that lies anywhere. */
const hall = (x: number, y: number): OccupancyGrid =>
  [
    [5.5, 4],
    [4, 5.5],
    [2.5, 4],
  ].reduce(
    (grid, [px, py]) => occupyDisc(grid, x + px, y + py, 0.2),
    createGrid(160, 160, 0.05, { x, y, yaw: 0 }),
  );

function look(lidar: Partial<Lidar>, pose: Pose, map = hall(0, 0)): (x: number, y: number) => number {
  const sensing = createSensing("lidar", SIZE, map, createRng(1), { noise: 0, ...lidar });
  const grid = sensing.look(map, pose);
  return (x, y) => grid.cells[cellIndexAt(grid, x, y)];
}

it("a lidar sees as far and as wide as it is said to, from where it is mounted", () => {
  const pose = { x: 4, y: 4, yaw: 0 };
  const all = look({}, pose);
  const ahead = [5.325, 4.025] as const; // the near side of the first pillar
  const left = [4.025, 5.325] as const;
  const behind = [2.675, 4.025] as const;
  for (const [x, y] of [ahead, left, behind]) expect(all(x, y)).toBeGreaterThanOrEqual(OCCUPIED);
  const short = look({ range: 1 }, pose);
  for (const [x, y] of [ahead, left, behind]) expect(short(x, y)).toBe(-1);
  const forward = look({ fov: Math.PI / 2 }, pose);
  expect([forward(...ahead) >= OCCUPIED, forward(...left), forward(...behind)]).toEqual([true, -1, -1]);
  const turned = look({ fov: Math.PI / 2, yaw: Math.PI / 2 }, pose);
  expect([turned(...ahead), turned(...left) >= OCCUPIED, turned(...behind)]).toEqual([-1, true, -1]);
  // Mounted 1.8 m ahead of the robot it sees the far side of the first pillar and not the near one.
  const beyond = look({ x: 1.8 }, pose);
  expect([beyond(5.675, 4.025) >= OCCUPIED, beyond(...ahead)]).toEqual([true, -1]);
});

it("a mount turns with its robot", () => {
  const mount = { x: 0.3, y: -0.1, yaw: 0.5 };
  const { x, y, yaw } = mountedPose({ x: 1, y: 2, yaw: Math.PI / 2 }, mount);
  expect([x, y, yaw]).toEqual([
    expect.closeTo(1.1, 12),
    expect.closeTo(2.3, 12),
    expect.closeTo(Math.PI / 2 + 0.5, 12),
  ]);
});

it("what is seen does not depend on where the map lies, in UTM coordinates either", () => {
  const [east, north] = [500_000, 5_000_000];
  const lidar = { x: 0.15, y: 0.05, yaw: 0.2, fov: 4 };
  const here = look(lidar, { x: 4.01, y: 3.98, yaw: 0.3 });
  const there = look(lidar, { x: east + 4.01, y: north + 3.98, yaw: 0.3 }, hall(east, north));
  for (let x = 0.525; x < 7.5; x += 0.05) {
    for (let y = 0.525; y < 7.5; y += 0.05) expect(there(east + x, north + y), `${x} ${y}`).toBe(here(x, y));
  }
});
