import { type DistanceField, poseOf } from "../sim/index.ts";
import type { Belief } from "./belief.ts";
import { decide, reasonToWait } from "./decide.ts";
import type { GuardedBelief } from "./guard.ts";
import { findWayOut, type WayOut } from "./leave-zone.ts";
import { limitCommand, planFault } from "./limit-command.ts";
import { type NavigatorParts, type NavigatorState, NO_PROGRESS, withoutRoute } from "./navigator-state.ts";
import { filterPose, type PoseFilter, poseUnsureness } from "./pose-filter.ts";
import { sceneField } from "./pose-scene.ts";
import { continueSearch, renewPath } from "./renew-path.ts";
import { type Judgement, judgeSample } from "./sample-watch.ts";
import type { PlanOutcome, SensorSample, TickReport } from "./scene.ts";
import { watchStanding, withStanding } from "./standing.ts";
import { refusedSample, type TickEnd, tickReport } from "./tick-report.ts";

/** What a navigator holds between ticks, and what the functions below replace. */
export type NavigatorMemory = {
  state: NavigatorState;
  belief?: Belief | GuardedBelief;
  /** Of a robot that is in a zone which it may not enter. */
  wayOut?: WayOut;
  /** What the last samples say of how well poses are measured. */
  filter?: PoseFilter;
  /** Distances in the grid of the tick at hand. */
  field?: DistanceField;
  /** What became of the last sample that was judged: its tick and its late report judge it once. */
  judged?: Judgement & { readonly of: SensorSample; readonly stamp: number };
};

/** Judges a sample by those before it, once. */
export function judgeOnce(
  { limits, planner, robot }: NavigatorParts,
  memory: NavigatorMemory,
  sample: SensorSample,
): Judgement {
  const { judged, state } = memory;
  if (judged !== undefined && judged.of === sample && judged.stamp === sample.time) return judged;
  const judgement = judgeSample(state.watch, sample, limits);
  memory.state = { ...state, watch: judgement.watch };
  if (judgement.anew === true) planner.reset();
  memory.judged = { ...judgement, of: sample, stamp: sample?.time };
  const { sample: used, anew } = judgement;
  if (used === undefined) return judgement;
  memory.filter = filterPose(robot, anew === true ? undefined : memory.filter, used);
  if (memory.filter.x !== used.x)
    memory.judged = { ...memory.judged, sample: { ...used, x: memory.filter.x } };
  else memory.filter = { ...memory.filter, x: used.x.slice() }; // the caller may write into his array
  return memory.judged;
}

/**
 * The report of a sample; its command leads by what the robot's actuators lag.
 *
 * @param t0 when it came [ms]
 * @param late whether it stands in for an answer that is still to come
 */
export function reportTick(
  { robot, clock, predictor }: NavigatorParts,
  memory: NavigatorMemory,
  sample: SensorSample,
  t0: number,
  end: TickEnd,
  late = false,
): TickReport {
  const report = tickReport({ robot, state: memory.state, sample, end, elapsedMs: clock() - t0 });
  memory.state = { ...memory.state, renewMs: 0 };
  if (predictor === undefined) return report;
  const command = limitCommand(robot, predictor.send(sample, report.command, late));
  return { ...report, command, ...(report.scene && { measured: sample.x }) };
}

/** The report of a sample by which nobody can drive. */
export function reportFault(
  parts: NavigatorParts,
  memory: NavigatorMemory,
  sample: SensorSample,
  t0: number,
  note: string,
  late = false,
): TickReport {
  const shown = refusedSample(memory.state.watch, parts.sizes.nx, sample);
  return reportTick(parts, memory, shown, t0, { phase: "fault", note }, late);
}

/**
 * A sample as it will be when its command acts, with zones, and those who could move and stand, as obstacles: what is
 * decided, planned and checked.
 */
export function aheadOf(
  { predictor, guard }: NavigatorParts,
  memory: NavigatorMemory,
  sample: SensorSample,
): SensorSample {
  const ahead = predictor?.ahead(sample) ?? sample;
  const standing = watchStanding(memory.state.standing, ahead.movers, ahead.time);
  if (standing !== memory.state.standing) memory.state = { ...memory.state, standing };
  const among = withStanding(standing, ahead);
  return guard?.sample(among) ?? among;
}

/** Finds the way out of a zone for a robot that has come to be in one, and forgets it where the robot is out. */
function lookForWayOut(
  { robot, guard, tolerance }: NavigatorParts,
  memory: NavigatorMemory,
  { time, x, grid }: SensorSample,
): void {
  const { belief, wayOut, state } = memory;
  if (guard === undefined || belief === undefined || !("open" in belief)) return;
  const { keepout } = guard;
  const depth = keepout.depth(grid, robot, poseOf(x));
  // Where the way out proves to be none, another one is looked for.
  const isBlocked =
    wayOut !== undefined && state.noPath !== undefined && state.search === undefined && time >= state.retryAt;
  if (depth > 0 === (wayOut !== undefined) && !isBlocked) return;
  belief.overlay(grid); // what was seen meanwhile
  memory.wayOut = depth > 0 ? findWayOut(robot, keepout, belief, x, depth, tolerance.position) : undefined;
  memory.state = { ...withoutRoute(state), ...(isBlocked ? {} : { progress: NO_PROGRESS }) };
}

/** Does a step with what is believed, on the way to the goal or out of a zone. */
function onItsWay(
  memory: NavigatorMemory,
  step: (belief: Belief | undefined, state: NavigatorState) => NavigatorState,
): void {
  const { wayOut, belief, state } = memory;
  if (wayOut === undefined) memory.state = step(belief, state);
  else {
    const { goal } = state;
    memory.state = { ...step(wayOut.belief, { ...state, goal: wayOut.goal ?? goal }), goal };
  }
}

/**
 * Renews the path for the next tick, and counts the time.
 *
 * @param goOn whether a search under way goes on although nothing was seen since
 * @returns whether one is under way
 */
export function renewWay(parts: NavigatorParts, memory: NavigatorMemory, goOn = false): boolean {
  const t0 = parts.clock();
  const goesOn = goOn && memory.state.seen === undefined;
  onItsWay(memory, (belief, state) => (goesOn ? continueSearch : renewPath)(parts, belief, state));
  const { state } = memory;
  memory.state = { ...state, renewMs: state.renewMs + parts.clock() - t0 };
  return state.search !== undefined;
}

/** What the planner made, or a stop where nobody can drive by it. @param x (nx) what it was made for */
export function soundOutcome({ robot }: NavigatorParts, outcome: PlanOutcome, x: Float64Array): PlanOutcome {
  const wrong = outcome.plan && planFault(robot, outcome.plan, x);
  return wrong === undefined ? outcome : { source: "stop", note: wrong, partsMs: outcome.partsMs };
}

/** Answers a sample that is believed: decides, plans, reports. */
export function answerSample(
  parts: NavigatorParts,
  memory: NavigatorMemory,
  measured: SensorSample,
  t0: number,
): TickReport | Promise<TickReport> {
  const { clock, planner } = parts;
  const began = clock();
  const sample = aheadOf(parts, memory, measured);
  const predictMs = clock() - began;
  const { belief } = memory;
  const wait = reasonToWait(parts, memory.state, belief !== undefined, sample.x);
  memory.state = { ...memory.state, arrived: wait?.phase === "arrived" };
  if (wait !== undefined) return reportTick(parts, memory, measured, t0, { ...wait, predictMs });
  const t1 = clock();
  lookForWayOut(parts, memory, sample);
  const field = sceneField(sample.grid, memory.field);
  memory.field = field;
  const t2 = clock();
  let decided: ReturnType<typeof decide> | undefined;
  onItsWay(memory, (around, state) => {
    decided = decide(parts, around!, state, sample, field);
    return decided.state;
  });
  const { decision } = decided!;
  const times = { predictMs, fieldMs: t2 - t1, pathMs: clock() - t2 };
  if (decision.kind === "wait") return reportTick(parts, memory, measured, t0, { ...decision, ...times });
  if (decision.forget === "plans") planner.reset();
  if (decision.forget === "guess") planner.forgetGuess();
  const { filter } = memory;
  const scene = filter === undefined ? decision.scene : { ...decision.scene, unsure: poseUnsureness(filter) };
  const end: TickEnd = { ...decision, ...times, scene };
  const outcome = planner.plan(scene, field);
  const done = (made: PlanOutcome): TickReport =>
    reportTick(parts, memory, measured, t0, { ...end, outcome: soundOutcome(parts, made, scene.x) });
  return outcome instanceof Promise ? outcome.then(done) : done(outcome);
}
