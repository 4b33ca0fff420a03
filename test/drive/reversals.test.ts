import { expect, it } from "vitest";
import { createSummary } from "../../src/drive/summary.ts";
import { getWarmStart, type TickReport } from "../../src/planner/index.ts";
import { getRobot, type Simulator, topSpeed } from "../../src/sim/index.ts";

const TICK = 0.1;
/** Nobody moves around the robot. */
const ALONE = { contacts: 0, movers: [], moverTally: { contacts: 0, caused: 0, minClearance: 1 } };

it("what is driven backwards counts as such, and a standstill is told by its longest stretch with somewhere to go", () => {
  const robot = getRobot("jackal");
  const summary = createSummary({
    robot,
    warmStart: getWarmStart("shift"),
    maxIterations: 1,
    seed: 0,
    deadlineMs: 100,
  });
  let [x, time] = [0, 0];
  const drive = (speed: number, ticks: number, phase: TickReport["phase"] = "driving", turn = 0): void => {
    for (let k = 0; k < ticks; k++) {
      x += TICK * speed;
      time += TICK;
      summary.add({ phase, totalMs: 1 } as TickReport, at());
      function at(): Simulator {
        const state = Float64Array.of(x, 0, 0, speed, turn);
        return {
          state,
          pose: { x, y: 0, yaw: 0 },
          minClearance: 1,
          time,
          ...ALONE,
        } as unknown as Simulator;
      }
    }
  };
  drive(1, 10);
  drive(0, 8); // 0.7 s from its first tick to its last
  drive(-0.5, 10);
  drive(0, 15, "recovering"); // 1.4 s
  drive(0, 30, "driving", 1); // turns on the spot
  drive(0, 40, "arrived");
  const done = summary.finish(
    "reached",
    { minClearance: 1, time, ...ALONE } as unknown as Simulator,
    undefined,
  );
  expect(done.backwards).toBeCloseTo(0.5, 9);
  expect(done.pathLength).toBeCloseTo(1.5 - TICK, 9); // nothing is known of before the first tick
  expect(done.standstill).toBeCloseTo(1.4, 9);
});

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
        ...ALONE,
      }) as unknown as Simulator;
    for (const share of [0.01, -0.01, 0.5, 0.8, 0, -0.02, 0.02, 0.3, -0.2, -0.4, 0, 0.01, -0.1, 0.6])
      summary.add({ phase: "driving", totalMs: 1 } as TickReport, at(share));
    expect(summary.finish("reached", at(0), undefined).reversals).toBe(2);
  }
});
