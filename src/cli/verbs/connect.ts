import {
  defaultTopics,
  driveRobot,
  openRosbridge,
  ROS_VERSIONS,
  type RobotDriveOptions,
} from "../../bridge/index.ts";
import {
  type Course,
  createCourse,
  drive,
  driveNavigation,
  openZones,
  percentile,
} from "../../drive/index.ts";
import {
  InterruptedError,
  type OpenedStart,
  openRobot,
  openWarmStart,
  readMapFile,
} from "../../node/index.ts";
import {
  createNavigator,
  createTrajectoryPlanner,
  type NavigationOptions,
  type TickReport,
} from "../../planner/index.ts";
import type { RunMeta } from "../../record/index.ts";
import { sceneExtent } from "../../route/index.ts";
import { createGrid, type OccupancyGrid, type Robot } from "../../sim/index.ts";
import { type FlagValues, flag, switchFlag } from "../flag-table.ts";
import { openLog, RECORD_FLAG } from "../open-log.ts";
import { PLANNING_FLAGS, shared, ZONE_FLAGS } from "../options.ts";
import { givenParams } from "../params-file.ts";
import { parseChoice, parseReal, parseSocket, parseTopic } from "../parse-values.ts";
import { givenRoute, ROUTE_FLAG, waypointsText } from "../route-file.ts";
import { openZoneFiles } from "../run-scenario.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { openServe, SERVE_FLAGS } from "../view/serve.ts";

const FLAGS = {
  ros: flag("--ros <VERSION>", "generation of the robot's ROS: 1 or 2", parseChoice(ROS_VERSIONS), "2"),
  stamped: switchFlag("--stamped", "command TwistStamped instead of Twist"),
  scanTopic: flag("--scan-topic <NAME>", "laser scans in", parseTopic, "/scan"),
  odomTopic: flag("--odom-topic <NAME>", "odometry in", parseTopic, "/odom"),
  mapTopic: flag("--map-topic <NAME>", "map in; without one the ground is unknown", parseTopic, "/map"),
  goalTopic: flag("--goal-topic <NAME>", "goals in (/goal_pose; ROS 1: /move_base_simple/goal)", parseTopic),
  cmdTopic: flag("--cmd-topic <NAME>", "velocity commands out", parseTopic, "/cmd_vel"),
  mapFrame: flag("--map-frame <NAME>", "frame of map and goals", String, "map"),
  baseFrame: flag("--base-frame <NAME>", "the robot's frame (as the odometry says)", String),
  patience: flag(
    "--patience <S>",
    "stop where scans or odometry are missing, or late, by so much [s]",
    parseReal(0.02, 10, "s"),
    0.2,
  ),
  timeout: flag(
    "--timeout <S>",
    "give up on --goal or --route after this long [s] (never)",
    parseReal(0.1, 1e6, "s"),
  ),
  record: RECORD_FLAG,
  ...shared("map", "goal"),
  route: ROUTE_FLAG,
  ...ZONE_FLAGS,
  ...PLANNING_FLAGS,
  ...shared("rate", "params", "profile", "json"),
  ...SERVE_FLAGS,
};

type ConnectOptions = FlagValues<typeof FLAGS>;

/** `mnemosyne connect`: the control loop on a robot that speaks ROS, through rosbridge. */
export const registerConnect = defineVerb({
  name: "connect",
  summary: "drives a robot that speaks ROS, through rosbridge",
  description:
    "Drives a robot through a rosbridge server: laser scans, odometry, transforms, map and goals come in; velocity " +
    "commands, path, plan and markers go out. Reconnects by itself; the robot is told to stop whenever there is no " +
    "plan, and while scans or odometry are missing or late. With --goal or --route it ends where that is reached, else " +
    "it waits for goals until Ctrl-C. Exit status 1 where --goal or the end of --route is not reached.",
  word: { name: "<URL>", text: "address of the rosbridge server, ws://HOST:9090", parse: parseSocket },
  flags: FLAGS,
  example: "mnemosyne connect ws://robot:9090 --robot turtlebot4 --goal 3,1",
  action: connect,
});

/** Of driving in the simulator, before the robot is driven. [s] */
const WARM_UP_SECONDS = 3;

async function connect(options: ConnectOptions, context: VerbContext, url: string): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const robot = await openRobot(options.robot, options.reverse);
  const params = await givenParams(options);
  const route = await givenRoute(options);
  const course = (route ?? options.goal) && createCourse({ route, goal: options.goal });
  const navigation = driveNavigation(robot, options.rate, params.navigation);
  const start = await openWarmStart(options, robot, navigation);
  if (start.note !== undefined) output.log(start.note);
  const masks = await openZoneFiles(options);
  const zones = openZones({ robot, ...masks });
  const map = options.map === undefined ? undefined : await readMapFile(options.map);
  const period = 1 / options.rate;
  const deadlineMs = options.deadline ?? 1000 * period;
  await warmUp(robot, navigation, start, options, now);
  const planner = createTrajectoryPlanner({
    robot,
    navigation,
    warmStart: start.warmStart,
    maxIterations: options.iterations ?? start.warmStart.iterations ?? 10,
    deadline: deadlineMs,
    clock: now,
    speedZones: zones.speedZones,
  });
  const meta: RunMeta = {
    id: url,
    robot,
    config: { url, ros: options.ros, rateHz: options.rate, init: options.init, ...params, navigation },
  };
  const log = await openLog(options.record, meta, context);
  const serve = await openServe(options, meta, context, (goal) => {
    course?.leave();
    driven.setGoal(goal);
    return undefined;
  });
  log?.zones(masks);
  serve?.zones(masks);
  const tally = createTally();
  let finish = (_end: VerbEnd): void => {};
  const ended = new Promise<VerbEnd>((resolve) => {
    finish = resolve;
  });
  const onMap = (grid: OccupancyGrid): void => {
    log?.map(grid, tally.time);
    serve?.map(grid, tally.time);
  };
  const link = await openRosbridge(url, (up, note) => {
    output.log(note);
    if (!up) tally.lost++;
    driven.linkChanged(up);
  });
  const began = now();
  const driven = driveRobot(link, {
    ...driveOptionsOf(options, robot),
    navigator: createNavigator({
      robot,
      planner,
      tolerance: params.tolerance,
      clock: now,
      keepout: zones.keepout,
    }),
    gridSide: sceneExtent(navigation.lookahead).gridSide,
    period,
    deadlineMs,
    map,
    goal: course?.goal,
    onGoal: () => course?.leave(),
    now,
    wallTime: () => Date.now() / 1000,
    onMap,
    say: output.log,
    onReport(report) {
      tally.add(report);
      log?.tick(report);
      serve?.tick(report);
      const next = course?.after(report);
      if (next !== undefined) driven.setGoal(next);
      else if (course?.goesOn === false && report.phase === "arrived") finish("done");
      else if (options.timeout !== undefined && now() - began > 1000 * options.timeout) finish("failed");
    },
  });
  const interrupted = (): void => finish(course === undefined ? "done" : "failed");
  if (signal.aborted) interrupted();
  else signal.addEventListener("abort", interrupted, { once: true });
  const end = await ended;
  driven.end();
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  link.close();
  await serve?.close();
  await log?.close();
  if (signal.aborted && course !== undefined) throw new InterruptedError();
  const summary = tally.summary(url, robot, end, course);
  output.object({ verb: "connect", ...summary, record: options.record });
  output.text(summaryText(summary));
  return end;
}

function summaryText(s: ReturnType<ReturnType<typeof createTally>["summary"]>): string {
  return [
    `${s.url}  ${s.status}`,
    `drive     ${s.path_m} m in ${s.time_s} s, ${s.ticks} ticks, ${s.stops} stops, ${s.links_lost} links lost`,
    ...(s.waypoints === undefined ? [] : [`waypoints ${waypointsText(s.waypoints)}`]),
    `tick [ms] ${s.plan_ms.p50} (median), ${s.plan_ms.p99} (p99)`,
  ].join("\n");
}

/** Time for the last command to leave. [ms] */
const FAREWELL_MS = 100;

function driveOptionsOf(
  options: ConnectOptions,
  robot: Robot,
): Pick<
  RobotDriveOptions,
  "robot" | "version" | "topics" | "stamped" | "mapFrame" | "baseFrame" | "patience"
> {
  const usual = defaultTopics(options.ros);
  return {
    robot,
    version: options.ros,
    topics: {
      ...usual,
      scan: options.scanTopic,
      odometry: options.odomTopic,
      map: options.mapTopic,
      goal: options.goalTopic ?? usual.goal,
      command: options.cmdTopic,
    },
    stamped: options.stamped === true,
    mapFrame: options.mapFrame,
    baseFrame: options.baseFrame,
    patience: options.patience,
  };
}

/** Drives a little in the simulator, so that the robot's first ticks are not those of a fresh process. */
async function warmUp(
  robot: Robot,
  navigation: NavigationOptions,
  start: OpenedStart,
  options: ConnectOptions,
  clock: () => number,
): Promise<void> {
  const grid = createGrid(160, 160, 0.05, { x: -4, y: -4, yaw: 0 });
  await drive({
    grid,
    robot,
    navigation,
    start: { x: -2, y: 0, yaw: 0 },
    goal: { x: 2, y: 0 },
    init: start.warmStart,
    iterations: options.iterations,
    rateHz: options.rate,
    sensor: "lidar",
    prior: "none",
    timeout_s: WARM_UP_SECONDS,
    clock,
  });
}

/** What is counted while a robot is driven. */
function createTally() {
  const totals: number[] = [];
  let ticks = 0;
  let stops = 0;
  let stopped = true;
  let path = 0;
  let first: number | undefined;
  let last: TickReport | undefined;
  return {
    lost: 0,
    time: 0,
    add(report: TickReport): void {
      ticks++;
      first ??= report.time;
      this.time = report.time;
      const halted = report.phase === "fault";
      if (halted && !stopped) stops++;
      stopped = halted;
      if (Number.isFinite(report.pose.x)) {
        if (last !== undefined) path += Math.hypot(report.pose.x - last.pose.x, report.pose.y - last.pose.y);
        last = report;
      }
      if (report.scene !== undefined) totals.push(report.totalMs);
    },
    summary(url: string, robot: Robot, end: VerbEnd, course: Course | undefined) {
      return {
        status: course === undefined ? "done" : end === "done" ? "reached" : "failed",
        url,
        robot: robot.name,
        time_s: Number((this.time - (first ?? this.time)).toFixed(2)),
        path_m: Number(path.toFixed(3)),
        ticks,
        stops,
        links_lost: this.lost,
        ...(course?.figures && { waypoints: course.figures }),
        plan_ms: {
          p50: Number(percentile(totals, 0.5).toFixed(2)),
          p99: Number(percentile(totals, 0.99).toFixed(2)),
        },
      };
    },
  };
}
