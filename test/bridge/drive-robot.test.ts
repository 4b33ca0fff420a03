import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultTopics, driveRobot, type RobotDrive, type RosLink } from "../../src/bridge/index.ts";
import { type Course, createCourse, driveNavigation } from "../../src/drive/index.ts";
import {
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type TickReport,
} from "../../src/planner/index.ts";
import { sceneExtent } from "../../src/route/index.ts";
import { createGrid, type Goal, getRobot, makeWorld } from "../../src/sim/index.ts";
import { createFakeRobot, type FakeRobotOptions } from "./rosbridge-robot.ts";

// In virtual time, over a link without sockets: what is decided does not depend on the machine.
const world = makeWorld("clutter", 3);
const goal = { x: world.start.x + 4, y: world.start.y };
const robot = getRobot("jackal");
const PERIOD = 0.1;

let ends: (() => void)[];
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
  ends = [];
});
afterEach(() => {
  for (const end of ends) end();
  vi.useRealTimers();
});

type Setup = Partial<FakeRobotOptions> & { readonly goal?: Goal; readonly course?: Course };

function connect(given: Setup = {}) {
  const { course, goal: wanted = course?.goal, ...options } = given;
  const version = options.version ?? 2;
  const fake = createFakeRobot({
    robot,
    grid: world.grid,
    start: world.start,
    seed: 1,
    version,
    commandTimeout: 250,
    ...options,
  });
  const notes: string[] = [];
  const reports: TickReport[] = [];
  let restarts = 0;
  const heard = new Map<string, ((message: never) => void)[]>();
  const end = fake.attach({
    send(text) {
      const { topic, msg } = JSON.parse(text);
      for (const take of heard.get(topic) ?? []) take(msg as never);
    },
  });
  const link: RosLink = {
    subscribe(topic, type, _every, take) {
      heard.set(topic, [...(heard.get(topic) ?? []), take]);
      end.hear(JSON.stringify({ op: "subscribe", topic, type }));
    },
    advertise(topic, type) {
      end.hear(JSON.stringify({ op: "advertise", topic, type }));
      return (msg) => end.hear(JSON.stringify({ op: "publish", topic, msg }));
    },
    restart: () => restarts++,
    close: () => {},
  };
  const navigation = driveNavigation(robot, 1 / PERIOD);
  const planner = createTrajectoryPlanner({
    robot,
    navigation,
    warmStart: getWarmStart("shift"),
    maxIterations: 10,
  });
  const drive: RobotDrive = driveRobot(link, {
    robot,
    navigator: createNavigator({ robot, planner }),
    version: version === 1 ? "1" : "2",
    topics: defaultTopics(version === 1 ? "1" : "2"),
    stamped: version === 1,
    mapFrame: "map",
    gridSide: sceneExtent(navigation.lookahead).gridSide,
    period: PERIOD,
    deadlineMs: 1000 * PERIOD,
    patience: 0.2,
    goal: wanted,
    now: () => performance.now(),
    wallTime: () => Date.now() / 1000,
    onReport(report) {
      reports.push(report);
      const next = course?.after(report);
      if (next !== undefined) drive.setGoal(next);
    },
    say: (note) => notes.push(note),
  });
  drive.linkChanged(true);
  ends.push(drive.end, fake.end);
  const commanded = (): number => {
    const message = fake.received.get("/cmd_vel") as never as Record<string, never>;
    const twist: { linear: { x: number }; angular: { z: number } } = message.twist ?? message;
    return Math.abs(twist.linear.x) + Math.abs(twist.angular.z);
  };
  return { fake, drive, notes, reports, commanded, restarts: () => restarts };
}

/** Lets time pass until something holds. @returns how long that took [s] */
async function until(holds: () => boolean, seconds: number): Promise<number> {
  for (let t = 0; t < seconds; t += 0.02) {
    if (holds()) return t;
    await vi.advanceTimersByTimeAsync(20);
  }
  throw new Error(`not within ${seconds} s`);
}

describe("a robot behind a link", () => {
  it("follows a route: through what it is to pass, with a stop where it is to wait", async () => {
    const [x, y] = [2, 3];
    const route = [
      { x: x + 1, y },
      { x: x + 1.5, y, wait: 0.5 },
      { x: x + 2.5, y },
    ];
    const course = createCourse({ route, goal: undefined });
    const hall = createGrid(140, 120, 0.05);
    const { fake } = connect({ course, grid: hall, start: { x, y, yaw: 0 } });
    await until(() => !course.goesOn, 20);
    const [passed, stopped, ended] = course.figures!.map(({ reached_s }) => reached_s!);
    expect(passed).toBeLessThan(stopped);
    expect(ended).toBeGreaterThan(stopped + 0.5);
    expect(Math.hypot(fake.pose.x - x - 2.5, fake.pose.y - y)).toBeLessThan(0.35);
  });

  it("is driven to its goal with delay, jitter and loss, by a clock that is not ours", async () => {
    const { fake, reports, notes } = connect({ goal, delay: { mean: 50, spread: 20, loss: 0.01 } });
    await until(() => reports.at(-1)?.phase === "arrived", 15);
    expect(Math.hypot(fake.pose.x - goal.x, fake.pose.y - goal.y)).toBeLessThan(0.3);
    expect(fake.minClearance).toBeGreaterThan(0);
    expect(notes.filter((note) => /late/.test(note))).toEqual([]);
    expect(Object.fromEntries(fake.types)).toMatchObject({
      "/scan": "sensor_msgs/msg/LaserScan",
      "/cmd_vel": "geometry_msgs/msg/Twist",
      "/mnemosyne/plan": "nav_msgs/msg/Path",
    });
    expect(fake.received.get("/mnemosyne/path")).toMatchObject({ header: { frame_id: "map" } });
  });

  /** MNEMOSYNE_DRIVES=50 drives in so many worlds. */
  const seeds = Array.from({ length: Number(process.env.MNEMOSYNE_DRIVES ?? 1) }, (_, seed) => seed);
  it.each(seeds)(
    "is driven to the goal of clutter:%i with delay, jitter and loss, without contact",
    async (seed) => {
      const { grid, start, goal } = makeWorld("clutter", seed);
      const { fake, reports } = connect({
        grid,
        start,
        goal,
        seed,
        delay: { mean: 50, spread: 20, loss: 0.01 },
      });
      await until(() => reports.at(-1)?.phase === "arrived", 60);
      expect(fake.minClearance).toBeGreaterThan(0);
    },
  );

  it("takes its goal from a topic, in the odometry's frame, and speaks to ROS 1 in its words", async () => {
    const { fake, reports } = connect({ version: 1 });
    await until(() => reports.length > 3, 2);
    expect(fake.received.get("/cmd_vel")).toMatchObject({ twist: { linear: { x: 0 } } });
    fake.publish("/move_base_simple/goal", {
      header: { frame_id: "odom", stamp: { secs: 0, nsecs: 0 } }, // the frame lies 1 m ahead of the map's
      pose: { position: { x: goal.x - 1, y: goal.y, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } },
    });
    await until(() => reports.at(-1)?.phase === "arrived", 15);
    expect(Math.hypot(fake.pose.x - goal.x, fake.pose.y - goal.y)).toBeLessThan(0.3);
    expect(fake.types.get("/cmd_vel")).toBe("geometry_msgs/TwistStamped");
    expect(fake.types.get("/scan")).toBe("sensor_msgs/LaserScan");
  });

  it("drives without a map, by what it has seen", async () => {
    const { reports, fake } = connect({ goal, sendMap: false });
    await until(() => reports.at(-1)?.phase === "arrived", 25);
    expect(fake.minClearance).toBeGreaterThan(0);
  });

  it.each([
    ["at once", undefined, 0.2],
    ["50 ms +- 20 ms late", { mean: 50, spread: 20, loss: 0 }, 0.3],
  ] as const)(
    "is told to stop within 0.3 s of its sensors' silence, messages coming %s, and drives on when they are back",
    async (_how, delay, most) => {
      const { fake, commanded, reports, notes } = connect({ goal, ...(delay && { delay }) });
      await until(() => fake.speed > 0.5, 5);
      for (let phase = 0; phase < 10; phase++) {
        await vi.advanceTimersByTimeAsync(10); // wherever in a period it is that they fall silent
        await until(() => fake.speed > 0.3, 5);
        fake.silence(true);
        const took = await until(() => commanded() === 0, 1);
        expect(took).toBeLessThanOrEqual(most + 0.021); // a look, and a whole millisecond
        fake.silence(false);
      }
      expect(notes.join()).toMatch(/waiting: no odometry and no scan for 0\.2\d s/);
      await until(() => reports.at(-1)?.phase === "arrived", 15);
    },
  );

  it("stops by the base's own timeout where the cable is cut, asks for a new connection, and drives on", async () => {
    const { fake, restarts, reports } = connect({ goal });
    await until(() => fake.speed > 0.5, 5);
    fake.cut(true);
    await until(() => Math.abs(fake.speed) < 0.01, 0.25 + 1);
    await until(() => restarts() > 0, 4);
    fake.cut(false);
    await until(() => reports.at(-1)?.phase === "arrived", 15);
    expect(fake.minClearance).toBeGreaterThan(0);
  });

  it("stops where messages come late, and says so", async () => {
    const { fake, commanded, notes } = connect({ goal });
    await until(() => fake.speed > 0.3, 5);
    fake.delayBy(400);
    await until(() => commanded() === 0 && /comes 0\.\d+ s late/.test(notes.join()), 2);
  });

  it("does not believe a speed that the robot cannot have", async () => {
    const { fake, notes, commanded } = connect({ goal });
    await until(() => fake.speed > 0.3, 5);
    fake.lie(30);
    await until(() => commanded() === 0, 1);
    expect(notes.join()).toContain("odometry says v = 30.");
  });

  it("says which message cannot be read, and drives by the others", async () => {
    const { fake, notes, reports } = connect({ goal });
    await until(() => fake.speed > 0.3, 5);
    fake.publish("/goal_pose", { header: { frame_id: "map", stamp: { sec: 0, nanosec: 0 } }, pose: 1 });
    fake.publish("/scan", { ranges: "none" });
    await until(() => reports.at(-1)?.phase === "arrived", 15);
    expect(notes.join("\n")).toContain("/goal_pose: pose is 1, expected an object");
    expect(notes.join("\n")).toContain("/scan: ranges is no list");
  });
});
