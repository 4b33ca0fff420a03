import { describe, expect, test } from "vitest";
import { getRobot, robotBounds } from "../../src/sim/index.ts";
import { runHere } from "./run-cli.ts";

const plan = (...flags: string[]) => runHere(["plan", "--world", "clutter:3", "--init", "path", ...flags]);

describe("plan", () => {
  test("prints a trajectory that starts at the start with the speed asked for", async () => {
    const { code, stdout } = await plan("--speed", "0.5", "--json");
    expect(code).toBe(0);
    const { X, U, dt, status, start, history } = JSON.parse(stdout);
    expect({ status, start, dt }).toEqual({ status: "converged", start: "path", dt: 0.1 });
    expect(X).toHaveLength(31 * 5);
    expect(U).toHaveLength(30 * 2);
    expect(X[3]).toBe(0.5);
    expect(history[0].iteration).toBe(0);
  });

  test("of a car leads along a route with headings, backwards where that begins so", async () => {
    const { stdout, stderr } = await plan("--robot", "f1tenth", "--start", "1.2,5.8,180", "--json");
    expect(stderr).toBe("");
    const { X, goal } = JSON.parse(stdout);
    expect(goal.yaw).toBeTypeOf("number"); // the path of a disc has a heading at its end alone
    const driven = Array.from({ length: 31 }, (_, k) => X?.[5 * k + 3]);
    expect(Math.min(...driven)).toBeLessThan(-0.1);
  });

  test("a speed that the robot cannot have is misuse, with the legal range", async () => {
    const { xLower, xUpper } = robotBounds(getRobot("jackal"));
    const { code, stderr } = await plan("--speed", "19");
    expect(code).toBe(2);
    expect(stderr).toBe(
      `mnemosyne: --speed is 19 m/s, expected ${xLower[0]} to ${xUpper[0]} for the jackal\n`,
    );
  });

  test.each([
    ["a start in a wall", ["--start", "0,0,0"], /start \(0, 0, 0 rad\) is in collision/],
    ["a start outside", ["--start", "-1,0,0"], /start \(-1, 0\) lies outside the map/],
    ["a goal in a wall", ["--goal", "0,0"], /no path: the robot has too little room at the goal/],
    ["a goal outside", ["--goal", "100,0"], /goal \(100, 0\) lies outside the map/],
  ])("%s is refused with a reason", async (_what, flags, message) => {
    const { code, stderr } = await plan(...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
