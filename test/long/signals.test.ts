import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGrid, getRobot } from "../../src/sim/index.ts";
import { startFakeServer } from "../bridge/rosbridge-robot.ts";
import { BUILD_TIME, buildCli, startProcess } from "../cli/run-cli.ts";
import { HAS_REDIS, startRedis } from "../queue/redis-server.ts";

// What a terminal sends (Ctrl-C, once or twice; its window is closed) and a service manager (SIGTERM) to verbs that go on
// until they are told to end.
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-signals-"));
beforeAll(buildCli, BUILD_TIME);
afterAll(() => rmSync(folder, { recursive: true }));

describe("connect", () => {
  it.each([[["SIGTERM"]], [["SIGHUP"]], [["SIGINT", "SIGINT"]]] as const)(
    "told %j, the robot is stopped",
    async (signals) => {
      const grid = createGrid(200, 120, 0.05);
      const base = {
        robot: getRobot("jackal"),
        grid,
        start: { x: 2, y: 3, yaw: 0 },
        seed: 1,
        version: 2,
      } as const;
      const fake = await startFakeServer({ ...base, commandTimeout: 1e9 }); // goes on for ever with what it was told last
      const log = join(folder, "run.mcap");
      const flags = ["--goal", "7,3", "--init", "shift", "--patience", "5", "--record", log];
      const run = startProcess(["connect", fake.url, ...flags], { timeoutMs: 90_000 });
      await expect.poll(() => fake.robot.speed, { timeout: 60_000, interval: 10 }).toBeGreaterThan(0.3);
      for (const signal of signals) run.kill(signal);
      const { code, stderr } = await run.ended;
      expect([code, fake.robot.isStopping], stderr).toEqual([1, true]);
      await fake.close();
      if (signals.length > 1) return; // the second ends it at once
      expect(stderr).toMatch(/\nmnemosyne: interrupted\n$/);
      expect(stderr).not.toContain("no connection");
      expect(readFileSync(log).toString("latin1")).toMatch(/\x89MCAP0\r\n$/); // whole: the mark of its end
    },
  );
});

describe.skipIf(!HAS_REDIS)("worker (needs redis-server)", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "told %s, it leaves the queue and says what it has done",
    async (signal) => {
      const redis = await startRedis();
      const run = startProcess(["worker", "--queue", redis.url, "--jobs", "1", "--json"]);
      await expect.poll(() => run.stderr, { timeout: 20_000 }).toContain("at a time");
      run.kill(signal);
      const { code, stdout } = await run.ended;
      redis.stop();
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { verb: "worker", done: 0, failed: 0 }]);
    },
  );
});
