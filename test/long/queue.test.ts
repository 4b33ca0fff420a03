import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { readSteeredWeights } from "../../src/optim/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { BUILD_TIME, buildCli, ROOT, runProcess } from "../cli/run-cli.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "../queue/redis-server.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-queue-"));

/** So often a worker is killed; a job is given up after five that died over it. */
const KILLS = 3;

/** A workplace: two worker processes of the program, of which one or the other is killed now and then and replaced. */
function workplace(queue: string, store: string, seed: number) {
  const rng = createRng(seed);
  const hire = (): ChildProcess =>
    spawn(process.execPath, ["dist/cli/main.js", "worker", "--queue", queue, "--store", store, "--jobs", "1", "--stall", "2"], { cwd: ROOT, stdio: "ignore" }); // biome-ignore format: one line
  const workers = [hire(), hire()];
  let killed = 0;
  const strike = (): void => {
    const at = rng.int(workers.length);
    workers[at].kill("SIGKILL");
    workers[at] = hire();
    if (++killed === KILLS) return;
    timer = setTimeout(strike, 4000 + 8000 * rng.uniform());
  };
  let timer = setTimeout(strike, 5000);
  return {
    killed: () => killed,
    close(): void {
      clearTimeout(timer);
      for (const one of workers) one.kill("SIGKILL");
    },
  };
}

describe.skipIf(!HAS_REDIS)("workers that are killed at random (needs redis-server)", () => {
  let redis: RedisServer;
  const store = folder();
  beforeAll(async () => {
    buildCli();
    redis = await startRedis();
  }, BUILD_TIME);
  afterAll(() => redis.stop());

  test("evaluate's rows and totals are those of one machine, but for the times", async () => {
    const place = workplace(redis.url, store, 1);
    const robot = join(folder(), "own.json");
    writeFileSync(robot, JSON.stringify({ ...getRobot("turtlebot3"), name: "own" }));
    const args = ["evaluate", "--worlds", "clutter:0-7", "--robot", robot, "--timeout", "60", "--json"];
    const queued = await runProcess([...args, "--queue", redis.url, "--store", store], {
      timeoutMs: 250_000,
    });
    place.close();
    const local = await runProcess(args, { timeoutMs: 250_000 });
    const untimed = (stdout: string): unknown[] =>
      stdout
        .trim()
        .split("\n")
        .map((line) => {
          const { plan_ms, parts_ms, deadline, jobs, wall_s, ...row } = JSON.parse(line);
          return row;
        });
    expect(untimed(queued.stdout)).toEqual(untimed(local.stdout));
    expect(queued.code).toBe(local.code);
    expect(place.killed()).toBeGreaterThan(0);
  });

  test("collect's files are those of one machine, byte for byte", async () => {
    const place = workplace(redis.url, store, 2);
    const args = ["collect", "--worlds", "cells:0-1,clutter:1-3"];
    const [one, other] = [join(folder(), "one"), join(folder(), "other")];
    const queued = await runProcess([...args, "--out", one, "--queue", redis.url, "--store", store], { timeoutMs: 280_000 }); // biome-ignore format: one line
    place.close();
    expect(queued.code).toBe(0);
    expect((await runProcess([...args, "--out", other], { timeoutMs: 250_000 })).code).toBe(0);
    expect(readdirSync(one).sort()).toEqual(readdirSync(other).sort());
    for (const file of readdirSync(other))
      expect(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), file).toBe(true);
    expect(readdirSync(join(store, "results"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]); // biome-ignore format: one line
  });

  test("evolve's weights are those of one machine, bit for bit", async () => {
    const place = workplace(redis.url, store, 3);
    const args = [
      "evolve",
      "--synthetic",
      "--coordinates",
      "mean",
      "--pairs",
      "2",
      "--runs",
      "1",
      "--steps",
      "3",
    ];
    const [one, other] = [join(folder(), "one"), join(folder(), "other")];
    const queued = await runProcess([...args, "--out", one, "--queue", redis.url], { timeoutMs: 280_000 });
    place.close();
    expect(queued.code).toBe(0);
    const local = await runProcess([...args, "--out", other, "--threads", "1"], { timeoutMs: 250_000 });
    expect(local.code).toBe(0);
    expect(place.killed()).toBeGreaterThan(0);
    const [a, b] = [one, other].map((path) => readSteeredWeights(readFileSync(join(path, "optimizer.mnos"))));
    expect(a.weights).toEqual(b.weights);
  });
});
