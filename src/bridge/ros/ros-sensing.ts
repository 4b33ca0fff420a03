import type { SensorSample } from "../../planner/index.ts";
import {
  createLocalGrid,
  type Goal,
  type LocalGrid,
  type OccupancyGrid,
  type Pose,
  type Robot,
  robotBounds,
  robotKinematics,
  type Twist,
} from "../../sim/index.ts";
import { createMoverTracker, markStill, moverAhead, onMap, type SeenMover } from "../../track/index.ts";
import {
  decodeGoal,
  decodeMap,
  decodeOdometry,
  decodeScan,
  decodeTransforms,
  type RosOdometry,
} from "./decode-messages.ts";
import { type FrameTree, lookUp, withTransforms } from "./frame-tree.ts";
import { type MessageDelay, noteDelay } from "./message-delay.ts";
import { composePoses, type RosObject } from "./ros-values.ts";

export type RosSensingOptions = {
  readonly robot: Robot;
  /** Side of the grid around the robot. [m] */ readonly gridSide: number;
  /** Frame of map and goals. */ readonly mapFrame: string;
  /** The robot's own frame; default: the one that the odometry names. */ readonly baseFrame?: string;
  /** Odometry and scans that are older, or came later than others by more, stop the robot. [s] */
  readonly patience: number;
};

/** What a robot's messages say, put together: where it is, how fast, what is around it, and who moves there. */
export type RosSensing = {
  scan(message: RosObject, now: number): void;
  odometry(message: RosObject, now: number): void;
  transforms(message: RosObject): void;
  /** @returns the map, in the map's frame */ map(message: RosObject): OccupancyGrid;
  /**
   * The grid around the robot follows this map's cells.
   *
   * @param isKnown whether it says what stands where, so that what it does not have is new; else nobody mapped the ground. Default true.
   */
  useMap(map: OccupancyGrid, isKnown?: boolean): void;
  /** @returns the goal in the frame the robot drives in, or why it cannot be told */
  goal(message: RosObject): Goal | string;
  /** What the sensors say at this moment, or why nothing can be driven by. @param now [s] */
  sample(now: number): SensorSample | string;
  /**
   * How old the youngest message is of all that is measured, were it as fast on its way as the fastest.
   *
   * @param now [s] @returns [s], infinite before the first
   */
  silence(now: number): number;
  /** Forgets what a broken connection makes doubtful. */ reset(): void;
};

/** Odometry is kept for so long, to tell where the robot was when a scan was taken. [s] */
const HISTORY = 2;
/** Stamps that go back by more are those of a clock that was set anew. [s] */
const CLOCK_SET = 0.5;
/** Odometry noise may exceed the robot's limits by this share; what is faster is not this robot's. */
const PLAUSIBLE = 1.5;
/** Scans go round while the robot turns, and are taken for those of one moment. */
const SWEEP = 0.5;
/** Below this speed a steering angle cannot be told from how the robot turns. [m/s] */
const STEERED = 0.05;

type Heard = { readonly arrival: number; readonly stamp: number; readonly delay: MessageDelay };

export function createRosSensing(options: RosSensingOptions): RosSensing {
  const { robot, gridSide, mapFrame, patience } = options;
  const { xLower, xUpper } = robotBounds(robot);
  let local: LocalGrid = createLocalGrid({ size_m: gridSide });
  let tree: FrameTree = new Map();
  let history: RosOdometry[] = [];
  let odometryHeard: Heard | undefined;
  let scanHeard: Heard | undefined;
  let steering = 0;
  let known: ((x: number, y: number) => boolean) | undefined;
  let tracker = createMoverTracker({ sweep: SWEEP });
  let movers: readonly SeenMover[] = [];

  const baseFrame = (): string => options.baseFrame ?? history.at(-1)?.base ?? "base_link";
  /** Of the odometry's frame in the map's; where nobody tells, they are the same. */
  const odometryInMap = (frame: string): Pose => lookUp(tree, mapFrame, frame) ?? { x: 0, y: 0, yaw: 0 };

  return {
    odometry(message, now) {
      const odometry = decodeOdometry(message);
      const last = history.at(-1);
      if (last !== undefined && odometry.stamp < last.stamp - CLOCK_SET) {
        history = [];
        odometryHeard = undefined;
        scanHeard = undefined;
      }
      history = [...history.filter(({ stamp }) => stamp > odometry.stamp - HISTORY), odometry];
      odometryHeard = hear(odometryHeard, now, odometry.stamp);
    },
    scan(message, now) {
      const scan = decodeScan(message);
      scanHeard = hear(scanHeard, now, scan.stamp);
      const odometry = history.at(-1);
      if (odometry === undefined) return;
      const mount = lookUp(tree, baseFrame(), scan.frame) ?? { x: 0, y: 0, yaw: 0 };
      const base = composePoses(odometryInMap(odometry.frame), poseAt(history, scan.stamp));
      local.recenter(base.x, base.y);
      const tracked = tracker.update({ ...scan, pose: composePoses(base, mount) }, scan.stamp);
      markStill(local, tracked);
      movers = tracked.movers;
    },
    transforms(message) {
      tree = withTransforms(tree, decodeTransforms(message));
    },
    map: decodeMap,
    useMap(map, isKnown = true) {
      const resolution = Math.min(map.resolution, 0.1);
      local = createLocalGrid({ size_m: gridSide, resolution, anchor: map.origin });
      // A map sent again is looked up from now on, and who is followed is followed on.
      if (isKnown !== (known !== undefined))
        tracker = createMoverTracker({
          sweep: SWEEP,
          ...(isKnown && { known: (x: number, y: number) => known?.(x, y) ?? false }),
        });
      known = isKnown ? onMap(map) : undefined;
    },
    goal(message) {
      const { frame, goal } = decodeGoal(message);
      const place =
        frame === "" || frame === mapFrame ? { x: 0, y: 0, yaw: 0 } : lookUp(tree, mapFrame, frame);
      if (place === undefined) return `the goal is in frame "${frame}", which nothing joins to "${mapFrame}"`;
      const { x, y, yaw } = composePoses(place, { ...goal, yaw: goal.yaw ?? 0 });
      return goal.yaw === undefined ? { x, y } : { x, y, yaw };
    },
    sample(now) {
      const odometry = history.at(-1);
      if (odometry === undefined || odometryHeard === undefined) return "no odometry yet";
      const fault = faultOf("odometry", odometryHeard, now) ?? faultOf("scan", scanHeard, now);
      if (fault !== undefined) return fault;
      const age = now - odometryHeard.arrival;
      const pose = composePoses(odometryInMap(odometry.frame), driven(odometry, age));
      const x = stateOf(robot, pose, odometry.twist, steering);
      const { steering: at } = robotKinematics(robot);
      if (at !== undefined) steering = x[at];
      for (let i = 3; i < x.length; i++) {
        if (x[i] < PLAUSIBLE * xLower[i - 3] || x[i] > PLAUSIBLE * xUpper[i - 3]) {
          const name = robotKinematics(robot).stateNames[i];
          return `odometry says ${name} = ${x[i].toFixed(2)}, expected ${xLower[i - 3]} .. ${xUpper[i - 3]}, the limits of ${robot.name}`;
        }
      }
      const since = now - scanHeard!.arrival;
      return { time: now, x, grid: local.grid, movers: movers.map((mover) => moverAhead(mover, since)) };
    },
    silence(now) {
      const born = [odometryHeard, scanHeard].map((heard) =>
        heard === undefined ? Number.NEGATIVE_INFINITY : heard.arrival - heard.delay.late,
      );
      return now - Math.max(...born);
    },
    reset() {
      history = [];
      movers = [];
      odometryHeard = undefined;
      scanHeard = undefined;
    },
  };

  function faultOf(name: string, heard: Heard | undefined, now: number): string | undefined {
    if (heard === undefined) return `no ${name} yet`;
    const age = now - heard.arrival;
    if (age > patience) return `no ${name} for ${age.toFixed(2)} s`;
    const { late } = heard.delay;
    return late > patience ? `${name} comes ${late.toFixed(2)} s late` : undefined;
  }
}

function hear(last: Heard | undefined, arrival: number, stamp: number): Heard {
  return { arrival, stamp, delay: noteDelay(last?.delay, arrival, stamp) };
}

/** Pose of the base at a time, between the two poses around it; the nearest one outside. */
function poseAt(history: readonly RosOdometry[], time: number): Pose {
  const after = history.findIndex(({ stamp }) => stamp >= time);
  if (after === 0) return history[0].pose;
  if (after < 0) return history[history.length - 1].pose;
  const [a, b] = [history[after - 1], history[after]];
  const share = (time - a.stamp) / (b.stamp - a.stamp);
  const turn = b.pose.yaw - a.pose.yaw;
  return {
    x: a.pose.x + share * (b.pose.x - a.pose.x),
    y: a.pose.y + share * (b.pose.y - a.pose.y),
    yaw: a.pose.yaw + share * Math.atan2(Math.sin(turn), Math.cos(turn)),
  };
}

/** Where the robot is some time after its odometry, at the velocity it had. @param age [s] */
function driven({ pose, twist }: RosOdometry, age: number): Pose {
  const half = 0.5 * twist.w * age;
  const [c, s] = [Math.cos(pose.yaw + half), Math.sin(pose.yaw + half)];
  return {
    x: pose.x + age * (c * twist.vx - s * twist.vy),
    y: pose.y + age * (s * twist.vx + c * twist.vy),
    yaw: pose.yaw + twist.w * age,
  };
}

/** A robot's state (nx) from its pose and the velocity of its body. */
function stateOf(robot: Robot, pose: Pose, { vx, vy, w }: Twist, steering: number): Float64Array {
  const { axes, turnFor } = robotKinematics(robot);
  const motions = { forward: vx, sideways: vy, turning: w, steering: 0 };
  if (axes.some(({ motion }) => motion === "steering"))
    motions.steering = Math.abs(vx) < STEERED ? steering : turnFor(robot, w / vx, vx);
  return Float64Array.of(pose.x, pose.y, pose.yaw, ...axes.map(({ motion }) => motions[motion]));
}
