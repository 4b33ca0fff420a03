import { fastestState, isStopped, type Robot, type Simulator, topSpeed, yawRate } from "../sim/index.ts";

/** Slower than this share of its fastest a robot drives neither forwards nor backwards, and turns not at all. */
const ROLLING = 0.05;

/** How a simulated robot moved. */
export type MotionTally = {
  /** Of the whole way. [m] */ readonly path: number;
  /** Of the way, what was driven backwards. [m] */ readonly backwards: number;
  /** Turns from driving forwards to driving backwards, or back. */ readonly reversals: number;
  /** The longest time at a stretch in which the robot stood still though it had somewhere to go. [s] */
  readonly standstill: number;
  /** Looks at the robot. @param waits whether it is to stand, as where it has arrived */
  add(simulator: Pick<Simulator, "state" | "time">, waits: boolean): void;
};

/** Starts a tally of a robot's motion. */
export function createMotionTally(robot: Robot): MotionTally {
  const rolling = ROLLING * topSpeed(robot);
  const turning = ROLLING * Math.abs(yawRate(robot, fastestState(robot)));
  let last: Simulator["state"] | undefined;
  let direction = 0;
  let standsSince: number | undefined;
  let path = 0;
  let backwards = 0;
  let reversals = 0;
  let standstill = 0;
  return {
    get path() {
      return path;
    },
    get backwards() {
      return backwards;
    },
    get reversals() {
      return reversals;
    },
    get standstill() {
      return standstill;
    },
    add({ state, time }, waits) {
      const speed = state[3];
      const driven = last === undefined ? 0 : Math.hypot(state[0] - last[0], state[1] - last[1]);
      last = state;
      path += driven;
      if (speed < 0) backwards += driven;
      if (Math.abs(speed) > rolling) {
        if (direction * speed < 0) reversals++;
        direction = Math.sign(speed);
      }
      const stands = !waits && isStopped(robot, state, rolling, turning);
      standsSince = stands ? (standsSince ?? time) : undefined;
      if (standsSince !== undefined) standstill = Math.max(standstill, time - standsSince);
    },
  };
}
