import type { Rng } from "../base/index.ts";
import type { NavigationOptions, NavigationProblem, Scene } from "../planner/index.ts";
import { createRiccatiIpm, type QpShape, type QpSolver } from "../qp/index.ts";
import type { Robot } from "../sim/index.ts";
import { type NearbyLabel, nearbyLabels } from "./nearby-labels.ts";
import {
  distinctFrom,
  followStart,
  isAt,
  type Optimum,
  optimumOf,
  type SceneHints,
  type SearchRules,
  sceneStarts,
  type WayAside,
} from "./optimum-search.ts";
import { qpsTo } from "./plan-measures.ts";
import { createSceneSolver, type SceneSolver } from "./scene-solver.ts";

/** What the expert knows about a scene. */
export type SceneLabel = {
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

/** How an expert searches; defaults in {@link EXPERT_DEFAULTS}. */
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

/** Defaults of {@link ExpertOptions}. */
export const EXPERT_DEFAULTS = {
  tol: 1e-4,
  searchTol: 1e-3,
  maxIterations: 40,
  others: 3,
  patient: false,
} as const;

/** A solver of scenes that knows their best solution, as far as a search tells. */
export type Expert = {
  readonly problem: NavigationProblem;
  /** What it was made with, defaults filled in; plain data, to be kept with what it labels. */
  readonly options: Required<ExpertOptions>;
  /**
   * Solves a scene from several starts.
   *
   * @param rng draws how far aside of the path two of the starts go
   * @returns undefined where no start leads to a finite solution
   */
  label(scene: Scene, hints: SceneHints, rng: Rng): SceneLabel | undefined;
  /**
   * Labels states near that of the scene labelled last, see `nearbyLabels`.
   *
   * @param best of that label
   */
  nearby(scene: Scene, best: Optimum, count: number, rng: Rng): NearbyLabel[];
};

/**
 * Relative KKT tolerance of the search's QPs. Measured on 84 solves: 72 interior-point steps a solve instead of 107
 * at 1e-8, and no more QPs; from 1e-4 on fewer solves converge.
 */
const SEARCH_QP_TOL = 1e-5;
const createSearchQpSolver = (shape: QpShape): QpSolver => createRiccatiIpm(shape, { tol: SEARCH_QP_TOL });
/** QPs up to which those of a likely start are counted, as in the benchmarks, wherever it leads. */
const COUNTED = 10;
/** How far aside of the path two starts go, as a share of the lookahead. */
const BULGE = { least: 0.1, most: 0.4 } as const;
/** A solution that is solved further may rise by this much: its penalties are met more exactly. */
const RISE = 0.01;

/**
 * Creates an expert for labels: it solves a scene from the path, the shifted last plan, a straight drive, braking,
 * both sides of the path and a detour, and takes the solution of least merit, which need not be the nearest.
 */
export function createExpert(robot: Robot, options: ExpertOptions = {}): Expert {
  const solver = createSceneSolver(robot, options.navigation);
  const { problem } = solver;
  const resolved = { ...EXPERT_DEFAULTS, ...options, navigation: problem.options };
  return {
    problem,
    options: resolved,
    label: (scene, hints, rng) => labelScene(solver, resolved, scene, hints, rng),
    nearby: (scene, best, count, rng) =>
      nearbyLabels(solver, scene, best, count, rng, (x) => x.map(Math.fround)),
  };
}

function labelScene(
  solver: SceneSolver,
  { tol, searchTol, maxIterations, others, patient }: Required<ExpertOptions>,
  scene: Scene,
  { lastPlan, detour, calm }: SceneHints,
  rng: Rng,
): SceneLabel | undefined {
  const { problem } = solver;
  const { margin } = solver.enter(scene);
  const rules: SearchRules = { tol: searchTol, maxIterations, createQpSolver: createSearchQpSolver, patient };
  const starts = sceneStarts(problem, scene, { lastPlan, detour }, drawWays(rng));
  const found: Optimum[] = [];
  const qps: Record<string, (number | undefined)[]> = {};
  let agreed = false;
  for (const start of [starts.path, ...starts.shift]) {
    const { result, optimum } = followStart(solver, start, found, { ...rules, free: COUNTED });
    agreed = found.some((known) => isAt(problem, known, result.X, result.merit));
    qps[start.name] = QP_TOLERANCES.map((tolerance) => qpsTo(result.history, tolerance));
    if (optimum !== undefined) found.push(optimum);
  }
  const all = [...starts.detour, starts.straight, ...starts.aside, starts.brake];
  const drawn = all[rng.int(all.length)];
  for (const start of calm !== true ? all : agreed ? [] : [drawn]) {
    const { optimum } = followStart(solver, start, found, rules);
    if (optimum !== undefined) found.push(optimum);
  }
  if (found.length === 0) return undefined;
  found.sort((a, b) => a.merit - b.merit);
  const best = polish(solver, found[0], { tol, maxIterations }) ?? found[0];
  return { margin, best, others: distinctFrom(problem, best, found).slice(0, others), qps };
}

/** A way to the left of the path and one to the right. */
function drawWays(rng: Rng): WayAside[] {
  const draw = (): number => BULGE.least + (BULGE.most - BULGE.least) * rng.uniform();
  return [{ bulge: draw() }, { bulge: -draw() }];
}

/** Takes a solution to the tolerance of a label; undefined where that leads elsewhere. */
function polish(
  { solve }: SceneSolver,
  { start, U, Y, merit }: Optimum,
  limits: Pick<SearchRules, "tol" | "maxIterations">,
): Optimum | undefined {
  const result = solve({ U, multipliers: Y }, limits);
  const finer = result.status === "converged" && result.merit < merit + RISE;
  return finer ? optimumOf(start, result) : undefined;
}
