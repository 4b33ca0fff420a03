import type { TickReport } from "../planner/index.ts";
import { short } from "./foxglove-messages.ts";
import type { Hypothesis, Truth } from "./tick-record.ts";

const numbersOf = (values: Float64Array): number[] => Array.from(values);
/** Trajectories are for looking at: 0.1 mm will do. */
const shortNumbersOf = (values: Float64Array): number[] => Array.from(values, short);

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
 * A tick as the JSON value of `mnemosyne.Tick`. States, times and controls that a replay needs are exact,
 * trajectories are rounded to 0.1 mm; numbers that are not finite become null.
 */
export function encodeTick(
  report: TickReport,
  truth: Truth | undefined,
  hypotheses: readonly Hypothesis[],
): Record<string, unknown> {
  const { scene, plan, solve, command, pose } = report;
  return {
    tick: report.tick,
    time: report.time,
    phase: report.phase,
    source: report.source,
    note: report.note,
    command: command.kind === "drive" ? { kind: "drive", u: numbersOf(command.u) } : { kind: "stop" },
    pose: Number.isFinite(pose.x + pose.y + pose.yaw) ? pose : undefined,
    x: scene && numbersOf(scene.x),
    truth: truth && {
      x: numbersOf(truth.state),
      clearance: truth.clearance,
      contact: truth.contact,
      contacts: truth.contacts,
    },
    goal: report.goal,
    localGoal: scene?.goal,
    final: scene?.final,
    plan: plan && {
      time: plan.time,
      dt: plan.dt,
      X: shortNumbersOf(plan.X),
      U: shortNumbersOf(plan.U),
    },
    solve: solve && {
      start: solve.start,
      startNote: solve.startNote,
      status: solve.status,
      iterations: solve.iterations,
      cost: solve.cost,
      merit: solve.merit,
      violation: solve.violation,
      slackInUse: solve.slackInUse,
      residuals: solve.residuals,
      history: solve.history,
    },
    hypotheses: hypotheses.map((h) => ({
      name: h.name,
      chosen: h.chosen,
      X: shortNumbersOf(h.X),
      iterates: h.iterates.map((X) => ({ X: shortNumbersOf(X) })),
    })),
    partsMs: report.partsMs,
    totalMs: report.totalMs,
    missedDeadline: report.missedDeadline,
  };
}
