import type { Rng } from "../base/index.ts";
import type { NavigationProblem } from "../planner/index.ts";
import type { SceneCase } from "./drive-scenes.ts";
import {
  distinctFrom,
  followStart,
  type KnownOptimum,
  meritShare,
  sceneStarts,
  type WayAside,
} from "./optimum-search.ts";
import type { SceneSolver } from "./scene-solver.ts";

/** What is known of a scene's optima. */
export type Survey = {
  /** The finite solution of least merit. */
  readonly best: KnownOptimum;
  /** Converged ones far from each other, least merit first; at least {@link best}, converged or not. */
  readonly distinct: readonly KnownOptimum[];
};

/** The best known optimum is looked for to this tolerance, or for this many QPs. */
export const REFERENCE = { tol: 1e-5, maxIterations: 60 } as const;
/** Another optimum is close where its merit is within this share of the best one's. */
export const CLOSE = 0.1;

/** Ways aside of the path: both sides, near and far ... */
const WAYS: readonly WayAside[] = [{ bulge: 0.15 }, { bulge: -0.15 }, { bulge: 0.35 }, { bulge: -0.35 }];
/** ... and some that are drawn, with these standard deviations. */
const DRAWN = { count: 3, bulge: 0.25, bend: 0.15 } as const;

/**
 * Looks for a scene's optima where no warm start may lead, and without the expert's economies, since it judges the
 * expert's labels, too: from more starts, to a tighter tolerance, and all of them to their end.
 *
 * @param known optima found otherwise; a start that runs into one is not followed to its end
 * @param rng draws the ways aside that are not fixed
 * @returns those known and those found; none of a start whose QPs have run out
 */
export function searchOptima(
  solver: SceneSolver,
  { scene, detour }: SceneCase,
  known: readonly KnownOptimum[],
  rng: Rng,
): KnownOptimum[] {
  const { problem } = solver;
  solver.enter(scene);
  const drawn = Array.from({ length: DRAWN.count }, () => ({
    bulge: DRAWN.bulge * rng.gauss(),
    bend: DRAWN.bend * rng.gauss(),
  }));
  const {
    brake,
    detour: around,
    path,
    straight,
    aside,
  } = sceneStarts(problem, scene, { detour }, [...WAYS, ...drawn]);
  const found = [...known];
  // Of optima that count as one the first is kept: another order, other digits in the tables of the docs.
  for (const start of [brake, ...around, path, straight, ...aside]) {
    const reached = found.filter(({ status }) => status === "converged");
    const { optimum } = followStart(solver, start, reached, { ...REFERENCE, patient: true });
    if (optimum !== undefined && optimum.status !== "maxIterations") found.push(optimum);
  }
  return found;
}

/** Sorts what was found of a scene's optima: which is best, and which are optima of their own. */
export function surveyOf(problem: NavigationProblem, found: readonly KnownOptimum[]): Survey {
  const finite = found.filter(({ merit }) => Number.isFinite(merit)).sort((a, b) => a.merit - b.merit);
  const best = finite[0] ?? found[0];
  return { best, distinct: [best, ...distinctFrom(problem, best, finite)] };
}

/** Whether a scene has another optimum far from the best, and whether one of those is nearly as good. */
export function ambiguityOf({ best, distinct }: Survey): {
  readonly ambiguous: boolean;
  readonly close: boolean;
} {
  const others = distinct.slice(1);
  const limit = best.merit + meritShare(best.merit, CLOSE);
  return { ambiguous: others.length > 0, close: others.some(({ merit }) => merit <= limit) };
}
