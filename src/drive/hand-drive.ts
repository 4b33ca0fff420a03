import {
  createSafetyChecker,
  limitCommand,
  MOVER_CHANGE,
  moverContact,
  type SensorSample,
  sceneField,
} from "../planner/index.ts";
import {
  brakeControl,
  type Command,
  isStopped,
  type Latency,
  type Robot,
  robotBounds,
  robotDynamics,
  robotKinematics,
  robotSizes,
} from "../sim/index.ts";

/** How somebody drives by hand: shares of what the robot can do, -1 .. 1, forwards, to the left, turning left. */
export type HandWish = { readonly forward: number; readonly left: number; readonly turn: number };

/** Makes commands of wishes. */
export type HandDrive = {
  /** @returns what comes nearest to the wish and can still be stopped before anything; else braking */
  command(sample: SensorSample, wish: HandWish): Command;
};

/** What is tried in place of a wish that leads into something: shares of it. */
const SHARES = [1, 0.5, 0.25] as const;
/** Periods in which a robot may do nothing of what it is told: a lag that nobody knows of, for which there is no margin. */
const IDLE = [0, 1] as const;
/** A robot that does not brake to a stop in so many steps does not brake at all. */
const MOST_STEPS = 400;

/**
 * Drives a robot by hand within its limits: speeds are led to the wished shares of the largest ones as fast as the rates
 * allow, and no command leaves after which the robot, braking as hard as it can, would touch what it knows of.
 *
 * @param period of a command [s]
 * @param latency of the robot: what is asked for later than now is driven on until then
 */
export function createHandDrive(robot: Robot, period: number, latency: Latency): HandDrive {
  const { nx, nu } = robotSizes(robot);
  const { axes } = robotKinematics(robot);
  const { boxIndex, xLower, xUpper, uLower, uUpper } = robotBounds(robot);
  const { step } = robotDynamics(robot, period);
  const checker = createSafetyChecker(robot);
  const late = Math.ceil((latency.delay + latency.lag) / period);
  /** The last commands, oldest first, which the robot has yet to do, and when the newest was given. */
  let sent: Command[] = [];
  let sentAt = Number.NaN;

  const lead = (x: Float64Array, wish: readonly number[], u: Float64Array): void => {
    for (let i = 0; i < nu; i++) {
      const target = wish[i] >= 0 ? wish[i] * xUpper[i] : -wish[i] * xLower[i];
      u[i] = Math.min(uUpper[i], Math.max(uLower[i], (target - x[boxIndex[i]]) / period));
    }
  };

  /**
   * States from doing what was sent before, driving as wished for a period, and then braking until the robot stands.
   *
   * @param idle periods before the wish in which the robot goes on as it goes
   */
  const rollOut = (x: Float64Array, wish: readonly number[], idle: number): Float64Array => {
    const states: Float64Array[] = [x];
    const u = new Float64Array(nu);
    for (let k = 0; k < MOST_STEPS; k++) {
      const here = states[k];
      if (k > late + idle && isStopped(robot, here)) break;
      const before = sent[k];
      if (before?.kind === "drive") u.set(before.u);
      else if (k >= late && k < late + idle) u.fill(0);
      else if (k === late + idle) lead(here, wish, u);
      else brakeControl(robot, here, period, u);
      const next = new Float64Array(nx);
      step(here, u, k, next);
      states.push(next);
    }
    const X = new Float64Array(states.length * nx);
    for (const [k, state] of states.entries()) X.set(state, k * nx);
    return X;
  };

  const coast: Command = { kind: "drive", u: new Float64Array(nu) };
  const send = (command: Command): Command => {
    sent = [...sent, command].slice(1);
    return command;
  };

  return {
    command({ time, x, grid, movers = [] }, wish) {
      if (!(Math.abs(time - sentAt - period) < 0.5 * period))
        sent = Array.from({ length: late }, () => coast);
      sentAt = time;
      const shares = { forward: wish.forward, sideways: wish.left, turning: wish.turn, steering: wish.turn };
      const field = sceneField(grid);
      const u = new Float64Array(nu);
      for (const share of SHARES) {
        const wanted = axes.map(({ motion }) => share * Math.min(1, Math.max(-1, shares[motion])));
        const ends = IDLE.map((idle) => rollOut(x, wanted, idle));
        const safe = ends.every(
          (X) =>
            moverContact(robot, X, period, movers, MOVER_CHANGE) < 0 && checker.check(X, field, grid).safe,
        );
        if (!safe) continue;
        lead(x, wanted, u);
        return send(limitCommand(robot, { kind: "drive", u }));
      }
      return send({ kind: "stop" });
    },
  };
}
