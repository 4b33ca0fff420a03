import { describe, expect, it } from "vitest";
import { type DriveOptions, drive } from "../../src/drive/index.ts";
import { advanceTour, beginTour, type TickReport, tourGoal, type Waypoint } from "../../src/planner/index.ts";
import { createGrid, getRobot, isStopped, linearSpeed, occupyDisc, type Pose } from "../../src/sim/index.ts";

/** A hall of 10 m by 6 m with a pillar in the middle. */
const hall = occupyDisc(createGrid(200, 120, 0.05, { x: 0, y: 0, yaw: 0 }), 5, 3, 0.3);

type Leg = {
  readonly pose: Pose;
  readonly speed: number;
  readonly time: number;
  readonly phase: TickReport["phase"];
};

async function along(route: readonly Waypoint[], robot: string, given: Partial<DriveOptions> = {}) {
  const ticks: Leg[] = [];
  const { summary } = await drive({
    grid: hall,
    robot: getRobot(robot),
    start: { x: 1, y: 1.5, yaw: 0 },
    init: "path",
    iterations: 3,
    ...given,
    route,
    onTick(report, { pose, state, robot, time }) {
      ticks.push({ pose, speed: Math.abs(linearSpeed(robot, state)), time, phase: report.phase });
    },
  });
  return { ticks, summary };
}

const nearest = (ticks: readonly Leg[], x: number, y: number): number =>
  Math.min(...ticks.map(({ pose }) => Math.hypot(pose.x - x, pose.y - y)));

describe("a route", () => {
  it.each(["jackal", "f1tenth"])(
    "leads a %s through its waypoints in their order without a stop",
    async (robot) => {
      const route = [
        { x: 3.5, y: 1.5 },
        { x: 5.5, y: 1.2, name: "south" },
        { x: 7.5, y: 3.5, tolerance: 0.3 },
        { x: 5, y: 5 },
      ];
      const { ticks, summary } = await along(route, robot);
      expect(summary.status).toBe("reached");
      for (const { x, y, tolerance = 0.25 } of route)
        expect(nearest(ticks, x, y)).toBeLessThan(tolerance + 0.1);
      const times = summary.waypoints!.map(({ reached_s }) => reached_s!);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(summary.waypoints![1]).toMatchObject({ name: "south", x: 5.5, y: 1.2 });
      const between = ticks.filter(({ time }) => time > 1 && time < times[2]);
      expect(Math.min(...between.map(({ speed }) => speed))).toBeGreaterThan(0.3);
    },
  );

  it("has a robot stop, turn and wait where it says so, and go back where it came from", async () => {
    const route = [
      { x: 3, y: 1.5, wait: 1.5 },
      { x: 3.5, y: 4, yaw: Math.PI / 2, wait: 0 },
      { x: 1, y: 1.5 },
    ];
    const { ticks, summary } = await along(route, "jackal");
    expect(summary.status).toBe("reached");
    const [first, second] = summary.waypoints!.map(({ reached_s }) => reached_s!);
    const waiting = ticks.filter(({ time }) => time > first + 0.05 && time < first + 1.45);
    expect(waiting.length).toBeGreaterThan(10);
    expect(Math.max(...waiting.map(({ speed }) => speed))).toBeLessThan(0.05);
    const there = ticks.find(({ time }) => time >= second - 0.01)!;
    expect(Math.abs(there.pose.yaw - Math.PI / 2)).toBeLessThan(0.26);
    expect(there.speed).toBeLessThan(0.05);
    expect(summary.standstill).toBeLessThan(1); // a wait is none
  });

  it("may begin where the robot is, and turn round on the spot of a waypoint", async () => {
    const { ticks, summary } = await along(
      [
        { x: 1, y: 1.5 },
        { x: 3, y: 1.5 },
        { x: 1.2, y: 1.5 },
      ],
      "turtlebot4",
    );
    expect(summary.status).toBe("reached");
    expect(summary.waypoints!.map(({ reached_s }) => reached_s !== null)).toEqual([true, true, true]);
    expect(nearest(ticks, 3, 1.5)).toBeLessThan(0.3);
  });

  it("says which waypoints were reached where the time is over, and which cannot be", async () => {
    const late = await along(
      [
        { x: 2.5, y: 1.5 },
        { x: 9, y: 5 },
      ],
      "jackal",
      { timeout_s: 2.5 },
    );
    expect(late.summary.status).toBe("timeout");
    expect(late.summary.waypoints!.map(({ reached_s }) => reached_s !== null)).toEqual([true, false]);
    const outside = along(
      [
        { x: 2, y: 2 },
        { x: 12, y: 2, name: "door" },
      ],
      "jackal",
    );
    await expect(outside).rejects.toThrow("waypoint 2 (door) (12, 2) lies outside the map");
    const inside = along([{ x: 5, y: 3 }], "jackal");
    await expect(inside).rejects.toThrow("waypoint 1 (5, 3) lies in an obstacle of the map");
    const keepout = { grid: createGrid(10, 10, 0.1, { x: 7, y: 1, yaw: 0 }, 100), name: "k.yaml" };
    await expect(
      along(
        [
          { x: 7.5, y: 1.5 },
          { x: 9, y: 1 },
        ],
        "jackal",
        { keepout },
      ),
    ).rejects.toThrow("waypoint 1 (7.5, 1.5) lies in a zone of k.yaml");
    await expect(along([], "jackal")).rejects.toThrow("the route has 0 waypoints, expected 1 to 10000");
    await expect(along([{ x: Number.NaN, y: 1 }], "jackal")).rejects.toThrow(
      "waypoint 1: x is NaN, expected",
    );
  });
});

describe("a tour", () => {
  const robot = getRobot("jackal");
  const report = (time: number, more: Partial<TickReport>): TickReport =>
    ({ time, phase: "driving", ...more }) as TickReport;

  it("is one goal per stop, that leads through the places before it", () => {
    const { legs } = beginTour([
      { x: 1, y: 0 },
      { x: 2, y: 0, tolerance: 0.5 },
      { x: 3, y: 0, yaw: 1 },
      { x: 4, y: 0, wait: 2 },
      { x: 5, y: 0 },
    ]);
    expect(legs).toEqual([
      {
        goal: {
          x: 3,
          y: 0,
          yaw: 1,
          via: [
            { x: 1, y: 0 },
            { x: 2, y: 0, tolerance: 0.5 },
          ],
        },
        wait: 0,
        first: 0,
      },
      { goal: { x: 4, y: 0 }, wait: 2, first: 3 },
      { goal: { x: 5, y: 0 }, wait: 0, first: 4 },
    ]);
    expect(isStopped(robot, new Float64Array(5))).toBe(true);
  });

  it("goes on after its wait, and only by reports of its own goal", () => {
    let tour = beginTour([
      { x: 1, y: 0 },
      { x: 2, y: 0, wait: 1 },
      { x: 3, y: 0 },
    ]);
    const goal = tourGoal(tour);
    const step = (time: number, more: Partial<TickReport>): void => {
      tour = advanceTour(tour, report(time, { goal, ...more }));
    };
    step(1, { passed: 1 });
    step(2, { goal: { x: 2, y: 0 }, phase: "arrived", goalCheck: "arrived" });
    expect(tour.reached).toEqual([1, undefined, undefined]);
    step(3, { passed: 1, phase: "arrived", goalCheck: "inside" });
    step(4, { passed: 1, phase: "arrived", goalCheck: "arrived" });
    step(4.9, { passed: 1, phase: "arrived", goalCheck: "arrived" });
    expect([tour.at, tour.reached[1]]).toEqual([0, 4]);
    step(5, { passed: 1, phase: "arrived", goalCheck: "arrived" });
    expect([tour.at, tour.done]).toEqual([1, false]);
    tour = advanceTour(tour, report(7, { goal: tourGoal(tour), phase: "arrived", goalCheck: "arrived" }));
    expect([tour.done, tour.reached]).toEqual([true, [1, 4, 7]]);
  });
});
