import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/base/index.ts";
import { getRobot, ROBOT_NAMES } from "../../src/sim/index.ts";
import { findMaps, planMapShards } from "../../src/train/collect/collect-maps.ts";
import { firstWorlds, planShards } from "../../src/train/collect/plan-shards.ts";
import { onlyRobot, robotLine, robotOfShard } from "../../src/train/collect/robot-line.ts";

const line = (words: string[], seed = 0) => robotLine(words, seed, async (name) => getRobot(name));

describe("a line of robots", () => {
  test("of one robot is that robot, of several none", async () => {
    expect(onlyRobot(await line(["omni"]))).toEqual(getRobot("omni"));
    expect(onlyRobot(await line(["omni", "jackal"]))).toBeUndefined();
    expect(onlyRobot(await line(["random"]))).toBeUndefined();
  });

  test("lets presets and random robots take turns, each preset in its turn", async () => {
    const both = await line(["presets", "random"]);
    const names = Array.from({ length: 10 }, (_, n) => robotOfShard(both, "train", n).name);
    expect(names.filter((_, n) => n % 2 === 0)).toEqual(ROBOT_NAMES);
    expect(names.filter((_, n) => n % 2 === 1).every((name) => name.startsWith("random-"))).toBe(true);
    expect(new Set(names).size).toBe(10);
  });

  test("draws others with another seed, and others for validation", async () => {
    const [a, b] = [await line(["random"], 1), await line(["random"], 2)];
    expect(robotOfShard(a, "train", 3)).not.toEqual(robotOfShard(b, "train", 3));
    expect(robotOfShard(a, "train", 3)).not.toEqual(robotOfShard(a, "validation", 3));
  });

  test("is refused where it is empty or names a robot twice", async () => {
    await expect(line([])).rejects.toThrow(ConfigError);
    await expect(line(["jackal", "presets"])).rejects.toThrow('two robots are called "jackal"');
  });

  test("gives every world a shard of its own; more worlds leave robots and worlds of the others as they were", async () => {
    const both = await line(["presets", "random"]);
    const few = planShards(firstWorlds(20), both, false);
    const more = new Map(planShards(firstWorlds(50), both, false).map((plan) => [plan.file, plan]));
    expect(few).toHaveLength(20);
    for (const plan of few) expect(more.get(plan.file)).toEqual(plan);
  });
});

describe("maps to drive on", () => {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-maps-"));
  const map = (name: string, image = `P5 4 4 255\n${"\xff".repeat(16)}`): string => {
    writeFileSync(join(folder, `${name}.pgm`), Buffer.from(image, "latin1"));
    const yaml = `image: ${name}.pgm\nresolution: 0.05\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.2\n`;
    writeFileSync(join(folder, `${name}.yaml`), yaml);
    return join(folder, `${name}.yaml`);
  };

  test("are found in a folder, in the order of their names, and one by one", async () => {
    const [b, a] = [map("second floor"), map("first")];
    const id = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(await findMaps([folder])).toEqual([
      { name: "first", file: a, id },
      { name: "second-floor", file: b, id },
    ]);
    expect(await findMaps([b])).toEqual([{ name: "second-floor", file: b, id }]);
    await expect(findMaps([folder, a])).rejects.toThrow('two maps are called "first"');
  });

  test("take turns; a shard is of one map and one split, and more drives leave whole shards as they were", async () => {
    const maps = await findMaps([folder]);
    const one = await line(["jackal"]);
    const plans = planMapShards(maps, 60, one);
    const drives = plans.flatMap(({ worlds }) => worlds.map(({ map: name, seed }) => `${name}#${seed}`));
    expect(new Set(drives).size).toBe(60);
    for (const { file, map: path, worlds } of plans)
      for (const world of worlds) {
        expect(file).toContain(world.map);
        expect(path).toBe(maps.find(({ name }) => name === world.map)!.file);
      }
    const more = new Map(planMapShards(maps, 90, one).map((plan) => [plan.file, plan]));
    for (const plan of plans.filter(({ worlds }) => worlds.length === 4))
      expect(more.get(plan.file)).toEqual(plan);
  });

  test("that are broken, missing or none are named", async () => {
    await expect(findMaps([join(folder, "none.yaml")])).rejects.toThrow("none.yaml");
    await expect(findMaps([mkdtempSync(join(tmpdir(), "mnemosyne-none-"))])).rejects.toThrow("holds no map");
    const broken = join(mkdtempSync(join(tmpdir(), "mnemosyne-bad-")), "bad.yaml");
    writeFileSync(broken, "image: there-is-none.pgm\nresolution: 0.05\norigin: [0, 0, 0]\n");
    await expect(findMaps([broken])).rejects.toThrow("bad.yaml");
  });
});
