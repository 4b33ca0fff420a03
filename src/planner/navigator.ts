import { ConfigError, messageOf } from "../base/index.ts";
import type { Goal, OccupancyGrid, Robot } from "../sim/index.ts";
import { createBelief } from "./belief.ts";
import { lateTick } from "./decide.ts";
import {
  createNavigatorParts,
  goalFault,
  type NavigatorOptions,
  NEW_NAVIGATOR,
  withGoal,
  withoutRoute,
  withPause,
  zoneFault,
} from "./navigator-state.ts";
import {
  aheadOf,
  answerSample,
  judgeOnce,
  type NavigatorMemory,
  renewWay,
  reportFault,
  reportTick,
  soundOutcome,
} from "./navigator-tick.ts";
import { prepareSearch } from "./renew-path.ts";
import type { SensorSample, TickReport } from "./scene.ts";

/** The decisions of a control tick, without streams: where to go, what to plan, what to command. */
export type Navigator = {
  /** Whose limits every command keeps, where it is known. */
  readonly robot?: Robot;
  /**
   * A goal again is no new start.
   *
   * @returns false where nothing changes
   * @throws ConfigError for a goal that is none; the robot then has none
   */
  setGoal(goal: Goal | undefined): unknown;
  /**
   * A new map: grown, moved, corrected. What the sensors saw before stays; a map again is no new start.
   *
   * @returns false where nothing changes
   * @throws ConfigError or ShapeError for a map that is none; the last one stays
   */
  setMap(map: OccupancyGrid): unknown;
  /** @returns false where nothing changes */
  setPaused(paused: boolean): unknown;
  /**
   * Judges a sample and answers it; one that is not to be believed is answered by a stop, and why. A promise only
   * where the planner's warm start returns one. Never throws for what the sample holds.
   */
  tick(sample: SensorSample): TickReport | Promise<TickReport>;
  /**
   * Renews the path for the next tick, where it must be. To be called when the command of a tick has left; else the
   * next tick begins with it. The last sample's grid must still be as it was. Never throws.
   *
   * @returns true where a search is not done, and another call before the next tick of use
   */
  renew(): unknown;
  /**
   * Finds the way from a sample, however long that takes, while the robot still stands: its first tick then has one. Never
   * throws.
   */
  prepare?(sample: SensorSample): void;
  /** To be told of a stop that answers no sample, as of silence, and how long after the last sample it was. [s] */
  stopped?(after: number): void;
  /** The report of a tick whose plan did not come in time. */
  late(sample: SensorSample, note: string): TickReport;
};

/** Creates the navigator of one robot. */
export function createNavigator(options: NavigatorOptions): Navigator {
  const parts = createNavigatorParts(options);
  const { clock } = parts;
  const memory: NavigatorMemory = { state: NEW_NAVIGATOR };
  /** @returns whether it is another state */
  const become = (state: NavigatorMemory["state"]): boolean => {
    const changed = state !== memory.state;
    memory.state = state;
    return changed;
  };

  return {
    robot: parts.robot,
    setGoal(goal) {
      const wrong = goalFault(goal) ?? zoneFault(parts.guard?.keepout, goal);
      const changed = become(withGoal(memory.state, wrong === undefined ? goal : undefined));
      if (wrong !== undefined) throw new ConfigError(wrong);
      return changed;
    },
    setMap(map) {
      if (typeof map !== "object" || map === null)
        throw new ConfigError(`the map is ${map}, expected a grid`);
      const { belief } = memory;
      if (belief?.isOf(map)) return false;
      memory.belief = belief?.withMap(map) ?? parts.guard?.belief(map) ?? createBelief(map);
      memory.wayOut = undefined;
      return become(withoutRoute(memory.state));
    },
    setPaused: (paused) => become(withPause(memory.state, paused)),
    renew: () => renewWay(parts, memory, true),
    prepare(sample) {
      memory.state = prepareSearch(parts, memory.belief, memory.state, sample);
    },
    stopped: (after) => parts.predictor?.stopped(after),
    tick(sample) {
      const t0 = clock();
      renewWay(parts, memory);
      memory.state = { ...memory.state, tick: memory.state.tick + 1 };
      memory.judged = undefined;
      const failed = (error: unknown): TickReport =>
        reportFault(parts, memory, sample, t0, `the planner failed: ${messageOf(error)}`);
      try {
        const { sample: used, fault } = judgeOnce(parts, memory, sample);
        if (used === undefined) return reportFault(parts, memory, sample, t0, fault!);
        const result = answerSample(parts, memory, used, t0);
        return result instanceof Promise ? result.catch(failed) : result;
      } catch (error) {
        return failed(error);
      }
    },
    late(sample, note) {
      const t0 = clock();
      const failed = (why: string): TickReport => reportFault(parts, memory, sample, t0, why, true);
      try {
        const { sample: used, fault } = judgeOnce(parts, memory, sample);
        if (used === undefined) return failed(fault!);
        const ahead = aheadOf(parts, memory, used);
        const { state, end } = lateTick(parts, memory.state, memory.belief !== undefined, ahead, note);
        memory.state = state;
        const { outcome, scene } = end;
        const sound = outcome && scene && { outcome: soundOutcome(parts, outcome, scene.x) };
        return reportTick(parts, memory, used, t0, { ...end, ...sound }, true);
      } catch (error) {
        return failed(`the fallback failed: ${messageOf(error)}`);
      }
    },
  };
}
