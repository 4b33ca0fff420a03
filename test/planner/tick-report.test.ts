import { describe, expect, it } from "vitest";
import { NEW_NAVIGATOR } from "../../src/planner/navigator-state.ts";
import { NO_TIMES, type Plan, type PlanOutcome } from "../../src/planner/scene.ts";
import { commandOf, tickReport } from "../../src/planner/tick-report.ts";
import { getRobot } from "../../src/sim/index.ts";
import { room } from "./scenes.ts";

const robot = getRobot("jackal");

const plan = (u: number): Plan => ({
  time: 1,
  dt: 0.1,
  X: new Float64Array(15),
  U: Float64Array.of(u, 2, 3, 4),
  K: new Float64Array(20),
});
const sample = { time: 1, x: Float64Array.of(1, 2, 3, 0, 0), grid: room(2, 2), senseMs: 5 };

describe("a command", () => {
  it("is the plan's first control, and a stop without a plan or a number", () => {
    expect(commandOf(robot, plan(1))).toEqual({ kind: "drive", u: Float64Array.of(1, 2) });
    expect(commandOf(robot, plan(Number.NaN))).toEqual({ kind: "stop" });
    expect(commandOf(robot, undefined)).toEqual({ kind: "stop" });
  });
});

describe("a report", () => {
  it("adds the navigator's times to the planner's, and the renewal before to the path's alone", () => {
    const outcome: PlanOutcome = {
      source: "solution",
      plan: plan(1),
      partsMs: { ...NO_TIMES, field: 1, init: 2, sqp: 3, check: 4 },
    };
    const report = tickReport({
      state: { ...NEW_NAVIGATOR, tick: 7, renewMs: 150 },
      sample,
      end: { phase: "driving", outcome, pathMs: 6, fieldMs: 10, note: "hm" },
      robot,
      elapsedMs: 30,
    });
    expect(report.partsMs).toEqual({ sense: 5, predict: 0, path: 156, field: 11, init: 2, sqp: 3, check: 4 });
    expect(report.totalMs).toBe(35);
    expect(report).toMatchObject({ tick: 7, source: "solution", pose: { x: 1, y: 2, yaw: 3 }, note: "hm" });
  });

  it("of a robot at its goal says whether it stands there", () => {
    const end = { phase: "arrived", goalCheck: "inside" } as const;
    const report = tickReport({ state: NEW_NAVIGATOR, sample, end, robot, elapsedMs: 0 });
    expect(report).toMatchObject({ phase: "arrived", goalCheck: "inside", command: { kind: "stop" } });
  });
});
