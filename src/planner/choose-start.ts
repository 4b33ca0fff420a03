import type { Vec } from "../ocp/index.ts";
import { evaluateGuess, type SqpGuess, type SqpResult, solveSqp } from "../sqp/index.ts";
import { planValue } from "./compare-plans.ts";
import { isMoverStart } from "./mover-starts.ts";
import type { PlannerParts } from "./planner-parts.ts";
import type { Scene, SolveReport } from "./scene.ts";
import type { NamedGuess } from "./warm-start.ts";

/** The start that a scene was solved from, and what became of it. */
export type ChosenStart = {
  readonly name: string;
  readonly note?: string;
  /** (N + 1, nx) */
  readonly startX: Vec;
  readonly result: SqpResult;
  readonly iterates: Vec[];
  readonly others?: SolveReport["others"];
};

/**
 * Solves a posed scene from the best of its candidates: the one of the lowest merit, or the one that is worth most
 * after one QP each, as the warm start wants it.
 *
 * @param candidates at least one
 * @param started when the tick's planning began, for the deadline [ms]
 */
export function chooseStart(
  parts: PlannerParts,
  scene: Scene,
  candidates: readonly NamedGuess[],
  started: number,
): ChosenStart {
  const { warmStart, maxIterations, keepIterates } = parts.options;
  if (candidates.length === 1 || warmStart.choice === "merit") {
    const [start] = lowestMerits(parts, scene, candidates, 1);
    return solveFrom(parts, scene, start, maxIterations, started);
  }
  const tried = lowestMerits(parts, scene, candidates, warmStart.shortlist).map((start) =>
    solveFrom(parts, scene, start, Math.min(1, maxIterations), started),
  );
  const winner = tried.reduce((best, next) => (worth(next) < worth(best) ? next : best));
  const lost = keepIterates === true ? tried.filter((chosen) => chosen !== winner) : undefined;
  const others = lost?.map(({ name, startX, iterates }) => ({ start: name, startX, iterates }));
  if (maxIterations <= 1 || winner.result.status === "converged") return { ...winner, others };
  const rest = solve(parts, scene, winner.result, maxIterations - 1, winner.iterates, started);
  return { ...winner, others, result: joinSolves(winner.result, rest) };
}

/** Another way to meet a mover is taken only where it is better by this share: robot and mover must not dither. */
const WORTH_A_CHANGE = 0.05;

const worth = ({ name, result }: ChosenStart): number =>
  planValue(result) * (isMoverStart(name) ? 1 + WORTH_A_CHANGE : 1);

/** What a tick reports of its solve. */
export function solveReport({ name, note, startX, result, iterates, others }: ChosenStart): SolveReport {
  const { status, iterations, cost, merit, violation, residuals, slackInUse, history } = result;
  return {
    status,
    iterations,
    cost,
    merit,
    violation,
    residuals,
    slackInUse,
    history,
    start: name,
    startNote: note,
    startX,
    iterates,
    others,
  };
}

/** The `count` candidates of the lowest merit, in their order; all where there are no more or no count. */
export function lowestMerits(
  { problem, workspace }: Pick<PlannerParts, "problem" | "workspace">,
  scene: Scene,
  candidates: readonly NamedGuess[],
  count = candidates.length,
): readonly NamedGuess[] {
  if (candidates.length <= count) return candidates;
  const ranked = candidates.map(({ guess }, at) => {
    const { merit } = evaluateGuess(problem.ocp, scene.x, guess, workspace);
    return { at, merit: Number.isNaN(merit) ? Number.POSITIVE_INFINITY : merit };
  });
  ranked.sort((a, b) => (a.merit === b.merit ? a.at - b.at : a.merit - b.merit));
  const kept = new Set(ranked.slice(0, count).map(({ at }) => at));
  return candidates.filter((_, at) => kept.has(at));
}

/** Solves from one candidate; states that it proposes are reported as they are, controls rolled out. */
function solveFrom(
  parts: PlannerParts,
  scene: Scene,
  { name, note, guess, states }: NamedGuess,
  maxIterations: number,
  started: number,
): ChosenStart {
  const { problem, workspace } = parts;
  const startX = guess.X ?? states ?? evaluateGuess(problem.ocp, scene.x, guess, workspace).X;
  const iterates: Vec[] = [];
  const result = solve(parts, scene, guess, maxIterations, iterates, started);
  return { name, note, startX, result, iterates };
}

function solve(
  { options, problem, workspace, clock }: PlannerParts,
  scene: Scene,
  guess: SqpGuess,
  maxIterations: number,
  iterates: Vec[],
  started: number,
): SqpResult {
  const { tol = 1e-2, sqp, deadline, keepIterates } = options;
  return solveSqp(
    problem.ocp,
    scene.x,
    guess,
    {
      tol,
      hessian: "full", // a few QPs a tick: damping would cost more of them than it saves
      ...sqp,
      maxIterations,
      clock: options.clock,
      deadline: deadline === undefined ? undefined : Math.max(0, deadline - (clock() - started)),
      onIteration: keepIterates ? (_row, X) => iterates.push(X.slice()) : undefined,
    },
    workspace,
  );
}

/** Two solves in a row as one. */
function joinSolves(first: SqpResult, rest: SqpResult): SqpResult {
  const done = first.iterations;
  return {
    ...rest,
    iterations: done + rest.iterations,
    history: [
      ...first.history,
      ...rest.history.slice(1).map((h) => ({ ...h, iteration: h.iteration + done })),
    ],
  };
}
