import {
  computeDistanceField,
  distanceAt,
  type Goal,
  type OccupancyGrid,
  type Robot,
  robotKinematics,
  topSpeed,
} from "../sim/index.ts";
import { createTrail } from "./trail.ts";

export type RecoveryOptions = {
  /** Seconds without progress before something is done. */
  readonly patience: number;
  /** Seconds one escape manoeuvre lasts at most. */
  readonly escapeTime: number;
  /** Attempts before giving up. */
  readonly attempts: number;
};

export const DEFAULT_RECOVERY_OPTIONS: RecoveryOptions = { patience: 4, escapeTime: 3, attempts: 8 };

/** What to do this tick. */
export type RecoveryAction =
  | { readonly kind: "none" }
  /** Forget the last plans and plan the path again. */
  | { readonly kind: "replan" }
  /** Drive to a roomy place nearby first. */
  | { readonly kind: "escape"; readonly goal: Goal; readonly path: Float64Array }
  | { readonly kind: "giveUp"; readonly note: string };

/**
 * A robot that gets no nearer for so long is drawn against a corner by a goal behind it: the local goal
 * comes nearer and the last plan is no guess, until there was progress for a while. [s]
 */
const HESITATION = 1;
const CAUTION = 2;
/** An escape ends this near to its place. [m] */
const THERE = 0.15;
/** A car goes back along its trail by so much more at each attempt, and may take so much longer. [m, s] */
const BACK = 0.6;
const BACK_TIME = 1.5;

/**
 * Gets a robot out of where it makes no progress: plan again, then alternate with escapes, then give up. An
 * escape leads to a roomy place nearby; a car, which cannot turn on the spot, goes back the way it came.
 */
export type Recovery = {
  update(sample: { time: number; x: Float64Array; grid: OccupancyGrid }, stalledFor: number): RecoveryAction;
  /** Share of the lookahead to use: less for a while after a recovery, or where the robot hesitates. */
  reach(time: number): number;
  reset(): void;
};

/** Creates the recovery of one run. */
export function createRecovery(robot: Robot, given: Partial<RecoveryOptions> = {}): Recovery {
  const o = { ...DEFAULT_RECOVERY_OPTIONS, ...given };
  let attempts = 0;
  let actedAt = Number.NEGATIVE_INFINITY;
  let hesitatedAt = Number.NEGATIVE_INFINITY;
  const trail = createTrail();
  let manoeuvre: { goal: Goal; path: Float64Array; until: number } | undefined;

  return {
    update(sample, stalledFor) {
      const { time, x, grid } = sample;
      if (manoeuvre !== undefined) {
        const there = Math.hypot(manoeuvre.goal.x - x[0], manoeuvre.goal.y - x[1]) < THERE;
        if (time < manoeuvre.until && !there) return { kind: "escape", ...manoeuvre };
        manoeuvre = undefined;
        actedAt = time;
        return { kind: "replan" };
      }
      trail.add(x[0], x[1]);
      if (stalledFor > HESITATION) hesitatedAt = time;
      if (stalledFor < 0.5 * o.patience && time - actedAt > 3 * o.patience) attempts = 0;
      if (stalledFor < o.patience || time - actedAt < o.patience) return { kind: "none" };
      attempts++;
      actedAt = time;
      if (attempts > o.attempts)
        return { kind: "giveUp", note: `no progress after ${o.attempts} recoveries` };
      if (attempts % 2 === 1) return { kind: "replan" };
      const back = robotKinematics(robot).turnsOnSpot ? undefined : trail.back(BACK * attempts);
      if (back !== undefined) {
        const n = back.length;
        const goal = { x: back[n - 2], y: back[n - 1] };
        manoeuvre = { goal, path: back, until: time + o.escapeTime + BACK_TIME * attempts };
        return { kind: "escape", ...manoeuvre };
      }
      const goal = roomiest(grid, x, Math.min(0.8, 1.5 * topSpeed(robot)), attempts);
      manoeuvre = { goal, path: Float64Array.of(goal.x, goal.y), until: time + o.escapeTime };
      return { kind: "escape", ...manoeuvre };
    },
    reach(time) {
      if (time - actedAt < 2 * o.patience) return attempts % 4 < 2 ? 0.5 : 0.3;
      return time - hesitatedAt < CAUTION ? 0.5 : 1;
    },
    reset() {
      attempts = 0;
      actedAt = Number.NEGATIVE_INFINITY;
      hesitatedAt = Number.NEGATIVE_INFINITY;
      manoeuvre = undefined;
    },
  };
}

/** The place on a circle around the robot with the most room, another one at each attempt. */
function roomiest(grid: OccupancyGrid, x: Float64Array, radius: number, attempt: number): Goal {
  const field = computeDistanceField(grid, { unknown: "occupied" });
  const places = Array.from({ length: 16 }, (_, i) => {
    const angle = x[2] + Math.PI + (i * Math.PI) / 8;
    const goal: Goal = { x: x[0] + radius * Math.cos(angle), y: x[1] + radius * Math.sin(angle) };
    return {
      goal,
      room: Math.min(
        distanceAt(field, goal.x, goal.y),
        distanceAt(field, (goal.x + x[0]) / 2, (goal.y + x[1]) / 2),
      ),
    };
  });
  places.sort((a, b) => b.room - a.room);
  return places[Math.min(places.length - 1, attempt / 2 - 1)].goal;
}
