import { McapIndexedReader } from "@mcap/core";
import { beforeAll, expect, it } from "vitest";
import { bytesSource, readLog } from "../../src/record/index.ts";
import { type Mover, makeWorld, type Simulator } from "../../src/sim/index.ts";
import { personBody } from "../../viewer/src/scene/late/bodies.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

let run: ShortRun;
const truly: (readonly Mover[])[] = [];
const clearances: (number | undefined)[] = [];
beforeAll(async () => {
  const { start, goal } = makeWorld("clutter", 5);
  const walker = { ...start, id: 4, radius: 0.2, speed: 0.8, goals: [goal], manner: "rail" } as const;
  const movers = [{ ...walker, x: start.x + 3, y: start.y, goals: [start] }];
  const onTick = (_: unknown, simulator: Simulator): void => {
    truly.push(simulator.movers);
    clearances.push(simulator.moverClearance);
  };
  run = await shortRun({ timeout_s: 0.8, movers, onTick, init: "shift", iterations: 1 });
});

it("a log holds who moved: the truth to a tenth of a millimetre, and to the last bit what was planned from", async () => {
  const { ticks, problems } = await readLog(run.bytes);
  expect(problems).toEqual([]);
  expect(ticks.length).toBe(truly.length);
  ticks.forEach(({ truth, movers }, n) => {
    const [one] = truly[n];
    const [logged] = truth!.movers!;
    expect(logged.id).toBe(4);
    for (const key of ["x", "y", "vx", "vy", "radius"] as const)
      expect(Math.abs(logged[key] - one[key])).toBeLessThan(0.51e-4);
    expect(truth!.moverClearance).toBe(clearances[n]);
    expect(movers).toEqual(run.reports[n].scene?.movers);
  });
  expect(ticks.some(({ movers }) => movers !== undefined)).toBe(true);
});

it("Foxglove is shown an upright cylinder where each stands, and where the robot takes it to be in two seconds", async () => {
  const reader = await McapIndexedReader.Initialize({ readable: bytesSource(run.bytes) });
  let n = 0;
  for await (const { data } of reader.readMessages({ topics: ["/scene"] })) {
    const { entities } = JSON.parse(new TextDecoder().decode(data));
    const { cylinders, lines, frame_id } = entities.find(({ id }: { id: string }) => id === "movers");
    const [one] = truly[n++];
    expect(frame_id).toBe("map");
    expect(cylinders.length).toBe(1);
    expect(cylinders[0].pose.position.x).toBeCloseTo(one.x, 2);
    expect(cylinders[0].size.x).toBeCloseTo(2 * one.radius, 2);
    expect(cylinders[0].pose.position.z).toBe(cylinders[0].size.z / 2);
    for (const { points } of lines) expect(points[1].x - points[0].x).toBeCloseTo(2 * one.vx, 1);
  }
  expect(n).toBe(truly.length);
});

it("the body that the viewer draws is as wide as the disc that is meant, and looks ahead", () => {
  const { array } = personBody().getAttribute("position");
  let [wide, ahead, behind] = [0, 0, 0];
  for (let at = 0; at < array.length; at += 3) {
    wide = Math.max(wide, Math.hypot(array[at], array[at + 1]));
    ahead = Math.max(ahead, array[at]);
    behind = Math.max(behind, -array[at]);
  }
  expect(wide).toBeGreaterThan(0.95);
  expect(wide).toBeLessThanOrEqual(1);
  expect(ahead).toBeGreaterThanOrEqual(behind);
});
