import { afterEach, describe, expect, it } from "vitest";
import { getRobot, makeWorld } from "../../src/sim/index.ts";
import { type FakeServer, startFakeServer } from "../bridge/rosbridge-robot.ts";
import { runHere } from "../cli/run-cli.ts";

// In real time, across a real socket; what is decided when is told in virtual time by test/bridge/drive-robot.test.ts.
const world = makeWorld("clutter", 3);
const goal = { x: world.start.x + 4, y: world.start.y };
let fake: FakeServer | undefined;

afterEach(() => fake?.close());

describe("mnemosyne connect", () => {
  it("drives a robot behind rosbridge to its goal, over a link with delay and loss that breaks once", async () => {
    fake = await startFakeServer({
      robot: getRobot("jackal"),
      grid: world.grid,
      start: world.start,
      seed: 1,
      version: 2,
      commandTimeout: 250,
      delay: { mean: 50, spread: 20, loss: 0.01 },
    });
    const { robot, url, drop } = fake;
    const broken = setInterval(() => {
      if (robot.speed < 0.3) return;
      clearInterval(broken);
      drop();
    }, 10);
    const flags = ["--goal", `${goal.x},${goal.y}`, "--init", "shift", "--patience", "1", "--json"];
    const { code, stdout, stderr } = await runHere(["connect", url, ...flags], { onStderr: () => {} });
    clearInterval(broken);
    expect([code, JSON.parse(stdout || "{}")], stderr).toMatchObject([
      0,
      { verb: "connect", status: "reached", links_lost: 1, robot: "jackal" },
    ]);
    expect(Math.hypot(robot.pose.x - goal.x, robot.pose.y - goal.y)).toBeLessThan(0.35);
    expect(robot.minClearance).toBeGreaterThan(0);
  }, 120_000);

  it("says what it cannot reach, and an address of another kind is misuse", async () => {
    const ended = new AbortController();
    let said = "";
    const run = runHere(["connect", "ws://127.0.0.1:9", "--init", "shift"], {
      signal: ended.signal,
      onStderr(text) {
        said += text;
        if (/no connection to ws/.test(said)) ended.abort();
      },
    });
    expect((await run).code).toBe(0);
    const wrong = await runHere(["connect", "robot:9090", "--init", "shift"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("such as ws://HOST:PORT")]);
  }, 60_000);
});
