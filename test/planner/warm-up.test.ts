import { expect, test } from "vitest";
import {
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type Navigator,
  type SensorSample,
  warmUp,
} from "../../src/planner/index.ts";
import { createGrid, getRobot, type Robot } from "../../src/sim/index.ts";

/** What a navigator is told, and where it is let to. */
type Heard = { readonly samples: SensorSample[]; goals: number; maps: number; renewed: number };

/** Navigators that drive straight on at half of what the robot can, and what they hear. */
function straightOn(robot: Robot): { readonly heard: Heard[]; readonly create: () => Navigator } {
  const heard: Heard[] = [];
  const create = (): Navigator => {
    const mine: Heard = { samples: [], goals: 0, maps: 0, renewed: 0 };
    heard.push(mine);
    return {
      robot,
      setGoal: () => mine.goals++,
      setMap: () => mine.maps++,
      setPaused: () => false,
      renew: () => mine.renewed++,
      tick: async (sample) => {
        mine.samples.push({ ...sample, x: sample.x.slice() });
        return { command: { kind: "drive", u: Float64Array.of(0.5, 0) } } as never;
      },
      late: () => undefined as never,
    };
  };
  return { heard, create };
}

test("navigators that practise are told goal and map, and see what comes of their commands, one tick after another", async () => {
  const robot = getRobot("jackal");
  const { heard, create } = straightOn(robot);
  await warmUp(robot, create);
  expect(heard.length).toBeGreaterThan(1);
  for (const { samples, goals, maps, renewed } of heard) {
    expect([goals, maps]).toEqual([1, 1]);
    expect(renewed).toBe(samples.length);
    const [first, second] = samples;
    const last = samples.at(-1)!;
    expect(second.time - first.time).toBeCloseTo(0.1, 12);
    expect(last.x[0]).toBeGreaterThan(first.x[0] + 0.2);
    expect(last.x[3]).toBeGreaterThan(0.5);
  }
});

test("they practise in a world of the caller's, from its start on, where it is given", async () => {
  const robot = getRobot("turtlebot4");
  const { heard, create } = straightOn(robot);
  const map = createGrid(40, 40, 0.1);
  const start = { x: 1, y: 2, yaw: 0.3 };
  const asked: number[] = [];
  const look = (_: unknown, time: number) => {
    asked.push(time);
    return { grid: map };
  };
  await warmUp(robot, create, { map, start, goal: { x: 3, y: 2 }, look });
  const samples = heard.flatMap((navigator) => navigator.samples);
  expect(asked).toEqual(samples.map(({ time }) => time));
  expect(samples.every(({ grid }) => grid === map)).toBe(true);
  expect([...samples[0].x]).toEqual([1, 2, 0.3, 0, 0]);
});

test.each(["jackal", "f1tenth"])("a %s that practises drives to its goal past the obstacle", async (name) => {
  const robot = getRobot(name);
  const reports: { phase: string; source: string; x: number; goalX: number }[] = [];
  const create = (): Navigator => {
    const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("shift"), maxIterations: 1 });
    const navigator = createNavigator({ robot, planner });
    return {
      ...navigator,
      async tick(sample) {
        const report = await navigator.tick(sample);
        reports.push({
          phase: report.phase,
          source: report.source,
          x: report.pose.x,
          goalX: report.goal!.x,
        });
        return report;
      },
    };
  };
  await warmUp(robot, create);
  expect(reports.filter(({ phase }) => phase === "driving").length).toBe(reports.length);
  expect(reports.filter(({ source }) => source === "stop" || source === "brake").length).toBeLessThan(
    0.05 * reports.length,
  );
  expect(reports.at(-1)!.x).toBeGreaterThan(-0.5 * reports[0].goalX);
});
