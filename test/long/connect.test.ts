import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGrid, getRobot, makeWorld } from "../../src/sim/index.ts";
import { type FakeRobotOptions, type FakeServer, startFakeServer } from "../bridge/rosbridge-robot.ts";
import { BUILD_TIME, buildCli, runHere, runProcess } from "../cli/run-cli.ts";

// In real time, across a real socket; what is decided when is told in virtual time by test/bridge/drive-robot.test.ts.
const world = makeWorld("clutter", 3);
const goal = { x: world.start.x + 4, y: world.start.y };
let fake: FakeServer | undefined;

beforeAll(buildCli, BUILD_TIME);
afterEach(() => fake?.close());

/** A Jackal behind a server, at the start of the world. */
async function startJackal(options: Pick<FakeRobotOptions, "commandTimeout" | "delay">): Promise<FakeServer> {
  const { grid, start } = world;
  fake = await startFakeServer({ robot: getRobot("jackal"), grid, start, seed: 1, version: 2, ...options });
  return fake;
}

describe("mnemosyne connect", () => {
  it("drives a robot behind rosbridge to its goal, over a link with delay and loss that breaks once", async () => {
    const delay = { mean: 50, spread: 20, loss: 0.01 };
    const { robot, url, drop } = await startJackal({ commandTimeout: 250, delay });
    const broken = setInterval(() => {
      if (robot.speed < 0.3) return;
      clearInterval(broken);
      drop();
    }, 10);
    const flags = ["--goal", `${goal.x},${goal.y}`, "--init", "shift", "--patience", "1", "--json"];
    const { code, stdout, stderr } = await runProcess(["connect", url, ...flags], { timeoutMs: 100_000 });
    clearInterval(broken);
    expect([code, JSON.parse(stdout || "{}")], stderr).toMatchObject([
      0,
      { verb: "connect", status: "reached", links_lost: 1, robot: "jackal" },
    ]);
    expect(Math.hypot(robot.pose.x - goal.x, robot.pose.y - goal.y)).toBeLessThan(0.35);
    expect(robot.minClearance).toBeGreaterThan(0);
  }, 120_000);

  it("drives a robot of a file of one's own along a route, and says when it was where", async () => {
    fake = await startFakeServer({
      robot: getRobot("jackal"),
      grid: createGrid(140, 120, 0.05),
      start: { x: 2, y: 3, yaw: 0 },
      seed: 1,
      version: 2,
      commandTimeout: 250,
      delay: { mean: 20, spread: 5, loss: 0 },
    });
    const folder = mkdtempSync(join(tmpdir(), "mnemosyne-connect-"));
    const file = (name: string, content: unknown): string => {
      writeFileSync(join(folder, name), JSON.stringify(content));
      return join(folder, name);
    };
    const robot = file("cart.json", { ...getRobot("jackal"), name: "cart" });
    const places = [{ x: 3, y: 3, name: "door" }, { x: 3.5, y: 3, wait_s: 0.3 }, [4, 3]];
    const route = file("round.json", places);
    const flags = ["--robot", robot, "--route", route, "--init", "shift", "--patience", "5", "--json"];
    const { code, stdout, stderr } = await runProcess(["connect", fake.url, ...flags], {
      timeoutMs: 100_000,
    });
    rmSync(folder, { recursive: true });
    const { waypoints, ...summary } = JSON.parse(stdout || "{}");
    expect([code, summary], stderr).toMatchObject([0, { status: "reached", robot: "cart" }]);
    expect(waypoints.map(({ name }: { name?: string }) => name)).toEqual(["door", undefined, undefined]);
    const times: number[] = waypoints.map(({ reached_s }: { reached_s: number }) => reached_s);
    expect(times.every((time, n) => time > (times[n - 1] ?? 0))).toBe(true);
    const both = await runHere(["connect", fake.url, "--route", "a.yaml", "--goal", "1,2"]);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("give one of the two")]);
  }, 120_000);

  it("knows when a robot with a delay does what it is told, and names a model that does not fit", async () => {
    const delay = { mean: 150, spread: 0, loss: 0 };
    const { robot, url } = await startJackal({ commandTimeout: 500, delay });
    const flags = ["--goal", `${goal.x},${goal.y}`, "--latency", "0.15,0", "--patience", "1", "--json"];
    const { code, stdout, stderr } = await runProcess(["connect", url, ...flags], { timeoutMs: 100_000 });
    expect([code, JSON.parse(stdout || "{}")], stderr).toMatchObject([0, { planners_replaced: 0 }]);
    expect(robot.minClearance).toBeGreaterThan(0);
    const other = ["--robot", "omni", "--model", "models/warm-start-jackal.onnx"];
    const misfit = await runProcess(["connect", url, ...other]);
    expect([misfit.code, misfit.stderr]).toEqual([2, expect.stringContaining("warm-start-jackal.onnx")]);
  }, 120_000);

  it("says what it cannot reach, and an address of another kind is misuse", async () => {
    const { code } = await runProcess(["connect", "ws://127.0.0.1:9", "--init", "shift"], {
      timeoutMs: 50_000,
      interruptAt: /no connection to ws/,
    });
    expect(code).toBe(0);
    const wrong = await runHere(["connect", "robot:9090", "--init", "shift"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("such as ws://HOST:PORT")]);
  }, 60_000);
});
