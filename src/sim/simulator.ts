import {
  ConfigError,
  check,
  checkLength,
  checkNotNegative,
  createRng,
  type Rng,
  wrapAngle,
} from "../base/index.ts";
import { isFiniteVec, type Vec } from "../ocp/index.ts";
import { createContactJudge } from "./contact-judge.ts";
import { createDriveTrain } from "./drive-train.ts";
import { footprintClearance, footprintReach } from "./footprint.ts";
import { type OccupancyGrid, type Pose, validateFrame } from "./grid.ts";
import { brakesHard } from "./movers/fault-judge.ts";
import type { Mover } from "./movers/mover.ts";
import { createMovingWorld, type MoverTally } from "./movers/moving-world.ts";
import type { Walker } from "./movers/walker.ts";
import { type Robot, robotKinematics } from "./robot.ts";
import {
  fastestState,
  initialState,
  linearSpeed,
  poseOf,
  robotBounds,
  robotSizes,
  yawRate,
} from "./robot-state.ts";
import {
  checkSimulatorOptions,
  SIMULATOR_DEFAULTS,
  type SimulatorOptions,
  simulatedLatency,
} from "./simulator-options.ts";

/** What a controller asks for: a control u (nu), held until the next command, or a full stop. */
export type Command = { readonly kind: "drive"; readonly u: Vec } | { readonly kind: "stop" };

/** A simulated robot: told what to do, moved on in time, and asked what is true. */
export type Simulator = {
  readonly robot: Robot;
  readonly grid: OccupancyGrid;
  /** The true state (nx), a copy; speeds are those of the wheels, yaw is in [-pi, pi]. */
  readonly state: Vec;
  readonly pose: Pose;
  /** [s], 0 at the start, unless that was said to be another time. */ readonly time: number;
  /**
   * The footprint touches an obstacle, or a mover by the robot's own fault: the robot is held where it is until displaced,
   * the map changes or the mover has gone.
   */
  readonly contact: boolean;
  /** How many times contact began; with movers those that the robot has caused. */ readonly contacts: number;
  /** Who moves around it, now; empty where nobody does. */ readonly movers: readonly Mover[];
  /** Distance from the true footprint to the nearest of them, now; none where there are none. [m] */
  readonly moverClearance: number | undefined;
  /** What has come of the robot and them. */ readonly moverTally: MoverTally;
  /** Distance from the true footprint to the nearest occupied cell, now. [m] */ readonly clearance: number;
  /** The smallest clearance so far, over every substep. [m] */ readonly minClearance: number;
  /** Commands that were not finite, or of the wrong length or kind: each was taken as a stop. */
  readonly rejectedCommands: number;
  /** Empty unless asked for. */ readonly history: readonly { readonly time: number; readonly state: Vec }[];
  /**
   * Gives a command and lets time pass.
   *
   * @param duration [s], >= 0
   * @throws ConfigError for a duration that is not
   */
  step(command: Command, duration: number): void;
  /** The state as the robot's own sensors see it: with measurement noise, a new array. */
  measure(): Vec;
  /**
   * Picks the robot up and sets it down elsewhere, in no time. A pose keeps its speeds, a state (nx) sets
   * them too; contact is judged anew.
   */
  displace(to: Pose | Vec): void;
  /** Changes the world under the robot; contact is judged anew. */
  setGrid(grid: OccupancyGrid): void;
};

/** Integration steps are never shorter than this. [s] */
const SHORTEST_STEP = 1e-4;

/**
 * A robot in a world: integrates its motion far finer than a controller's period (RK4), with actuator
 * lag, limits, slip, disturbances and command delay, and judges contact and clearance by the true
 * footprint polygon on the grid, independently of any planner's discs or distance field.
 *
 * Unknown cells and the outside of the grid are free. The same seed gives the same run. Movers walk in the same time; a
 * contact with one that the robot has not caused (`FaultJudge`) is counted, and the run goes on.
 *
 * @param grid the true world; not copied
 * @param start a pose (at rest) or a state (nx)
 * @param rng drawn from twice, to seed the streams of disturbance and of measurement
 * @throws ConfigError for an illegal option or start, ShapeError for a state of the wrong length
 */
export function createSimulator(setup: {
  readonly robot: Robot;
  readonly grid: OccupancyGrid;
  readonly start: Pose | Vec;
  readonly rng: Rng;
  readonly movers?: readonly Walker[];
  /** Of the start; default 0. [s] */ readonly time?: number;
  readonly options?: Partial<SimulatorOptions>;
}): Simulator {
  const { robot, start, rng } = setup;
  const known = robot.latency && simulatedLatency(robot.latency);
  const options = { ...SIMULATOR_DEFAULTS, ...known, ...setup.options };
  checkSimulatorOptions(options);
  const motionRng = createRng(rng.int(2 ** 31));
  const measureRng = createRng(rng.int(2 ** 31));
  const { nx, nu } = robotSizes(robot);
  const reach = footprintReach(robot);
  const train = createDriveTrain(robot, options, motionRng);

  const judge = createContactJudge(robot, options.clearanceRange_m);
  let grid = setup.grid;
  const around = createMovingWorld(robot, grid, setup.movers ?? [], options);
  const x = stateFrom(robot, start);
  let { time = 0 } = setup;
  let rejectedCommands = 0;
  const commands = createCommandQueue(options.delay_s);
  const history: { time: number; state: Vec }[] = [];
  const { steering } = robotKinematics(robot);

  const held = (): boolean => judge.contact || around.caused;

  /** Judges the robot where it is; in contact it is held. */
  const look = (moved: number): void => {
    judge.look(poseOf(x), grid, moved);
    if (!held()) return;
    for (let i = 3; i < nx; i++) if (i !== steering) x[i] = 0;
    train.reset();
  };

  const remember = (): void => {
    if (options.history) history.push({ time, state: x.slice() });
  };

  let longestStep = stepLimit(robot, options, grid, reach);
  look(Number.POSITIVE_INFINITY);
  remember();

  return {
    robot,
    get grid() {
      return grid;
    },
    get state() {
      return x.slice();
    },
    get pose() {
      return poseOf(x);
    },
    get time() {
      return time;
    },
    get contact() {
      return held();
    },
    get contacts() {
      return judge.contacts + around.tally.caused;
    },
    get movers() {
      return around.movers;
    },
    get moverClearance() {
      return around.clearance(x);
    },
    get moverTally() {
      return around.tally;
    },
    get clearance() {
      return footprintClearance(robot, poseOf(x), grid, options.clearanceRange_m);
    },
    get minClearance() {
      return judge.minClearance;
    },
    get rejectedCommands() {
      return rejectedCommands;
    },
    history,
    step(command, duration) {
      checkNotNegative("duration", duration, "s");
      const accepted = acceptedControl(command, nu);
      if (accepted === undefined) rejectedCommands++;
      commands.add(accepted ?? "brake", time);
      const steps = Math.ceil(duration / longestStep - 1e-9);
      const h = duration / steps;
      for (let k = 0; k < steps; k++) {
        const u = commands.at(time + k * h);
        const [px, py, yaw, ...speeds] = x;
        if (!held()) train.advance(x, u, h);
        around.step(h, x, brakesHard(robot, speeds, u, duration));
        look(Math.hypot(x[0] - px, x[1] - py) + reach * Math.abs(wrapAngle(x[2] - yaw)));
      }
      time += duration;
      remember();
    },
    measure: () => measuredState(x, options.measurement, measureRng),
    displace(to) {
      const state = stateFrom(robot, to);
      x.set(to instanceof Float64Array ? state : state.subarray(0, 3));
      around.look(x);
      look(Number.POSITIVE_INFINITY);
      remember();
    },
    setGrid(next) {
      longestStep = stepLimit(robot, options, next, reach);
      grid = next;
      around.setGrid(grid);
      look(Number.POSITIVE_INFINITY);
    },
  };
}

/** Commands on their way: each acts so long after it was given. [s] */
function createCommandQueue(delay: number) {
  let active: Vec | "brake" = "brake";
  const queue: { readonly at: number; readonly u: Vec | "brake" }[] = [];
  return {
    add: (u: Vec | "brake", time: number) => void queue.push({ at: time + delay, u }),
    /** What acts at a time that never runs backwards. [s] */
    at(time: number): Vec | "brake" {
      while (queue.length > 0 && queue[0].at <= time + 1e-9) active = queue.shift()!.u;
      return active;
    },
  };
}

/** A command's control (nu), or "brake"; undefined where it is not a command. */
function acceptedControl(command: Command, nu: number): Vec | "brake" | undefined {
  if (command?.kind === "stop") return "brake";
  const u = command?.kind === "drive" ? command.u : undefined;
  return u instanceof Float64Array && u.length === nu && isFiniteVec(u) ? u.slice() : undefined;
}

/** A state with the noise of measurement. */
function measuredState(x: Vec, deviations: SimulatorOptions["measurement"], rng: Rng): Vec {
  const { position, yaw, speed } = deviations;
  const measured = x.slice();
  for (let i = 0; i < x.length; i++) {
    const deviation = i < 2 ? position : i === 2 ? yaw : speed;
    measured[i] += deviation * rng.gauss();
  }
  measured[2] = wrapAngle(measured[2]);
  return measured;
}

/** A legal state from a pose or a state. */
function stateFrom(robot: Robot, start: Pose | Vec): Vec {
  if (!(start instanceof Float64Array)) {
    const x = initialState(robot, start);
    x[2] = wrapAngle(x[2]);
    return x;
  }
  checkLength("state", start.length, robotSizes(robot).nx, "nx");
  const { boxIndex, xLower, xUpper } = robotBounds(robot);
  if (!isFiniteVec(start)) throw new ConfigError(`state is [${start.join(", ")}], expected finite numbers`);
  boxIndex.forEach((j, i) => {
    const legal = start[j] >= xLower[i] - 1e-9 && start[j] <= xUpper[i] + 1e-9;
    check(`state[${j}]`, start[j], legal, `${xLower[i]} .. ${xUpper[i]} (the limits of "${robot.name}")`);
  });
  const x = start.slice();
  x[2] = wrapAngle(x[2]);
  return x;
}

/** Checks a grid. @returns the longest step in which no point of the footprint moves more than half a cell. [s] */
function stepLimit(robot: Robot, options: SimulatorOptions, grid: OccupancyGrid, reach: number): number {
  validateFrame(grid);
  const fastest = fastestState(robot);
  const { noise } = options;
  const turn = yawRate(robot, fastest) + 4 * noise.angular;
  const pointSpeed = linearSpeed(robot, fastest) + 4 * noise.linear + reach * turn;
  return Math.max(SHORTEST_STEP, Math.min(options.substep_s, (0.5 * grid.resolution) / pointSpeed));
}
