import {
  defaultTopics,
  driveRobot,
  openRosbridge,
  ROS_VERSIONS,
  type RobotDriveOptions,
} from "../../bridge/index.ts";
import { createCourse, driveNavigation, openZones } from "../../drive/index.ts";
import { findNet, InterruptedError, openRobot, readMapFile } from "../../node/index.ts";
import type { NavigationOptions } from "../../planner/index.ts";
import type { RunMeta } from "../../record/index.ts";
import { sceneExtent } from "../../route/index.ts";
import type { Robot } from "../../sim/index.ts";
import { createConnectTally, summaryText } from "../connect/connect-tally.ts";
import { openNavigatorThread } from "../connect/navigator-thread.ts";
import { type FlagValues, flag, switchFlag } from "../flag-table.ts";
import { openLog, RECORD_FLAG } from "../open-log.ts";
import { PLANNING_FLAGS, shared, ZONE_FLAGS } from "../options.ts";
import { givenParams } from "../params-file.ts";
import { parseChoice, parseLatency, parseReal, parseSocket, parseTopic } from "../parse-values.ts";
import { givenRoute, ROUTE_FLAG } from "../route-file.ts";
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
  latency: flag(
    "--latency <DELAY,LAG>",
    "when the robot does what it is told: delay and lag [s], as `identify` finds them (as its file says)",
    parseLatency,
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
  example: "npx mnemosyne-mpc connect ws://robot:9090 --robot turtlebot4 --goal 3,1",
  action: connect,
});

async function connect(options: ConnectOptions, context: VerbContext, url: string): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const robot = await openRobot(options.robot, options.reverse);
  const params = await givenParams(options);
  const route = await givenRoute(options);
  const course = (route ?? options.goal) && createCourse({ route, goal: options.goal });
  const navigation = driveNavigation(robot, options.rate, params.navigation);
  if (options.model !== undefined) await checkModel(options.model, robot, navigation);
  const masks = await openZoneFiles(options);
  const { keepout } = openZones({ robot, ...masks });
  const map = options.map === undefined ? undefined : await readMapFile(options.map);
  const deadlineMs = options.deadline ?? 1000 / options.rate;
  const { init, model, rate: rateHz, iterations, latency } = options;
  const start = { init, model, robot: options.robot };
  const { tolerance } = params;
  const setup = { robot, navigation, start, iterations, deadlineMs, tolerance, latency, masks };
  const navigator = await openNavigatorThread(setup, keepout, now, output.log);
  const meta: RunMeta = {
    id: url,
    robot,
    config: { url, ros: options.ros, rateHz, init, latency, ...params, navigation },
  };
  const log = await openLog(options.record, meta, context);
  const serve = await openServe(options, meta, context, (goal) => {
    course?.leave();
    driven.setGoal(goal);
    return undefined;
  });
  const listeners = [log, serve].filter((listener) => listener !== undefined);
  for (const listener of listeners) listener.zones(masks);
  const tally = createConnectTally();
  const { ended, finish } = createEnd(signal, course === undefined ? "done" : "failed");
  const link = await openRosbridge(url, (up, note) => {
    output.log(note);
    if (!up) tally.lost++;
    driven.linkChanged(up);
  });
  const began = now();
  const driven = driveRobot(link, {
    ...driveOptionsOf(options, robot),
    navigator,
    gridSide: sceneExtent(navigation.lookahead).gridSide,
    period: 1 / rateHz,
    deadlineMs,
    map,
    goal: course?.goal,
    onGoal: () => course?.leave(),
    now,
    wallTime: () => Date.now() / 1000,
    onMap(grid) {
      for (const listener of listeners) listener.map(grid, tally.time);
    },
    say: output.log,
    onReport(report) {
      tally.add(report);
      for (const listener of listeners) listener.tick(report);
      const next = course?.after(report);
      if (next !== undefined) driven.setGoal(next);
      else if (course?.goesOn === false && report.phase === "arrived") finish("done");
      else if (options.timeout !== undefined && now() - began > 1000 * options.timeout) finish("failed");
    },
  });
  const end = await ended;
  driven.end();
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  link.close();
  navigator.close();
  await serve?.close();
  await log?.close();
  if (signal.aborted && course !== undefined) throw new InterruptedError();
  const summary = tally.summary(url, robot, end, course, navigator.replaced);
  output.object({ verb: "connect", ...summary, record: options.record });
  output.text(summaryText(summary));
  return end;
}

/** How a drive ends: as whoever is first says, an interruption among them. */
function createEnd(signal: AbortSignal, interrupted: VerbEnd) {
  let finish = (_end: VerbEnd): void => {};
  const ended = new Promise<VerbEnd>((resolve) => {
    finish = resolve;
  });
  if (signal.aborted) finish(interrupted);
  else signal.addEventListener("abort", () => finish(interrupted), { once: true });
  return { ended, finish };
}

/** @throws as `findNet` for a file that does not fit */
async function checkModel(file: string, robot: Robot, navigation: NavigationOptions): Promise<void> {
  const { net } = await findNet(file, robot, navigation);
  await net?.dispose();
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
