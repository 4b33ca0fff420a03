import type { Vec } from "../ocp/index.ts";
import {
  brakeAlong,
  type NamedGuess,
  type NavigationProblem,
  type Plan,
  positionGap,
  pursue,
  type Scene,
  shiftStart,
  straightStart,
} from "../planner/index.ts";
import type { SqpGuess, SqpOptions, SqpResult, SqpStatus } from "../sqp/index.ts";
import type { SceneSolver } from "./scene-solver.ts";

/** A solution of a scene, and the start that led there first. */
export type Optimum = {
  readonly start: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** (N m) multipliers of [rows | state - lower | upper - state] at k = 1..N */
  readonly Y: Vec;
  readonly cost: number;
  /** Cost plus penalties. */
  readonly merit: number;
  /** Largest violation of a row [m] or of a speed limit. */
  readonly violation: number;
  readonly status: SqpStatus;
};

/** Where a solve has ended, as a planner's report tells it: an {@link Optimum} that cannot be gone on from. */
export type KnownOptimum = Omit<Optimum, "U" | "Y">;

/** Optima this far apart count as two, as a share of the lookahead. */
export const DISTINCT = 0.1;
/** A trajectory is at an optimum where it is this near, as a share of the lookahead, and its merit, as a share. */
const NEAR = { position: 0.02, merit: 0.01 } as const;

/** Where a solve has ended. */
export function optimumOf(start: string, result: SqpResult): Optimum {
  const { X, U, multipliers, cost, merit, violation, status } = result;
  return { start, X, U, Y: multipliers, cost, merit, violation, status };
}

/** A share of a merit; beside a goal merits are next to nothing, and their share is of 1. */
export function meritShare(merit: number, share: number): number {
  return share * Math.max(1, Math.abs(merit));
}

/** Whether a trajectory X (N + 1, nx) is, but for what is left to its convergence, at an optimum. */
export function isAt(
  { ocp, options }: NavigationProblem,
  optimum: Pick<Optimum, "X" | "merit">,
  X: Vec,
  merit: number,
): boolean {
  return (
    Math.abs(optimum.merit - merit) < meritShare(optimum.merit, NEAR.merit) &&
    positionGap(optimum.X, X, ocp.dynamics.nx) < NEAR.position * options.lookahead
  );
}

/**
 * The converged optima of a scene that are far from its best one and from each other.
 *
 * @param found least merit first
 */
export function distinctFrom<T extends KnownOptimum>(
  { ocp, options }: NavigationProblem,
  best: T,
  found: readonly T[],
): T[] {
  const distinct: T[] = [];
  for (const other of found) {
    if (other.status !== "converged" || other.merit < best.merit) continue;
    const apart = [best, ...distinct].every(
      ({ X }) => positionGap(X, other.X, ocp.dynamics.nx) > DISTINCT * options.lookahead,
    );
    if (apart) distinct.push(other);
  }
  return distinct;
}

/** What is known of a scene before it is solved. */
export type SceneHints = {
  readonly lastPlan?: Plan;
  /** (n, 2) a way to the local goal that the path does not tell. */
  readonly detour?: Vec;
  /** Nothing has happened since the last plan: path and last plan are enough where they agree, else one start more. */
  readonly calm?: boolean;
};

/** A way aside of the path, as shares of the lookahead: a bulge to the left, and an S. */
export type WayAside = { readonly bulge: number; readonly bend?: number };

/**
 * All starts of a scene: those that a control loop has, too, and those that may lead to other optima. Lists where there
 * may be none or several.
 */
export function sceneStarts(
  problem: NavigationProblem,
  scene: Scene,
  { lastPlan, detour }: Pick<SceneHints, "lastPlan" | "detour">,
  ways: readonly WayAside[],
) {
  const { lookahead } = problem.options;
  const { reference } = problem; // of the scene that was entered, where it has headings
  const { x, path, time } = scene;
  const named = (name: string, guess: SqpGuess): NamedGuess => ({ name, guess });
  const along = (name: string, way: Vec): NamedGuess => named(name, { U: pursue(problem, x, way) });
  return {
    path: reference === undefined ? along("path", path) : named("path", { U: reference.U }),
    shift: lastPlan === undefined ? [] : [named("shift", shiftStart(problem, lastPlan, time))],
    detour: detour === undefined ? [] : [along("detour", detour)],
    straight: named("straight", straightStart(problem, scene)),
    aside: ways.map(({ bulge, bend }) => {
      const name = bend !== undefined ? "aside" : bulge > 0 ? "left" : "right";
      return along(name, aside(path, bulge * lookahead, (bend ?? 0) * lookahead));
    }),
    brake: named("brake", { U: brakeAlong(problem, undefined, x, time).U }),
  };
}

/**
 * A path (n, 2) moved to the left by `bulge` sin(pi s) + `bend` sin(2 pi s), s from 0 to 1 along it; its ends
 * stay. [m]
 */
export function aside(path: Vec, bulge: number, bend = 0): Vec {
  const n = path.length / 2;
  const out = path.slice();
  for (let i = 1; i + 1 < n; i++) {
    const dx = path[2 * i + 2] - path[2 * i - 2];
    const dy = path[2 * i + 3] - path[2 * i - 1];
    const length = Math.hypot(dx, dy) || 1;
    const phase = (Math.PI * i) / (n - 1);
    const offset = bulge * Math.sin(phase) + bend * Math.sin(2 * phase);
    out[2 * i] -= (offset * dy) / length;
    out[2 * i + 1] += (offset * dx) / length;
  }
  return out;
}

/**
 * After so many QPs a start is given up whose merit is this share above the best. Measured on 179 disturbed scenes
 * from six starts: half the QPs of following all to the end; 3.4% of the labels are worse by more than 1%, 2.2%
 * with the latter.
 */
const GIVE_UP: readonly { readonly after: number; readonly above: number }[] = [
  { after: 9, above: 0.02 },
  { after: 6, above: 0.1 },
  { after: 3, above: 0.5 },
  { after: 2, above: 1 },
  { after: 1, above: 3 },
];

/** How starts are followed. */
export type SearchRules = Partial<Pick<SqpOptions, "createQpSolver">> &
  Pick<SqpOptions, "tol" | "maxIterations"> & {
    /** Follow every start to its end, also where it is far above the best. */
    readonly patient: boolean;
    /** QPs that a start has for free, before it may be stopped; default 0. */
    readonly free?: number;
  };

/** What a start has led to. */
export type FollowedStart = {
  readonly result: SqpResult;
  /** None where the start was stopped, or ended at NaN or infinity. */
  readonly optimum?: Optimum;
};

/**
 * Follows a start until it converges, or until it runs into a known optimum or is given up.
 *
 * @param solver has entered the scene
 */
export function followStart(
  { problem, solve }: SceneSolver,
  { name, guess }: NamedGuess,
  known: readonly KnownOptimum[],
  { patient, free = 0, ...limits }: SearchRules,
): FollowedStart {
  const least = known.reduce((merit, k) => Math.min(merit, k.merit), Number.POSITIVE_INFINITY);
  let stopped = false;
  const result = solve(guess, {
    ...limits,
    onIteration({ iteration, merit }, X) {
      if (iteration <= free) return undefined;
      const limit = GIVE_UP.find(({ after }) => iteration >= after);
      const hopeless = !patient && limit !== undefined && merit > least + meritShare(least, limit.above);
      stopped = hopeless || known.some((optimum) => isAt(problem, optimum, X, merit));
      return stopped ? "stop" : undefined;
    },
  });
  const found = !stopped && result.status !== "nonFinite" && Number.isFinite(result.merit);
  return { result, optimum: found ? optimumOf(name, result) : undefined };
}
