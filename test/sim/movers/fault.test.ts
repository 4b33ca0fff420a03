import { describe, expect, it } from "vitest";
import { createRng } from "../../../src/base/index.ts";
import {
  createGrid,
  createRangeSensor,
  createSimulator,
  footprintDiscGap,
  getRobot,
  type Walker,
} from "../../../src/sim/index.ts";

const robot = getRobot("jackal");
const hall = createGrid(240, 160, 0.05);
const top = robot.model === "differential" ? robot.limits.vMax : Number.NaN;
const hardest = robot.model === "differential" ? robot.limits.aMax : Number.NaN;
const drive = (a: number) => ({ kind: "drive", u: Float64Array.of(a, 0) }) as const;

/** A robot on the line y = 4 at a speed, and one who walks straight on, notices nobody and stops for nobody. */
function meet(
  speed: number,
  from: { x: number; y: number },
  to: { x: number; y: number },
  manner: Walker["manner"],
) {
  const start = Float64Array.of(3, 4, 0, speed, 0);
  const movers: Walker[] = [{ id: 0, ...from, radius: 0.25, speed: 1.4, goals: [to], manner }];
  return createSimulator({ robot, grid: hall, start, rng: createRng(1), movers, options: { lag_s: 0 } });
}

describe("whose fault a contact is", () => {
  it("is the robot's where it drives on into somebody", () => {
    const simulator = meet(1, { x: 6, y: 4 }, { x: 6, y: 4 }, "straight");
    for (let tick = 0; tick < 40; tick++) simulator.step(drive(0), 0.1);
    expect(simulator.moverTally).toMatchObject({ contacts: 1, caused: 1, minClearance: 0 });
    expect(simulator.contacts).toBe(1);
  });

  it("is the robot's where it slows down without braking as hard as it can", () => {
    const simulator = meet(1, { x: 9, y: 4 }, { x: 1, y: 4 }, "straight");
    for (let tick = 0; tick < 40; tick++) simulator.step(drive(-0.3 * hardest), 0.1);
    expect(simulator.moverTally.caused).toBe(simulator.state[3] > 0.05 * top || simulator.contact ? 1 : 0);
    const gently = meet(top, { x: 5, y: 4 }, { x: 1, y: 4 }, "straight");
    for (let tick = 0; tick < 20; tick++) gently.step(drive(-0.3 * hardest), 0.1);
    expect(gently.moverTally).toMatchObject({ contacts: 1, caused: 1 });
  });

  it("is not the robot's where it brakes as hard as it can as soon as that is to be foreseen, nor where it stands", () => {
    // Nearer than the robot can stop in.
    const simulator = meet(top, { x: 4.4, y: 4 }, { x: 1, y: 4 }, "straight");
    while (simulator.time < 0.15) simulator.step(drive(0), 0.05);
    for (let tick = 0; tick < 40; tick++) simulator.step({ kind: "stop" }, 0.05);
    expect(simulator.moverTally).toMatchObject({ contacts: 1, caused: 0 });
    const late = meet(top, { x: 6.4, y: 4 }, { x: 1, y: 4 }, "straight");
    while (late.time < 0.6) late.step(drive(0), 0.05);
    for (let tick = 0; tick < 40; tick++) late.step({ kind: "stop" }, 0.05);
    expect(late.moverTally).toMatchObject({ contacts: 1, caused: 1 });
    const standing = meet(0, { x: 6, y: 4 }, { x: 1, y: 4 }, "straight");
    for (let tick = 0; tick < 40; tick++) standing.step({ kind: "stop" }, 0.1);
    expect(standing.moverTally).toMatchObject({ contacts: 1, caused: 0 });
  });

  it("is not the robot's where it is met from behind, and is where somebody walks into its side", () => {
    const behind = meet(0.6, { x: 1, y: 4 }, { x: 11, y: 4 }, "straight");
    for (let tick = 0; tick < 60; tick++) behind.step(drive(0), 0.1);
    expect(behind.moverTally.contacts).toBeGreaterThan(0);
    expect(behind.moverTally.caused).toBe(0);
    const side = meet(1, { x: 4.4, y: 6 }, { x: 4.4, y: 1 }, "straight");
    for (let tick = 0; tick < 30; tick++) side.step(drive(0), 0.1);
    expect(side.moverTally).toMatchObject({ contacts: 1, caused: 1 });
  });

  it("holds the robot in a contact that it caused, until the other has gone", () => {
    const simulator = meet(1, { x: 5, y: 4 }, { x: 1, y: 4 }, "rail");
    simulator.step(drive(0), 1);
    expect(simulator.contact).toBe(true);
    const held = simulator.pose;
    simulator.step(drive(0), 0.1);
    expect(simulator.pose).toEqual(held);
    simulator.step(drive(0), 2);
    expect(simulator.contact).toBe(false);
  });
});

describe("the gap between footprint and disc", () => {
  it("is the distance to the nearest of many points of the edge, and its normal leads from there to the centre", () => {
    const rng = createRng(2);
    const out = new Float64Array(4);
    for (let n = 0; n < 50; n++) {
      const pose = { x: rng.gauss(), y: rng.gauss(), yaw: 3 * rng.gauss() };
      const [x, y] = [pose.x + 0.6 * rng.gauss(), pose.y + 0.6 * rng.gauss()];
      const gap = footprintDiscGap(robot, pose, x, y, 0.2, out);
      let nearest = Number.POSITIVE_INFINITY;
      let inside = true;
      robot.footprint.forEach(([ax, ay], e) => {
        const [bx, by] = robot.footprint[(e + 1) % robot.footprint.length];
        const place = (px: number, py: number): [number, number] => [
          pose.x + Math.cos(pose.yaw) * px - Math.sin(pose.yaw) * py,
          pose.y + Math.sin(pose.yaw) * px + Math.cos(pose.yaw) * py,
        ];
        const [a, b] = [place(ax, ay), place(bx, by)];
        if ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) < 0) inside = false;
        for (let t = 0; t <= 1; t += 0.002)
          nearest = Math.min(nearest, Math.hypot(a[0] + t * (b[0] - a[0]) - x, a[1] + t * (b[1] - a[1]) - y));
      });
      const expected = (inside ? -nearest : nearest) - 0.2;
      expect(Math.abs(gap - expected)).toBeLessThan(2e-3);
      const [px, py, nx, ny] = out;
      expect(Math.hypot(nx, ny)).toBeCloseTo(1, 9);
      expect(px + (gap + 0.2) * nx).toBeCloseTo(x, 6);
      expect(py + (gap + 0.2) * ny).toBeCloseTo(y, 6);
    }
  });
});

describe("a range sensor among movers", () => {
  it("hits their near side with the beams of their angular width, and a wall before them hides them", () => {
    const sensor = createRangeSensor({ beams: 3600, noise: 0, range: 8, rng: createRng(1) });
    const mover = { id: 0, x: 6, y: 4, vx: 0, vy: 0, radius: 0.3 };
    const pose = { x: 3, y: 4, yaw: 0.7 };
    const { ranges, angles } = sensor.scan(hall, pose, [mover]);
    let hits = 0;
    ranges.forEach((range, n) => {
      if (range === Number.POSITIVE_INFINITY) return;
      hits++;
      const phi = pose.yaw + angles[n];
      const [x, y] = [pose.x + range * Math.cos(phi), pose.y + range * Math.sin(phi)];
      expect(Math.hypot(x - mover.x, y - mover.y)).toBeCloseTo(mover.radius, 9);
    });
    expect(Math.min(...ranges)).toBeCloseTo(2.7, 4);
    expect(Math.abs((hits * 2 * Math.PI) / 3600 - 2 * Math.asin(0.3 / 3))).toBeLessThan(0.004);
    const walled = { ...hall, cells: hall.cells.slice() };
    for (let j = 0; j < hall.height; j++) walled.cells[j * hall.width + 90] = 100;
    expect(sensor.scan(walled, pose, [mover]).ranges).toEqual(sensor.scan(walled, pose).ranges);
  });
});
