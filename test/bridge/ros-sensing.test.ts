import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createRosSensing } from "../../src/bridge/ros/ros-sensing.ts";
import { rosHeader, rosPose } from "../../src/bridge/ros/ros-values.ts";
import { cellIndexAt, createRangeSensor, getRobot, type Mover, OCCUPIED } from "../../src/sim/index.ts";
import { room } from "../planner/scenes.ts";

const robot = getRobot("jackal");
const hall = room(10, 10);
const pose = { x: 2, y: 5, yaw: 0 };
const walker = (t: number): Mover => ({ id: 1, x: 5, y: 3 + t, vx: 0, vy: 1, radius: 0.25 });

/** What is sensed after so many seconds of a robot that stands while somebody walks by. */
function sensed(seconds: number, withMap: boolean) {
  const sensing = createRosSensing({ robot, gridSide: 8, mapFrame: "map", patience: 0.5 });
  if (withMap) sensing.useMap(hall);
  const sensor = createRangeSensor({ rng: createRng(3), noise: 0.01 });
  const { angles } = sensor.scan(hall, pose);
  let t = 0;
  for (let k = 0; k <= Math.round(10 * seconds); k++) {
    t = 0.1 * k;
    const still = { linear: { x: 0, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } };
    const base = { header: rosHeader("2", "map", t), child_frame_id: "base_link" };
    sensing.odometry({ ...base, pose: { pose: rosPose(pose) }, twist: { twist: still } }, t);
    const { ranges } = sensor.scan(hall, pose, [walker(t)]);
    const beams = {
      angle_min: angles[0],
      angle_increment: angles[1] - angles[0],
      range_min: 0.05,
      range_max: 8,
    };
    sensing.scan({ header: rosHeader("2", "base_link", t), ...beams, ranges: [...ranges] }, t);
  }
  const sample = sensing.sample(t + 0.05);
  if (typeof sample === "string") throw new Error(sample);
  return { sample, t: t + 0.05, sensing };
}

describe("what a robot's messages say of who moves", () => {
  it("is where he is by now, how fast, and no mark of him in the grid where he was", () => {
    const { sample, t } = sensed(2, false);
    expect(sample.movers!.length).toBe(1);
    const [{ x, y, vx, vy, radius }] = sample.movers!;
    expect(Math.hypot(x - 5, y - 3 - t)).toBeLessThan(0.06);
    expect(Math.hypot(vx, vy - 1)).toBeLessThan(0.15);
    expect(radius).toBeCloseTo(0.25, 1);
    for (let back = 0; back < 1.8; back += 0.1)
      expect(sample.grid.cells[cellIndexAt(sample.grid, 4.8, walker(t - back).y)]).toBeLessThan(OCCUPIED);
  });

  it("is said sooner where the map is known", () => {
    expect(sensed(0.4, true).sample.movers!.some(({ vy }) => vy > 0.5)).toBe(true);
    expect(sensed(0.4, false).sample.movers).toEqual([]);
  });

  it("is forgotten where the connection breaks", () => {
    const { sensing } = sensed(2, false);
    sensing.reset();
    expect(sensing.sample(2.1)).toBe("no odometry yet");
  });
});
