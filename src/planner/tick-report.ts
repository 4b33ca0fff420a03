import { type Command, type OccupancyGrid, poseOf, type Robot, robotSizes } from "../sim/index.ts";
import { liftControl } from "./lift-speeds.ts";
import { limitCommand } from "./limit-command.ts";
import type { NavigatorState } from "./navigator-state.ts";
import type { SampleWatch } from "./sample-watch.ts";
import { NO_TIMES, type Plan, type PlanOutcome, type SensorSample, type TickReport } from "./scene.ts";

/** What a tick came to. */
export type TickEnd = Pick<TickReport, "phase" | "goalCheck" | "scene" | "note"> & {
  readonly outcome?: PlanOutcome;
  /** Time spent on the path, on the prediction, and on the field before the planner got it. [ms] */
  readonly pathMs?: number;
  readonly predictMs?: number;
  readonly fieldMs?: number;
  readonly missedDeadline?: boolean;
};

/**
 * The report of a tick: its command, where it comes from, and what it took.
 *
 * @param tick.elapsedMs since the sample came; without sensing [ms]
 */
export function tickReport(tick: {
  readonly state: NavigatorState;
  readonly sample: SensorSample;
  readonly end: TickEnd;
  readonly robot: Robot;
  readonly elapsedMs: number;
}): TickReport {
  const { state, sample, end, robot, elapsedMs } = tick;
  const { outcome } = end;
  const { senseMs = 0 } = sample;
  const { pathMs = 0, fieldMs = 0, predictMs = 0 } = end;
  const planMs = outcome?.partsMs ?? NO_TIMES;
  return {
    tick: state.tick,
    time: sample.time,
    phase: end.phase,
    goalCheck: end.goalCheck,
    command: commandOf(robot, outcome?.plan, outcome?.source !== "brake"),
    source: outcome?.source ?? "stop",
    pose: poseOf(sample.x),
    goal: state.goal,
    ...(state.goal?.via && { passed: state.passed ?? 0 }),
    globalPath: state.route.path?.points,
    scene: end.scene,
    plan: outcome?.plan,
    solve: outcome?.solve,
    note: end.note ?? outcome?.note,
    partsMs: {
      ...planMs,
      sense: senseMs,
      predict: predictMs,
      path: state.renewMs + pathMs,
      field: planMs.field + fieldMs,
    },
    totalMs: elapsedMs + senseMs,
    missedDeadline: end.missedDeadline ?? false,
  };
}

/** The first control of a plan, within the robot's limits; a stop where there is none, or none that is finite. */
export function commandOf(robot: Robot, plan: Plan | undefined, lifted = true): Command {
  if (plan === undefined) return { kind: "stop" };
  const first = plan.U.slice(0, robotSizes(robot).nu);
  const u = lifted ? liftControl(robot, plan, first) : first;
  return limitCommand(robot, { kind: "drive", u }, plan);
}

/** Stands for a sample that is not believed in its report: what it says of the state, at a time after the last that was. */
export function refusedSample(
  { last, offset, usual }: SampleWatch,
  nx: number,
  refused: SensorSample,
): SensorSample {
  const said = refused?.x;
  const x = said instanceof Float64Array && said.length === nx ? said : new Float64Array(nx).fill(Number.NaN);
  if (last === undefined) return { time: 0, x, grid: NOTHING };
  const elapsed = refused?.time - last.stamp;
  const sound = elapsed > 0 && elapsed < LONG;
  return { time: last.stamp + offset + (sound ? elapsed : usual), x, grid: NOTHING };
}

/** A stamp that is so much later is not believed either. [s] */
const LONG = 5;

const NOTHING: OccupancyGrid = {
  width: 0,
  height: 0,
  resolution: 1,
  origin: { x: 0, y: 0, yaw: 0 },
  cells: new Int8Array(0),
};
