import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createExpert,
  DATASET_FORMAT,
  type ExpertOptions,
  readShard,
  resolveKindShares,
  splitOf,
} from "../../src/scenes/index.ts";
import { getRobot, WORLD_FAMILIES, type WorldFamily, type WorldId } from "../../src/sim/index.ts";
import { type Manifest, openDatasetFolder } from "../../src/train/collect/dataset-folder.ts";
import { firstWorlds, planShards, WORLDS_PER_SHARD } from "../../src/train/collect/plan-shards.ts";
import { buildCli, ROOT, runHere, runProcess } from "./run-cli.ts";

const LINE = { groups: [[getRobot("jackal")]], seed: 0 };
const folder = (): string => join(mkdtempSync(join(tmpdir(), "mnemosyne-collect-")), "data");
const shardsOf = (dir: string): string[] => readdirSync(dir).filter((file) => file.endsWith(".arrow"));
const names = (worlds: readonly { family: string; seed: number }[]): string[] =>
  worlds.map(({ family, seed }) => `${family}:${seed}`);

describe("which worlds go into which shard", () => {
  const plans = planShards(firstWorlds(200), LINE, false);

  test("families take turns, and each world is in one shard, of its own split", () => {
    expect(names(firstWorlds(6))).toEqual([
      "cells:0",
      "clutter:0",
      "rooms:0",
      "corridor:0",
      "maze:0",
      "cells:1",
    ]);
    const all = plans.flatMap(({ worlds }) => names(worlds));
    expect(new Set(all).size).toBe(200);
    expect(all).toHaveLength(200);
    for (const { file, worlds } of plans) {
      expect(worlds.length).toBeLessThanOrEqual(WORLDS_PER_SHARD);
      for (const world of worlds) expect(file.startsWith(`${splitOf(world)}-`)).toBe(true);
    }
  });

  test("a world given twice is collected once", () => {
    const [a, b] = firstWorlds(2);
    expect(planShards([a, b, a, a], LINE, false).flatMap(({ worlds }) => worlds)).toHaveLength(2);
  });

  test("more worlds leave all shards but the last of each split as they were", () => {
    const more = new Map(planShards(firstWorlds(300), LINE, false).map(({ file, worlds }) => [file, worlds]));
    const full = plans.filter(({ worlds }) => worlds.length === WORLDS_PER_SHARD);
    expect(full.length).toBeGreaterThan(40);
    for (const { file, worlds } of full) expect(more.get(file)).toEqual(worlds);
  });

  test("worlds of the benchmarks are refused unless they are allowed", () => {
    const unseen = [{ family: "maze" as WorldFamily, seed: 10_000 }];
    expect(() => planShards(unseen, LINE, false)).toThrow(
      "world maze:10000 is for benchmarks, expected seeds below 10000",
    );
    expect(planShards(unseen, LINE, true)).toHaveLength(1);
    expect(firstWorlds(50_000).every(({ seed }) => seed < 10_000)).toBe(true);
    expect(new Set(firstWorlds(10).map(({ family }) => family))).toEqual(new Set(WORLD_FAMILIES));
  });
});

describe("misuse of collect is refused before anything is written", () => {
  const refuse = async (args: string[], message: string): Promise<void> => {
    const { code, stderr } = await runHere(["collect", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  };

  test("without a folder, with unknown kinds, odd shares or worlds for benchmarks", async () => {
    const out = folder();
    await refuse([], "Say where to collect: --out FOLDER.");
    await refuse(["--out", out, "--kinds", "usual=1"], 'kind of scene is "usual"');
    await refuse(["--out", out, "--kinds", "goal=0"], "every kind of scene has share 0");
    await refuse(["--out", out, "--kinds", "goal"], "Expected NAME=NUMBER");
    await refuse(["--out", out, "--kinds", "goal=1,goal=2"], "goal is named twice");
    await refuse(["--out", out, "--worlds", "cells:1,bogus:2"], 'world family is "bogus"');
    await refuse(["--out", out, "--worlds", "cells:9998-10001"], "world cells:10000 is for benchmarks");
    await refuse(["--out", out, "--count", "0"], "whole number from 1");
    expect(existsSync(out)).toBe(false);
  });

  test("a folder with shards but no manifest, or with another's manifest", async () => {
    const out = mkdtempSync(join(tmpdir(), "mnemosyne-collect-"));
    writeFileSync(join(out, "mine.arrow"), "mine");
    await refuse(["--out", out], "holds mine.arrow but no manifest.json");
    writeFileSync(join(out, "manifest.json"), '{"format":"other"}');
    const { code, stderr } = await runHere(["collect", "--out", out]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("not the manifest of a data set")]);
    expect(readFileSync(join(out, "mine.arrow"), "utf8")).toBe("mine");
  });
});

describe("a folder that is collected into again", () => {
  const robot = getRobot("jackal");
  const manifestOf = (expert: ExpertOptions | undefined): Manifest => ({
    format: DATASET_FORMAT,
    options: { robot, seed: 0, kinds: resolveKindShares({ ordinary: 1 }), expert },
    versions: { mnemosyne: "0.1.0" },
    shards: [],
  });
  const now = manifestOf(createExpert(robot).options);

  test("keeps what its labels are optima of, and refuses labels of something else", async () => {
    const out = folder();
    expect(await openDatasetFolder(out, now)).toEqual(now);
    const { expert } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")).options;
    expect(expert).toMatchObject({ tol: 1e-4, patient: false, navigation: { N: 30, lookahead: 3 } });
    expect(await openDatasetFolder(out, now)).toEqual(now);
    const other = createExpert(robot, { navigation: { margin: 0.1 } }).options;
    await expect(openDatasetFolder(out, manifestOf(other))).rejects.toThrow(/was collected with expert/);
  });

  test("refuses a map that has changed", async () => {
    const out = folder();
    const on = (id: string): Manifest => ({
      ...now,
      options: { ...now.options, maps: [{ name: "hall", id }] },
    });
    await openDatasetFolder(out, on("1"));
    await expect(openDatasetFolder(out, on("2"))).rejects.toThrow(/was collected with maps .*"id":"1"/);
  });

  test("goes on where an older version did not say what they are", async () => {
    const out = folder();
    const old = manifestOf(undefined);
    await openDatasetFolder(out, old);
    expect((await openDatasetFolder(out, now)).options).toEqual(JSON.parse(JSON.stringify(old.options)));
  });
});

// Five worlds of one split, so two shards, with the shortest drives among the first hundred; ordinary ticks
// alone, which are quick to label.
const FIVE = [19, 16, 7, 18, 17].map((seed): WorldId => ({ family: "rooms", seed }));
const collectFive = (out: string, ...more: string[]): string[] => [
  "collect",
  "--worlds",
  names(FIVE).join(","),
  "--kinds",
  "ordinary=1",
  "--out",
  out,
  "--json",
  ...more,
];
const LONG = { timeoutMs: 240_000 };

describe("collecting", { timeout: 600_000 }, () => {
  const whole = folder();
  let summary: Record<string, unknown>;
  beforeAll(async () => {
    expect(FIVE.map(splitOf)).toEqual(FIVE.map(() => "train"));
    buildCli();
    const { code, stdout, stderr } = await runProcess(collectFive(whole), LONG);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
    summary = JSON.parse(stdout);
  }, 600_000);

  test("the summary says what the shards hold", () => {
    const shards = shardsOf(whole).map((file) => readShard(readFileSync(join(whole, file))));
    const examples = shards.reduce((sum, { length }) => sum + length, 0);
    expect(shardsOf(whole)).toEqual(["train-00000.arrow", "train-00001.arrow"]);
    expect(summary).toMatchObject({
      verb: "collect",
      examples,
      new_examples: examples,
      worlds: 5,
      shards: 2,
    });
    expect(summary).toMatchObject({ failed_shards: 0, robot: "jackal", seed: 0, out: whole });
    const kinds = summary.kinds as Record<string, number>;
    expect(Object.values(kinds).reduce((a, b) => a + b, 0)).toBe(examples);
    expect(kinds.ordinary).toBeGreaterThan(0.9 * examples);
    const manifest = JSON.parse(readFileSync(join(whole, "manifest.json"), "utf8"));
    expect(manifest.shards.map((row: { file: string }) => row.file)).toEqual(shardsOf(whole));
    expect(manifest.options).toMatchObject({ seed: 0, robot: { name: "jackal" }, kinds: { ordinary: 1 } });
  });

  test("killed with -9 and run again it goes on, and ends with the same bytes", async () => {
    const out = folder();
    const child = spawn(
      process.execPath,
      [join(ROOT, "dist/cli/main.js"), ...collectFive(out, "--jobs", "1")],
      {
        stdio: "ignore",
      },
    );
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (child.exitCode === null && !existsSync(join(out, "train-00000.arrow")))
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await ended;
    expect(shardsOf(out)).toEqual(["train-00000.arrow"]);
    const left = readFileSync(join(out, "train-00000.arrow"));
    // What a kill in the middle of a write leaves behind; its process is gone.
    writeFileSync(join(out, `train-00001.arrow.${child.pid}.partial`), left.subarray(0, 1000));

    const { code, stdout } = await runProcess(collectFive(out, "--jobs", "2"), LONG);
    expect(code).toBe(0);
    const again = JSON.parse(stdout);
    const kept = readShard(left).length;
    expect(again).toMatchObject({
      examples: summary.examples,
      new_examples: (summary.examples as number) - kept,
    });
    expect(readdirSync(out).sort()).toEqual(readdirSync(whole).sort());
    for (const file of shardsOf(whole))
      expect(readFileSync(join(out, file)).equals(readFileSync(join(whole, file)))).toBe(true);
  });

  test("a shard that was damaged is collected again; what is there stays", async () => {
    const out = folder();
    const one = [
      "collect",
      "--worlds",
      names(FIVE).slice(0, 1).join(),
      "--kinds",
      "ordinary=1",
      "--out",
      out,
      "--json",
    ];
    expect((await runProcess(one, LONG)).code).toBe(0);
    const file = join(out, "train-00000.arrow");
    const good = readFileSync(file);
    expect(JSON.parse((await runProcess(one, LONG)).stdout)).toMatchObject({ new_examples: 0, shards: 1 });
    writeFileSync(file, good.subarray(0, good.length / 2));
    expect((await runProcess(one, LONG)).code).toBe(0);
    expect(readFileSync(file).equals(good)).toBe(true);
  });

  test("other options or other worlds are refused, and nothing is lost", async () => {
    const before = shardsOf(whole).map((file) => readFileSync(join(whole, file)));
    const seed = await runHere(collectFive(whole, "--seed", "1"));
    expect([seed.code, seed.stderr]).toEqual([
      2,
      expect.stringContaining("was collected with seed 0, now it is 1"),
    ]);
    const robot = await runHere(collectFive(whole, "--robot", "turtlebot3"));
    expect([robot.code, robot.stderr]).toEqual([2, expect.stringContaining("was collected with robot")]);
    const other = ["collect", "--worlds", "maze:1-5", "--kinds", "ordinary=1", "--out", whole];
    const worlds = await runHere(other);
    expect([worlds.code, worlds.stderr]).toEqual([2, expect.stringContaining("holds other worlds")]);
    const after = shardsOf(whole).map((file) => readFileSync(join(whole, file)));
    expect(after.map((bytes, i) => bytes.equals(before[i]))).toEqual([true, true]);
  });

  test("enough examples end it after the shard with which there are enough, however many work at it", async () => {
    const [first] = shardsOf(whole).map((file) => readShard(readFileSync(join(whole, file))).length);
    const out = folder();
    const run = await runProcess(collectFive(out, "--examples", String(first - 1), "--jobs", "2"), LONG);
    expect(JSON.parse(run.stdout)).toMatchObject({ examples: first, shards: 1 });
    expect(shardsOf(out)).toEqual(["train-00000.arrow"]);
  });

  test("Ctrl-C ends it at once with a sentence, and no half-written file", async () => {
    const out = folder();
    const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...collectFive(out)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (!existsSync(join(out, "manifest.json"))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    expect(await ended).toBe(1);
    expect(stderr).toContain("the same command goes on");
    expect(readdirSync(out).filter((file) => file.includes("partial"))).toEqual([]);
  });
});
