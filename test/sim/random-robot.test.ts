import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ALL_FAMILIES,
  drawRobot,
  footprintContact,
  makeWorld,
  parseRobot,
  ROBOT_MODELS,
  ROBOTS,
  type Robot,
  scaleWorld,
  topSpeed,
  WORLD_DEFAULTS,
  worldFor,
  worldScale,
} from "../../src/sim/index.ts";

const robots = Array.from({ length: 300 }, (_, seed) => drawRobot(seed));

describe("a robot that is drawn", () => {
  test("is a legal robot file, and is read as what it is", () => {
    for (const robot of robots) expect(parseRobot(JSON.parse(JSON.stringify(robot)))).toEqual(robot);
  });

  test("is the same for the same seed, another one for another", () => {
    expect(drawRobot(7)).toEqual(drawRobot(7));
    expect(new Set(robots.map((robot) => JSON.stringify(robot))).size).toBe(robots.length);
  });

  test("is none of those that are held out", () => {
    const folder = new URL("../../datasets/held-out-robots/", import.meta.url);
    const heldOut = readdirSync(folder).map((file) =>
      parseRobot(JSON.parse(readFileSync(new URL(file, folder), "utf8"))),
    );
    expect(heldOut.map(({ name }) => name).sort()).toEqual(["forklift", "mower", "slow-turner", "truck"]);
    for (const { name } of heldOut)
      expect([...robots, ...Object.values(ROBOTS)].map((robot) => robot.name)).not.toContain(name);
  });

  test("may be of every model, slow and fast, small and large", () => {
    for (const model of ROBOT_MODELS)
      expect(robots.filter((robot) => robot.model === model).length).toBeGreaterThan(60);
    const speeds = robots.map(topSpeed);
    const sizes = robots.map(worldScale);
    expect([Math.min(...speeds), Math.max(...speeds)]).toEqual([expect.closeTo(0.15, 1), 3]);
    expect(Math.min(...sizes)).toBeLessThan(0.4);
    expect(Math.max(...sizes)).toBeGreaterThan(3);
  });
});

describe("a world of a robot's size", () => {
  test("is as it is generated for the Jackal, to a twentieth", () => {
    expect(worldScale(ROBOTS.jackal)).toBeGreaterThan(0.95);
    expect(worldScale(ROBOTS.jackal)).toBeLessThan(1);
  });

  test("grows with the robot", () => {
    const twice = ROBOTS.jackal.footprint.map(([x, y]) => [2 * x, 2 * y] as const);
    expect(worldScale({ footprint: twice })).toBeCloseTo(2 * worldScale(ROBOTS.jackal), 12);
    expect(worldScale({ footprint: twice.map(([x, y]) => [x + 0.3, y]) })).toBeCloseTo(
      worldScale({ footprint: twice }),
      12,
    );
  });

  test("is what a robot drives in that has no room in it as it is generated, and in every family it starts clear", () => {
    const truck: Robot = {
      ...{ name: "truck", source: "drawn", model: "bicycle", wheelbase: 2.6 },
      footprint: [
        [-0.9, -0.9],
        [3.3, -0.9],
        [3.3, 0.9],
        [-0.9, 0.9],
      ],
      limits: { vMin: -2, vMax: 5, deltaMax: 0.6, aMax: 2, deltaRateMax: 1 },
    };
    for (const family of ALL_FAMILIES) {
      const world = worldFor(truck, { family, seed: 2 });
      expect(world.scale).toBe(worldScale(truck));
      expect(footprintContact(truck, world.start, world.grid)).toBe(false);
      const { start, grid } = scaleWorld(makeWorld(family, 2), world.scale);
      expect([world.start, world.grid.resolution]).toEqual([start, grid.resolution]);
    }
    const { grid, start } = makeWorld("cells", 1);
    for (const robot of Object.values(ROBOTS)) {
      const world = worldFor(robot, { family: "cells", seed: 1 });
      expect([world.scale, world.start, world.grid.resolution]).toEqual([1, start, grid.resolution]);
    }
  });

  test("has every length that many times, but for those who walk there", () => {
    const world = makeWorld("crowd", 3);
    const scaled = scaleWorld(world, 2.5);
    expect(scaled.grid.resolution).toBeCloseTo(2.5 * world.grid.resolution, 12);
    expect(scaled.grid.cells).toBe(world.grid.cells);
    expect([scaled.goal.x, scaled.start.y]).toEqual([2.5 * world.goal.x, 2.5 * world.start.y]);
    expect(scaled.start.yaw).toBe(world.start.yaw);
    expect(scaled.movers[0].x).toBe(2.5 * world.movers[0].x);
    expect(scaled.movers.map(({ radius, speed }) => [radius, speed])).toEqual(
      world.movers.map(({ radius, speed }) => [radius, speed]),
    );
    expect(WORLD_DEFAULTS.clearance).toBe(0.36);
  });
});
