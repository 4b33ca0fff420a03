import { BehaviorSubject, Subject } from "rxjs";
import { messageOf } from "../../base/index.ts";
import { createControlLoop, type SensorSample } from "../../planner/index.ts";
import type { Goal, OccupancyGrid } from "../../sim/index.ts";
import { createGround, type Place } from "./invented-ground.ts";
import type { RobotDriveOptions } from "./robot-drive-options.ts";
import { openVoice } from "./robot-voice.ts";
import type { RosLink } from "./ros-link.ts";
import { createRosSensing } from "./ros-sensing.ts";
import { type RosObject, rosType } from "./ros-values.ts";
import { watchSilence } from "./silence-watch.ts";

/** A robot behind a link, driven until it is ended. */
export type RobotDrive = {
  /** To be told of every change of the link. */ linkChanged(up: boolean): void;
  setGoal(goal: Goal | undefined): void;
  /** Stops the robot and hears it no more. */ end(): void;
};

/** After so much silence the connection is made anew: a cut cable tells nobody. [s] */
const GIVE_UP_LINK = 3;

/**
 * Drives a robot through a link: its messages become samples of a control loop, the loop's plans become velocities.
 * The robot is told to stop whenever there is no plan, and while nothing fresh is heard.
 */
export function driveRobot(link: RosLink, options: RobotDriveOptions): RobotDrive {
  const { robot, period, patience, now, mapFrame } = options;
  const sensing = createRosSensing({
    robot,
    gridSide: options.gridSide,
    mapFrame,
    baseFrame: options.baseFrame,
    patience,
  });
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new BehaviorSubject<Goal | undefined>(options.goal);
  const map$ = new Subject<OccupancyGrid>();
  const loop = createControlLoop(
    { sensor$, goal$, map$ },
    {
      navigator: options.navigator,
      deadlineMs: options.deadlineMs,
      silenceMs: 1000 * Math.max(patience, period),
      clock: now,
      act(report) {
        if (!stopped || report.command.kind === "stop") voice.tell(report);
      },
    },
  );
  const voice = openVoice(link, options);
  const seconds = (): number => now() / 1000;
  let up = false;
  let lastHeard = seconds();
  let said = "";
  const sayOnce = (note: string): void => {
    if (note !== said) options.say(note);
    said = note;
  };
  const ground = createGround((map, isKnown) => {
    sensing.useMap(map, isKnown);
    map$.next(map);
    options.onMap?.(map);
  });
  let sampledAt = Number.NaN;
  /** Since the last sample: a plan that was made of it comes too late. */
  let stopped = false;
  /** Commands a standstill, and lets the navigator know, whose predictions go by what was sent. */
  const stop = (why?: string): void => {
    if (why !== undefined) sayOnce(`waiting: ${why}`);
    stopped = true;
    voice.stop();
    if (Number.isFinite(sampledAt)) options.navigator.stopped?.(seconds() - sampledAt);
  };
  /** A message that cannot be read is said and passed over. */
  const heard = (topic: string, take: (message: RosObject) => void) => (message: RosObject) => {
    lastHeard = seconds();
    try {
      take(message);
    } catch (error) {
      sayOnce(`${topic}: ${messageOf(error)}`);
    }
  };

  const reports = loop.report$.subscribe(options.onReport);
  if (options.map !== undefined) ground.know(options.map);
  listen(link, options, heard, {
    odometry: (message) => sensing.odometry(message, seconds()),
    scan: (message) => sensing.scan(message, seconds()),
    transforms: sensing.transforms,
    map: (message) => ground.know(sensing.map(message)),
    goal(message) {
      const goal = sensing.goal(message);
      if (typeof goal === "string") sayOnce(goal);
      else {
        options.onGoal?.();
        goal$.next(goal);
      }
    },
  });

  const watch = watchSilence({
    silence: () => sensing.silence(seconds()),
    patience,
    period,
    onSilence: (silence) => stop(`no odometry and no scan for ${silence.toFixed(2)} s`),
  });

  const tick = (): void => {
    if (!up) return;
    if (seconds() - lastHeard > GIVE_UP_LINK) {
      lastHeard = seconds();
      link.restart();
      return;
    }
    const sample = sensing.sample(seconds());
    if (typeof sample === "string") {
      stop(sample);
      return;
    }
    const [x, y] = sample.x;
    ground.cover({ x, y }, placesOf(goal$.value));
    said = "";
    sampledAt = seconds();
    stopped = false;
    sensor$.next(sample);
    watch.look();
  };
  const timer = setInterval(tick, 1000 * period);
  return {
    linkChanged(isUp) {
      up = isUp;
      lastHeard = seconds();
      watch.end();
      sensing.reset();
      if (isUp) stop();
    },
    setGoal: (goal) => goal$.next(goal),
    end() {
      clearInterval(timer);
      watch.end();
      reports.unsubscribe();
      voice.stop();
    },
  };
}

type Take = (message: RosObject) => void;

/** Subscribes to all that is heard of the robot, each through a guard. */
function listen(
  link: RosLink,
  { version, topics, period, map }: RobotDriveOptions,
  guard: (topic: string, take: Take) => Take,
  take: Readonly<Record<"odometry" | "scan" | "transforms" | "map" | "goal", Take>>,
): void {
  const every = Math.floor(500 * period);
  const hear = (topic: string, type: string, wait: number, then: Take): void =>
    link.subscribe(topic, rosType(version, type), wait, guard(topic, then));
  hear(topics.odometry, "nav_msgs/Odometry", every, take.odometry);
  hear(topics.scan, "sensor_msgs/LaserScan", every, take.scan);
  hear("/tf", "tf2_msgs/TFMessage", 0, take.transforms);
  hear("/tf_static", "tf2_msgs/TFMessage", 0, take.transforms);
  if (map === undefined) hear(topics.map, "nav_msgs/OccupancyGrid", 0, take.map);
  hear(topics.goal, "geometry_msgs/PoseStamped", 0, take.goal);
}

/** A goal and what lies on the way to it. */
function placesOf(goal: Goal | undefined): readonly Place[] {
  return goal === undefined ? [] : [goal, ...(goal.via ?? [])];
}
