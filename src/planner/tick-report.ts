import { isFiniteVec } from "../ocp/index.ts";
import { type Command, poseOf } from "../sim/index.ts";
import type { NavigatorState } from "./navigator-state.ts";
import { NO_TIMES, type Plan, type PlanOutcome, type SensorSample, type TickReport } from "./scene.ts";

/** What a tick came to. */
export type TickEnd = Pick<TickReport, "phase" | "goalCheck" | "scene" | "note"> & {
  readonly outcome?: PlanOutcome;
  /** Time spent on the path, and on the field before the planner got it. [ms] */
  readonly pathMs?: number;
  readonly fieldMs?: number;
  readonly missedDeadline?: boolean;
};

/**
 * The report of a tick: its command, where it comes from, and what it took.
 *
 * @param tick.nu number of controls
 * @param tick.elapsedMs since the sample came; without sensing [ms]
 */
export function tickReport(tick: {
  readonly state: NavigatorState;
  readonly sample: SensorSample;
  readonly end: TickEnd;
  readonly nu: number;
  readonly elapsedMs: number;
}): TickReport {
  const { state, sample, end, nu, elapsedMs } = tick;
  const { outcome } = end;
  const { senseMs = 0 } = sample;
  const { pathMs = 0, fieldMs = 0 } = end;
  const planMs = outcome?.partsMs ?? NO_TIMES;
  return {
    tick: state.tick,
    time: sample.time,
    phase: end.phase,
    goalCheck: end.goalCheck,
    command: commandOf(outcome?.plan, nu),
    source: outcome?.source ?? "stop",
    pose: poseOf(sample.x),
    goal: state.goal,
    globalPath: state.route.path?.points,
    scene: end.scene,
    plan: outcome?.plan,
    solve: outcome?.solve,
    note: end.note ?? outcome?.note,
    partsMs: { ...planMs, sense: senseMs, path: state.renewMs + pathMs, field: planMs.field + fieldMs },
    totalMs: elapsedMs + senseMs,
    missedDeadline: end.missedDeadline ?? false,
  };
}

/** The first control of a plan; a stop where there is none, or none that is finite. */
export function commandOf(plan: Plan | undefined, nu: number): Command {
  const u = plan?.U.slice(0, nu);
  return u !== undefined && isFiniteVec(u) ? { kind: "drive", u } : { kind: "stop" };
}
