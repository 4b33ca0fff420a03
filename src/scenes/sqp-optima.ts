import type { Rng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { aside, brakeAlong, pathStart, positionGap, pursue, straightStart } from "../planner/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import { rowViolation, type SceneSolver } from "./scene-solver.ts";
import type { BenchScene } from "./sqp-scenes.ts";

/** A local optimum of a scene, or where a search for one ended. */
export type KnownOptimum = {
  /** Name of the start that led there. */
  readonly from: string;
  readonly converged: boolean;
  /** (N + 1, nx) */
  readonly X: Vec;
  readonly cost: number;
  /** Cost plus penalties. */
  readonly merit: number;
  /** Of the rows. [m] */
  readonly violation: number;
};

/** What is known of a scene's optima. */
export type Survey = {
  /** The finite solution of least merit. */
  readonly best: KnownOptimum;
  /** Converged ones far from each other, least merit first; at least {@link best}, converged or not. */
  readonly distinct: readonly KnownOptimum[];
};

/** The best known optimum is looked for to this tolerance, or for this many QPs. */
export const REFERENCE = { tol: 1e-5, maxIterations: 60 } as const;
/** Optima this far apart count as two, as a share of the lookahead. */
export const DISTINCT = 0.1;
/** Another optimum is close where its merit is within this share of the best one's. */
export const CLOSE = 0.1;

/** Ways aside of the path, as shares of the lookahead: both sides, near and far ... */
const BULGES = [0.15, -0.15, 0.35, -0.35] as const;
/** ... and some that are drawn, with these standard deviations of a bulge and of an S. */
const DRAWN = { count: 3, bulge: 0.25, bend: 0.15 } as const;
/** QPs between two looks at whether a start runs into an optimum already known ... */
const LOOK_EVERY = 4;
/** ... which it does where it is this near, as a share of the lookahead, and its merit this near, as a share. */
const NEAR = { position: 0.02, merit: 0.01 } as const;

/**
 * Looks for a scene's optima where no warm start may lead: from braking, a straight drive, around the obstacle,
 * along the path, and along ways to the left and to the right of it.
 *
 * @param known optima found otherwise; a start that runs into one is not followed to its end
 * @param rng draws the ways aside that are not fixed
 * @returns the optima found, and those known
 */
export function searchOptima(
  solver: SceneSolver,
  { scene, detour }: BenchScene,
  known: readonly KnownOptimum[],
  rng: Rng,
): KnownOptimum[] {
  const { problem } = solver;
  const { ocp } = problem;
  const { nx } = ocp.dynamics;
  const { lookahead } = problem.options;
  solver.enter(scene);
  const found = [...known];
  const runsInto = (X: Vec, merit: number): boolean =>
    found.some(
      (other) =>
        other.converged &&
        Math.abs(merit - other.merit) < NEAR.merit * Math.max(1, Math.abs(other.merit)) &&
        positionGap(X, other.X, nx) < NEAR.position * lookahead,
    );
  const follow = (from: string, start: SqpGuess): void => {
    let guess = start;
    for (let done = 0; done < REFERENCE.maxIterations; done += LOOK_EVERY) {
      const { result } = solver.solve(guess, { tol: REFERENCE.tol, maxIterations: LOOK_EVERY });
      const { status, X, U, cost, merit, multipliers } = result;
      if (status === "nonFinite" || runsInto(X, merit)) return;
      if (status !== "maxIterations") {
        const converged = status === "converged";
        found.push({ from, converged, X, cost, merit, violation: rowViolation(ocp, X) });
        return;
      }
      guess = { U, multipliers };
    }
  };
  const along = (path: Vec): SqpGuess => ({ U: pursue(problem, scene.x, path) });
  follow("brake", { U: brakeAlong(problem, undefined, scene.x, scene.time).U });
  if (detour !== undefined) follow("detour", along(detour));
  follow("path", pathStart(problem, scene));
  follow("straight", straightStart(problem, scene));
  for (const bulge of BULGES) {
    follow(bulge > 0 ? "left" : "right", along(aside(scene.path, bulge * lookahead, 0)));
  }
  for (let n = 0; n < DRAWN.count; n++) {
    const [bulge, bend] = [DRAWN.bulge * rng.gauss(), DRAWN.bend * rng.gauss()];
    follow("aside", along(aside(scene.path, bulge * lookahead, bend * lookahead)));
  }
  return found;
}

/** Sorts what was found: which is best, and which are optima of their own. @param least distance of two [m] */
export function surveyOf(found: readonly KnownOptimum[], least: number, nx: number): Survey {
  const finite = found.filter(({ merit }) => Number.isFinite(merit)).sort((a, b) => a.merit - b.merit);
  const best = finite[0] ?? found[0];
  const distinct = [best];
  for (const other of finite) {
    if (other.converged && distinct.every(({ X }) => positionGap(X, other.X, nx) > least))
      distinct.push(other);
  }
  return { best, distinct };
}

/** Whether a scene has another optimum far from the best, and whether one of those is nearly as good. */
export function ambiguityOf({ best, distinct }: Survey): {
  readonly ambiguous: boolean;
  readonly close: boolean;
} {
  const others = distinct.slice(1);
  const limit = best.merit + CLOSE * Math.max(1, Math.abs(best.merit));
  return { ambiguous: others.length > 0, close: others.some(({ merit }) => merit <= limit) };
}
