import type { SolveRecord, TickRecord } from "../../../src/record/index.ts";

/** What a status of the solver means. */
const STATUS: Readonly<Record<SolveRecord["status"], string>> = {
  converged: "converged: the residuals are within tolerance",
  maxIterations:
    "stopped after the iterations it was allowed; the plan was checked and may still be followed",
  stalled: "stalled: no step along the QP's direction lowers the merit function",
  infeasible: "infeasible: the constraints leave no room",
  unbounded: "unbounded: the cost falls for ever and nothing stops it",
  nonFinite: "a number ran away: NaN or infinity",
  deadline: "stopped by the deadline",
};

const SOURCE: Readonly<Record<TickRecord["source"], string>> = {
  solution: "this tick's plan is followed",
  lastPlan: "fallback: the last safe plan is followed on",
  brake: "fallback: the robot brakes",
  stop: "the robot is stopped",
};

/** What a status of the solver means, in a few words. */
export function statusText(solve: SolveRecord): string {
  return STATUS[solve.status] ?? solve.status;
}

/** Where a command came from, in a few words. */
export function sourceText(tick: TickRecord): string {
  return SOURCE[tick.source] ?? tick.source;
}

/** A part of a tick's time. [ms] */
type TimePart = { readonly name: string; readonly text: string; readonly ms: number };

/** The parts of a tick's time in order; the last is what is left of the whole. The path may take longer than that. */
export function partsOf({ partsMs, totalMs }: TickRecord): TimePart[] {
  const parts: TimePart[] = [
    { name: "sense", text: "looking around", ms: partsMs.sense },
    { name: "predict", text: "looking ahead by the latency", ms: partsMs.predict },
    { name: "path", text: "finding the way", ms: partsMs.path },
    { name: "field", text: "distance field", ms: partsMs.field },
    { name: "init", text: "warm start", ms: partsMs.init },
    { name: "sqp", text: "SQP", ms: partsMs.sqp },
    { name: "check", text: "safety check", ms: partsMs.check },
  ];
  const rest = totalMs - parts.reduce((sum, part) => sum + part.ms, 0);
  return rest > 0.005 ? [...parts, { name: "other", text: "all else", ms: rest }] : parts;
}
