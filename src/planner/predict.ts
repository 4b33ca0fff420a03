import { createRng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import {
  type Command,
  createDriveTrain,
  type DriveTrain,
  type Latency,
  type Robot,
  robotBounds,
  robotSizes,
} from "../sim/index.ts";
import { moverAhead } from "../track/index.ts";
import type { SensorSample } from "./scene.ts";

/** A command that has left, and when it begins to act. [s] */
export type SentCommand = { readonly at: number; readonly u: Vec | "brake" };

/** What is known of a robot's actuators at the last measurement: plain data. */
export type ActuatorState = {
  /** Of the measurement; NaN before the first. [s] */
  readonly time: number;
  /** (nx) What was measured. */
  readonly x: Vec;
  /** (nu) What the actuators did then. */
  readonly effort: Vec;
  /** Oldest first; the first is, or was, in force. */
  readonly sent: readonly SentCommand[];
};

/** A sample, by its stamp too, as it will be when its answer acts, and what the actuators will do then. */
type Ahead = {
  readonly of: SensorSample;
  readonly stamp: number;
  readonly sample: SensorSample;
  readonly effort: Vec;
};

/** Predicts where a robot will be when its next command acts, and asks of lagging actuators what they will then do. */
export type Predictor = {
  /** The sample as it will be when its answer acts: its time, and the state and the movers predicted for it. */
  ahead(sample: SensorSample): SensorSample;
  /**
   * What to command so that the robot does what was planned, see {@link leadCommand}; remembered as sent.
   *
   * @param late whether this stands in for an answer that is still to come: that one is then not sent
   */
  send(sample: SensorSample, planned: Command, late?: boolean): Command;
  /** Remembers what somebody else sent in answer to a sample, as it is. @param late as in `send` */
  sent(sample: SensorSample, command: Command, late?: boolean): void;
  /** Remembers that somebody else stopped the robot so long after the last measurement. [s] */
  stopped(after: number): void;
};

/** The steps of a prediction are no longer than this, as the simulator's are not. [s] */
const STEP = 0.005;
/** After so many lags the actuators have forgotten what they were told before. */
const FORGOTTEN = 20;
/**
 * Commands lead by no more than this. Measured on 15 worlds with a lag of 0.5 s: without lead 2 contacts, with 1.5 to 3
 * none; with 0.3 s of lag predicted where there is none, contact in 2, in 0 and, with 3, in 7.
 */
const MOST_LEAD = 2;

/** The control that acts at a time: of the last command by then, a brake before the first. */
export function commandAt(sent: readonly SentCommand[], time: number): Vec | "brake" {
  return sent.findLast(({ at }) => at <= time + 1e-9)?.u ?? "brake";
}

/**
 * Rolls a state through what was sent, as the simulator does without slip and noise.
 *
 * @param train its efforts are those at `from`, and afterwards those at `to`
 * @param x (nx) moved on in place
 */
export function rollThrough(
  train: DriveTrain,
  sent: readonly SentCommand[],
  x: Vec,
  from: number,
  to: number,
): void {
  const switches = sent.map(({ at }) => at).filter((at) => at > from + 1e-9 && at < to - 1e-9);
  let begin = from;
  for (const end of [...switches, to]) {
    const steps = Math.ceil((end - begin) / STEP - 1e-9);
    const u = commandAt(sent, begin);
    for (let k = 0; k < steps; k++) train.advance(x, u, (end - begin) / steps);
    begin = end;
  }
}

/**
 * How far commands lead what is planned, a factor g >= 1: told `e + g (u - e)`, actuators of first order with effort e
 * follow u with the lag divided by g. Never so far that they overshoot u within dt.
 */
export function commandLead(lag: number, dt: number): number {
  return lag === 0 ? 1 : Math.min(MOST_LEAD, -1 / Math.expm1(-dt / lag));
}

/**
 * The command that makes lagging actuators do sooner what is planned: `e + g (u - e)`, within the robot's limits.
 *
 * @param effort e (nu), what they do when the command begins to act
 */
export function leadCommand(robot: Robot, u: Vec, effort: Vec, lead: number): Vec {
  if (lead === 1) return u;
  const { uLower, uUpper } = robotBounds(robot);
  return u.map((planned, i) =>
    Math.min(uUpper[i], Math.max(uLower[i], effort[i] + lead * (planned - effort[i]))),
  );
}

/**
 * Predicts by the delay exactly, through the commands under way, and then by what is left of the lag with the effort
 * held: an actuator of first order does, on the whole, what it is told one lag later.
 *
 * @param dt for which a command is held [s]
 */
export function createPredictor(robot: Robot, { delay, lag }: Latency, dt: number): Predictor {
  const quiet = { lag_s: lag, slip: 0, noise: { linear: 0, angular: 0 } };
  const train = createDriveTrain(robot, quiet, createRng(0));
  const { nx, nu } = robotSizes(robot);
  const lead = commandLead(lag, dt);
  const fresh = { time: Number.NaN, x: new Float64Array(nx), effort: new Float64Array(nu), sent: [] };
  let state: ActuatorState = fresh;
  let last: Ahead | undefined;
  /** Of the last sample that was answered by something else than its plan. [s] */
  let overruled = Number.NEGATIVE_INFINITY;
  const remember = (sample: SensorSample, command: Command, late: boolean): void => {
    if (late) overruled = sample.time;
    else if (sample.time <= overruled) return;
    const at = (Number.isFinite(sample.time) ? sample.time : state.time) + (sample.age ?? 0) + delay;
    const before = state.sent.filter((sent) => sent.at < at - 1e-9);
    state = { ...state, sent: [...before, { at, u: command.kind === "drive" ? command.u : "brake" }] };
  };
  return {
    ahead(of) {
      if (last?.of === of && last.stamp === of.time) return last.sample;
      if (of.time < state.time) {
        // A clock that was set back: what was known of the time before it is of no use.
        state = { ...fresh, time: of.time, x: of.x };
        overruled = Number.NEGATIVE_INFINITY;
      } else state = atMeasurement(train, state, of, lag);
      const x = of.x.slice();
      const acts = of.time + (of.age ?? 0) + delay;
      train.effort.set(state.effort);
      rollThrough(train, state.sent, x, of.time, acts);
      const effort = train.effort.slice();
      const inForce = commandAt(state.sent, acts);
      const held = { at: acts, u: inForce === "brake" ? inForce : effort };
      rollThrough(train, [held], x, acts, acts + lag / lead);
      const time = acts + lag / lead;
      const movers = of.movers?.map((mover) => moverAhead(mover, time - of.time));
      last = { of, stamp: of.time, sample: { ...of, time, x, ...(movers && { movers }) }, effort };
      return last.sample;
    },
    send(sample, planned, late = false) {
      const led = last?.of === sample && planned.kind === "drive";
      const command: Command = led
        ? { kind: "drive", u: leadCommand(robot, planned.u, last!.effort, lead) }
        : planned;
      remember(sample, command, late);
      return command;
    },
    sent: (sample, command, late = false) => remember(sample, command, late),
    stopped(after) {
      const at = state.time + after + delay;
      const newest = state.sent.at(-1);
      if (newest !== undefined && newest.u !== "brake" && at > newest.at)
        state = { ...state, sent: [...state.sent, { at, u: "brake" }] };
    },
  };
}

/** The actuators at a new measurement, moved on from the last one through what was sent. */
function atMeasurement(
  train: DriveTrain,
  state: ActuatorState,
  { time, x }: SensorSample,
  lag: number,
): ActuatorState {
  train.effort.set(state.effort);
  rollThrough(train, state.sent, state.x.slice(), Math.max(state.time, time - FORGOTTEN * lag), time);
  const inForce = state.sent.findLastIndex(({ at }) => at <= time + 1e-9);
  return { time, x, effort: train.effort.slice(), sent: state.sent.slice(Math.max(0, inForce)) };
}
