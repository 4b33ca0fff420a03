import { messageOf } from "../base/index.ts";
import type { DistanceField, Goal, OccupancyGrid } from "../sim/index.ts";
import { type Belief, createBelief } from "./belief.ts";
import { decide, lateTick, reasonToWait } from "./decide.ts";
import {
  createNavigatorParts,
  type NavigatorOptions,
  NEW_NAVIGATOR,
  NO_PROGRESS,
  withGoal,
  withoutRoute,
} from "./navigator-state.ts";
import { sceneField } from "./pose-scene.ts";
import { renewPath } from "./renew-path.ts";
import { type PlanOutcome, type SensorSample, sampleFault, type TickReport } from "./scene.ts";
import { type TickEnd, tickReport } from "./tick-report.ts";

/** The decisions of a control tick, without streams: where to go, what to plan, what to command. */
export type Navigator = {
  setGoal(goal: Goal | undefined): void;
  /** A new map; what was seen before is forgotten. */
  setMap(map: OccupancyGrid): void;
  setPaused(paused: boolean): void;
  /** A promise only where the planner's warm start returns one. Never throws for what the sample holds. */
  tick(sample: SensorSample): TickReport | Promise<TickReport>;
  /**
   * Renews the path for the next tick, where it must be. To be called when the command of a tick has left; else the
   * next tick begins with it. The last sample's grid must still be as it was. Never throws.
   */
  renew(): void;
  /** The report of a tick whose plan did not come in time. */
  late(sample: SensorSample, note: string): TickReport;
};

/** Creates the navigator of one robot. */
export function createNavigator(options: NavigatorOptions): Navigator {
  const parts = createNavigatorParts(options);
  const { clock, planner, predictor } = parts;
  let state = NEW_NAVIGATOR;
  let belief: Belief | undefined;
  /** Distances in the grid of the tick at hand. */
  let field: DistanceField | undefined;

  /** A sample as it will be when its command acts: what is decided, planned and checked. */
  const ahead = (sample: SensorSample): SensorSample =>
    predictor === undefined || sampleFault(sample, parts.sizes.nx) ? sample : predictor.ahead(sample);
  const report = (sample: SensorSample, t0: number, end: TickEnd, late = false): TickReport => {
    const made = tickReport({ ...parts.sizes, state, sample, end, elapsedMs: clock() - t0 });
    state = { ...state, renewMs: 0 };
    if (predictor === undefined) return made;
    const command = predictor.send(sample, made.command, late);
    return { ...made, command, ...(made.scene && { measured: sample.x }) };
  };
  const renew = (): void => {
    const t0 = clock();
    state = renewPath(parts, belief, state);
    state = { ...state, renewMs: state.renewMs + clock() - t0 };
  };
  const answer = (measured: SensorSample, t0: number): TickReport | Promise<TickReport> => {
    const sample = ahead(measured);
    const wait = reasonToWait(parts, state, belief !== undefined, sample.x);
    if (wait !== undefined) return report(measured, t0, wait);
    const t1 = clock();
    field = sceneField(sample.grid, field);
    const t2 = clock();
    const { decision, state: decided } = decide(parts, belief!, state, sample, field);
    state = decided;
    const end: TickEnd = { ...decision, fieldMs: t2 - t1, pathMs: clock() - t2 };
    if (decision.kind === "wait") return report(measured, t0, end);
    if (decision.forget === "plans") planner.reset();
    if (decision.forget === "guess") planner.forgetGuess();
    const outcome = planner.plan(decision.scene, field);
    const done = (made: PlanOutcome): TickReport => report(measured, t0, { ...end, outcome: made });
    return outcome instanceof Promise ? outcome.then(done) : done(outcome);
  };

  return {
    setGoal(goal) {
      state = withGoal(state, goal);
    },
    setMap(map) {
      belief = createBelief(map);
      state = withoutRoute(state);
    },
    setPaused(paused) {
      state = { ...state, paused, progress: NO_PROGRESS };
    },
    renew,
    tick(sample) {
      const t0 = clock();
      renew();
      state = { ...state, tick: state.tick + 1 };
      const fault = (note: string): TickReport => report(sample, t0, { phase: "fault", note });
      const failed = (error: unknown): TickReport => fault(`the planner failed: ${messageOf(error)}`);
      const wrong = sampleFault(sample, parts.sizes.nx);
      if (wrong !== undefined) return fault(wrong);
      try {
        const result = answer(sample, t0);
        return result instanceof Promise ? result.catch(failed) : result;
      } catch (error) {
        return failed(error);
      }
    },
    late(sample, note) {
      const t0 = clock();
      try {
        const { state: next, end } = lateTick(parts, state, belief !== undefined, ahead(sample), note);
        state = next;
        return report(sample, t0, end, true);
      } catch (error) {
        return report(sample, t0, { phase: "fault", note: `the fallback failed: ${messageOf(error)}` }, true);
      }
    },
  };
}
