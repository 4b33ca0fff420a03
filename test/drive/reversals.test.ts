import { expect, it } from "vitest";
import { createSummary } from "../../src/drive/summary.ts";
import { getWarmStart, type TickReport } from "../../src/planner/index.ts";
import { getRobot, type Simulator, topSpeed } from "../../src/sim/index.ts";

it("reversals are changes of direction at speed, whatever the robot's, not of noise around rest", () => {
  for (const name of ["jackal", "turtlebot4"]) {
    const robot = getRobot(name);
    const summary = createSummary({
      robot,
      warmStart: getWarmStart("shift"),
      maxIterations: 1,
      seed: 0,
      deadlineMs: 100,
    });
    const at = (share: number): Simulator =>
      ({
        state: Float64Array.of(0, 0, 0, share * topSpeed(robot), 0),
        pose: { x: 0, y: 0, yaw: 0 },
        minClearance: 1,
        time: 1,
        contacts: 0,
      }) as unknown as Simulator;
    for (const share of [0.01, -0.01, 0.5, 0.8, 0, -0.02, 0.02, 0.3, -0.2, -0.4, 0, 0.01, -0.1, 0.6])
      summary.add({ phase: "driving", totalMs: 1 } as TickReport, at(share));
    expect(summary.finish("reached", at(0), undefined).reversals).toBe(2);
  }
});
