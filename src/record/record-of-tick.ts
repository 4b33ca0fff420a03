import type { TickReport } from "../planner/index.ts";
import { short } from "./foxglove-messages.ts";
import type { Hypothesis, TickRecord, Truth } from "./tick-record.ts";

/** Trajectories are for looking at: 0.1 mm will do. */
const shortened = (values: Float64Array): Float64Array => values.map((value) => short(value));

/** The starts of a tick's solve, from its report: the one that was used, and those that lost, where it has them. */
export function hypothesesOf(report: TickReport): Hypothesis[] {
  const { solve } = report;
  if (solve === undefined) return [];
  const { start, startX, iterates, others = [] } = solve;
  return [
    { name: start, chosen: true, X: startX, iterates },
    ...others.map((other) => ({
      name: other.start,
      chosen: false,
      X: other.startX,
      iterates: other.iterates,
    })),
  ];
}

/**
 * What a log holds of a tick. States, times and controls that a replay needs are exact, trajectories are rounded
 * to 0.1 mm.
 */
export function recordOfTick(
  report: TickReport,
  truth: Truth | undefined,
  hypotheses: readonly Hypothesis[],
): TickRecord {
  const { tick, time, phase, source, note, command, pose, scene, goal, plan, solve } = report;
  const { partsMs, totalMs, missedDeadline } = report;
  return {
    tick,
    time,
    phase,
    source,
    note,
    command,
    pose: Number.isFinite(pose.x + pose.y + pose.yaw) ? pose : undefined,
    x: scene?.x,
    truth,
    goal,
    localGoal: scene?.goal,
    final: scene?.final,
    localPath: scene && shortened(scene.path),
    plan: plan && { time: plan.time, dt: plan.dt, X: shortened(plan.X), U: shortened(plan.U) },
    solve,
    hypotheses: hypotheses.map(({ name, chosen, X, iterates }) => ({
      name,
      chosen,
      X: shortened(X),
      iterates: iterates.map(shortened),
    })),
    partsMs,
    totalMs,
    missedDeadline,
  };
}
