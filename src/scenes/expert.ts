import type { Rng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import {
  createNavigationProblem,
  type NavigationOptions,
  type NavigationProblem,
  type Plan,
  poseScene,
  positionGap,
  type Scene,
  sceneField,
} from "../planner/index.ts";
import { createRiccatiIpm, type QpShape, type QpSolver } from "../qp/index.ts";
import { type DistanceField, type Robot, robotSizes } from "../sim/index.ts";
import {
  createSqpWorkspace,
  type SqpGuess,
  type SqpIteration,
  type SqpOptions,
  type SqpResult,
  type SqpStatus,
  solveSqp,
} from "../sqp/index.ts";
import { furtherStarts, likelyStarts } from "./expert-starts.ts";

/** A solution of a scene, and the start that led there first. */
export type Optimum = {
  readonly start: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** (N + 1, m) multipliers of [rows | state - lower | upper - state] */
  readonly Y: Vec;
  readonly cost: number;
  /** Cost plus penalties. */
  readonly merit: number;
  /** Largest violation of a row [m] or of a speed limit. */
  readonly violation: number;
  readonly status: SqpStatus;
};

/** What the expert knows about a scene. */
export type Label = {
  /** Clearance that the solver was asked for. [m] */
  readonly margin: number;
  /** The solution of least merit that was found. */
  readonly best: Optimum;
  /** Other converged solutions, least merit first, each some way off the ones before. */
  readonly others: readonly Optimum[];
  /**
   * By start ("path", "shift"): QPs to each of {@link QP_TOLERANCES}; undefined where it was not reached, or was not
   * reached within 10 and the start led nowhere new.
   */
  readonly qps: Readonly<Record<string, readonly (number | undefined)[]>>;
};

/** Relative KKT tolerances to which the QPs of a start are counted. */
export const QP_TOLERANCES = [1e-2, 1e-3] as const;

export type ExpertOptions = {
  readonly navigation?: Partial<NavigationOptions>;
  /** Relative KKT tolerance of the best solution. */
  readonly tol?: number;
  /** And of the others, from which the best is chosen. */
  readonly searchTol?: number;
  /** QPs along one start, at most. */
  readonly maxIterations?: number;
  /** Other solutions kept, at most. */
  readonly others?: number;
  /** Follow every start to its end, also where it is far above the best. */
  readonly patient?: boolean;
};

export const EXPERT_DEFAULTS = {
  tol: 1e-4,
  searchTol: 1e-3,
  maxIterations: 40,
  others: 3,
  patient: false,
} as const;

export type Expert = {
  readonly problem: NavigationProblem;
  /** What it was made with, defaults filled in; plain data, to be kept with what it labels. */
  readonly options: Required<ExpertOptions>;
  /**
   * Solves a scene from several starts.
   *
   * @param known.detour (n, 2) a way to the local goal that the path does not tell
   * @param known.calm nothing has happened since the last plan: the path and one start more are enough
   * @param rng draws how far aside of the path two of the starts go
   * @returns undefined where no start leads to a finite solution
   */
  label(
    scene: Scene,
    known: { readonly lastPlan?: Plan; readonly detour?: Vec; readonly calm?: boolean },
    rng: Rng,
  ): Label | undefined;
};

/**
 * Relative KKT tolerance of the search's QPs. Measured on 84 solves: 72 interior-point steps a solve instead of 107
 * at 1e-8, and no more QPs; from 1e-4 on fewer solves converge.
 */
const SEARCH_QP_TOL = 1e-5;
const createSearchQpSolver = (shape: QpShape): QpSolver => createRiccatiIpm(shape, { tol: SEARCH_QP_TOL });
/** Solutions this far apart count as two, as a share of the lookahead. */
const DISTINCT = 0.1;
/** A start runs into a known solution where it is this near, as a share of the lookahead, and its merit this near. */
const NEAR = 0.02;
const NEAR_MERIT = 0.01;
/** QPs up to which those of a start are counted, as in the benchmarks, wherever it leads. */
const COUNTED = 10;
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
/**
 * An expert for labels: it solves a scene from the path, the shifted last plan, a straight drive, braking,
 * both sides of the path and a detour, and takes the solution of least merit, which need not be the nearest.
 */
export function createExpert(robot: Robot, options: ExpertOptions = {}): Expert {
  const problem = createNavigationProblem(robot, options.navigation);
  const resolved = { ...EXPERT_DEFAULTS, ...options, navigation: problem.options };
  const { tol, searchTol, maxIterations, others: most, patient } = resolved;
  const { ocp } = problem;
  const { lookahead } = problem.options;
  const { nx } = robotSizes(robot);
  const workspace = createSqpWorkspace(ocp);
  let field: DistanceField | undefined;

  const search = { tol: searchTol, maxIterations, createQpSolver: createSearchQpSolver };
  const solve = (x: Vec, guess: SqpGuess, onIteration?: SqpOptions["onIteration"]): SqpResult =>
    solveSqp(ocp, x, guess, { ...search, onIteration }, workspace);

  /**
   * Follows a start until it converges, or until, after some QPs that it has for free, it runs into a known solution
   * or is given up.
   */
  const explore = (
    x: Vec,
    guess: SqpGuess,
    known: readonly Optimum[],
    free: number,
  ): { readonly result: SqpResult; readonly stopped: boolean } => {
    const least = known.reduce((merit, k) => Math.min(merit, k.merit), Number.POSITIVE_INFINITY);
    const scale = Math.max(1, Math.abs(least));
    let stopped = false;
    const result = solve(x, guess, ({ iteration, merit }, X) => {
      if (iteration <= free) return undefined;
      const limit = GIVE_UP.find(({ after }) => iteration >= after);
      const hopeless = !patient && limit !== undefined && merit > least + limit.above * scale;
      stopped = hopeless || known.some((k) => same(k, { X, merit }));
      return stopped ? "stop" : undefined;
    });
    return { result, stopped };
  };

  const same = (a: Pick<Optimum, "X" | "merit">, b: Pick<Optimum, "X" | "merit">): boolean =>
    Math.abs(a.merit - b.merit) < NEAR_MERIT * Math.max(1, Math.abs(a.merit)) &&
    positionGap(a.X, b.X, nx) < NEAR * lookahead;

  /** Takes the best solution to the tolerance of a label. */
  const polish = (x: Vec, found: Optimum): Optimum => {
    const result = solveSqp(ocp, x, { U: found.U, multipliers: found.Y }, { tol, maxIterations }, workspace);
    const finer = result.status === "converged" && result.merit < found.merit + NEAR_MERIT;
    return finer ? optimum(found.start, result) : found;
  };

  return {
    problem,
    options: resolved,
    label(scene, { lastPlan, detour, calm }, rng) {
      const { x } = scene;
      field = sceneField(scene.grid, field);
      const { margin } = poseScene(problem, scene, field);
      const found: Optimum[] = [];
      const qps: Record<string, (number | undefined)[]> = {};
      const add = (start: string, result: SqpResult): void => {
        if (result.status !== "nonFinite" && Number.isFinite(result.merit))
          found.push(optimum(start, result));
      };
      for (const { name, guess } of likelyStarts(problem, scene, lastPlan)) {
        const { result, stopped } = explore(x, guess, found, COUNTED);
        qps[name] = QP_TOLERANCES.map((tolerance) => qpsTo(result, tolerance));
        if (!stopped) add(name, result);
      }
      const free = furtherStarts(problem, scene, detour, rng);
      for (const { name, guess } of calm === true ? [free[rng.int(free.length)]] : free) {
        const { result, stopped } = explore(x, guess, found, 0);
        if (!stopped) add(name, result);
      }
      if (found.length === 0) return undefined;
      found.sort((a, b) => a.merit - b.merit);
      const best = polish(x, found[0]);
      const others: Optimum[] = [];
      for (const other of found) {
        if (others.length >= most) break;
        if (other.status !== "converged" || other.merit < best.merit) continue;
        if ([best, ...others].every((k) => positionGap(k.X, other.X, nx) > DISTINCT * lookahead))
          others.push(other);
      }
      return { margin, best, others, qps };
    },
  };
}

function optimum(start: string, result: SqpResult): Optimum {
  const { X, U, multipliers, cost, merit, violation, status } = result;
  return { start, X, U, Y: multipliers, cost, merit, violation, status };
}

/** QPs until the relative KKT residual is at most `tolerance`. */
function qpsTo({ history }: SqpResult, tolerance: number): number | undefined {
  return history.find(({ kkt }: SqpIteration) => kkt <= tolerance)?.iteration;
}
