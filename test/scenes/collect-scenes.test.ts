import { beforeAll, describe, expect, test } from "vitest";
import { createSafetyChecker } from "../../src/planner/index.ts";
import { type BenchScene, collectScenes } from "../../src/scenes/collect-scenes.ts";
import { SCENE_KINDS } from "../../src/scenes/index.ts";
import { familySource, mapSource, type SceneRun, worldSource } from "../../src/scenes/scene-source.ts";
import {
  computeDistanceField,
  createGrid,
  distanceAt,
  footprintContact,
  footprintReach,
  getRobot,
  makeWorld,
  OCCUPIED,
  poseOf,
  WORLD_FAMILIES,
} from "../../src/sim/index.ts";

const robot = getRobot("jackal");
const collect = (count: number, seed = 0): Promise<BenchScene[]> =>
  collectScenes({ source: familySource(WORLD_FAMILIES, seed, robot), robot, count, seed });
const occupied = ({ scene }: BenchScene): number => scene.grid.cells.filter((c) => c >= OCCUPIED).length;

describe("scenes out of closed-loop drives", () => {
  let scenes: BenchScene[];
  const ofKind = (kind: string): BenchScene[] => scenes.filter((scene) => scene.kind === kind);
  beforeAll(async () => {
    scenes = await collect(30);
  }, 60_000);

  test("every kind occurs, and ordinary ticks most often", () => {
    expect(scenes).toHaveLength(30);
    const counts = SCENE_KINDS.map((kind) => ofKind(kind).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...counts)).toBe(ofKind("ordinary").length);
  });

  test("the same seed gives the same scenes, another seed others", async () => {
    const [again, other] = [await collect(8), await collect(8, 1)];
    expect(again).toEqual(scenes.slice(0, 8));
    expect(other.map(({ from }) => from)).not.toEqual(again.map(({ from }) => from));
  });

  test("each scene has a grid of its own, which no later tick overwrites", () => {
    expect(new Set(scenes.map(({ scene }) => scene.grid.cells.buffer)).size).toBe(scenes.length);
    for (const { scene } of scenes) {
      const { origin, width, height, resolution } = scene.grid;
      expect(Math.abs(origin.x + 0.5 * width * resolution - scene.x[0])).toBeLessThan(1.5);
      expect(Math.abs(origin.y + 0.5 * height * resolution - scene.x[1])).toBeLessThan(1.5);
    }
  });

  test("a last plan is one period old; a first tick has none", () => {
    for (const { kind, scene, lastPlan } of scenes) {
      if (kind === "first") expect(lastPlan).toBeUndefined();
      else expect(scene.time - lastPlan!.time).toBeCloseTo(0.1, 9);
    }
  });

  test("an ordinary scene lies near its last plan, a displaced one off it but free", () => {
    const offset = ({ scene, lastPlan }: BenchScene): number =>
      Math.hypot(scene.x[0] - lastPlan!.X[5], scene.x[1] - lastPlan!.X[6]);
    for (const scene of ofKind("ordinary")) expect(offset(scene)).toBeLessThan(0.1);
    const displaced = ofKind("displaced");
    expect(displaced.filter((scene) => offset(scene) > 0.1).length).toBeGreaterThan(displaced.length / 2);
    for (const { scene } of displaced)
      expect(footprintContact(robot, poseOf(scene.x), scene.grid)).toBe(false);
  });

  test("an obstacle stands on the last plan's track, and the detour goes around it", () => {
    const checker = createSafetyChecker(robot);
    const reach = footprintReach(robot);
    for (const scene of ofKind("obstacle")) {
      const { grid } = scene.scene;
      const field = computeDistanceField(grid, { unknown: "free" });
      expect(occupied(scene)).toBeGreaterThan(0);
      expect(checker.check(scene.lastPlan!.X, field, grid).safe).toBe(false);
      for (let i = 0; i < scene.detour!.length; i += 2)
        expect(distanceAt(field, scene.detour![i], scene.detour![i + 1])).toBeGreaterThan(0.4 * reach);
    }
  });
});

describe("where scenes come from", () => {
  const first = (runs: Iterable<SceneRun>, count: number): SceneRun[] => {
    const taken: SceneRun[] = [];
    for (const run of runs) if (taken.push(run) === count) break;
    return taken;
  };

  test("families take turns, from seed 10000 on", () => {
    const names = first(familySource(["cells", "maze"], 0, robot).runs(), 4).map(({ name }) => name);
    expect(names).toEqual(["cells:10000", "maze:10000", "cells:10001", "maze:10001"]);
  });

  test("a source that ends gives fewer scenes than asked for", async () => {
    const source = worldSource("clutter:7", [{ family: "clutter", seed: 7 }], robot);
    const scenes = await collectScenes({ source, robot, count: 100, seed: 0 });
    expect(scenes.length).toBeGreaterThan(3);
    expect(scenes.length).toBeLessThan(10);
    expect(new Set(scenes.map(({ from }) => from))).toEqual(new Set(["clutter:7"]));
  });

  test("drives on a map begin and end with room to turn", () => {
    const { grid } = makeWorld("rooms", 3);
    const runs = first(mapSource("rooms.yaml", grid, robot, 5).runs(), 6);
    expect(runs).toHaveLength(6);
    const field = computeDistanceField(grid, { unknown: "occupied" });
    for (const { start, goal } of runs) {
      for (const { x, y } of [start, goal])
        expect(distanceAt(field, x, y)).toBeGreaterThan(footprintReach(robot));
    }
  });

  test("a map without room has no drives, and that is said", async () => {
    const source = mapSource("full.yaml", createGrid(50, 50, 0.05, undefined, 100), robot, 0);
    expect([...source.runs()]).toEqual([]);
    const scenes = collectScenes({ source, robot, count: 1, seed: 0 });
    await expect(scenes).rejects.toThrow("no drive for jackal: random drives on full.yaml");
  });

  test("a small robot has drives on a map of a few metres", () => {
    const room = createGrid(60, 60, 0.05);
    expect(first(mapSource("room.yaml", room, getRobot("turtlebot3"), 0).runs(), 3)).toHaveLength(3);
    expect(first(mapSource("room.yaml", room, robot, 0).runs(), 3)).toHaveLength(0);
  });
});
