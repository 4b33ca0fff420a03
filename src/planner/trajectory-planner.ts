import { rollout, type Vec } from "../ocp/index.ts";
import type { DistanceField, Robot } from "../sim/index.ts";
import {
  createSqpWorkspace,
  type SqpGuess,
  type SqpOptions,
  type SqpResult,
  type SqpWorkspace,
  solveSqp,
} from "../sqp/index.ts";
import { createNavigationProblem, type NavigationProblem } from "./navigation-ocp.ts";
import type { NavigationOptions } from "./navigation-options.ts";
import { planValue } from "./plan-value.ts";
import { poseScene, sceneField } from "./pose-scene.ts";
import { brakeAlong, createSafetyChecker } from "./safety.ts";
import type { PartTimes, Plan, PlanSource, Scene, SolveReport } from "./scene.ts";
import { shiftPlan } from "./shift-start.ts";
import type { NamedGuess, WarmStart } from "./warm-start.ts";

export type TrajectoryPlannerOptions = {
  readonly robot: Robot;
  readonly warmStart: WarmStart;
  /** Largest number of QPs per tick, counted along the chosen start. */
  readonly maxIterations: number;
  /** Relative KKT tolerance; 1e-2 in the loop. */
  readonly tol?: number;
  readonly navigation?: Partial<NavigationOptions>;
  readonly sqp?: Partial<SqpOptions>;
  /** Milliseconds a solve may take; needs a clock. */
  readonly deadline?: number;
  /** Monotonic clock. [ms] */
  readonly clock?: () => number;
  /** Keep every iterate's states for a log. */
  readonly keepIterates?: boolean;
};

/** What came out of planning one scene. */
export type PlanOutcome = {
  readonly source: PlanSource;
  /** Starts at the scene's time and state; none where the robot must stop. */
  readonly plan?: Plan;
  readonly solve?: SolveReport;
  readonly note?: string;
  readonly partsMs: PartTimes;
};

/** Plans one trajectory per scene and remembers the last plans; owns the solver's memory. */
export type TrajectoryPlanner = {
  readonly problem: NavigationProblem;
  /** A promise only where the warm start returns one. */
  plan(scene: Scene): PlanOutcome | Promise<PlanOutcome>;
  /** The next best thing to a fresh plan: the last safe plan, braking along it, or stopping. */
  fallback(scene: Scene, note: string): PlanOutcome;
  /** Distance field of the last scene; overwritten by the next. */
  field(): DistanceField | undefined;
  /** Lets the next warm start do without the last plan, which led into a dead end; fallbacks keep theirs. */
  forgetGuess(): void;
  /** Forgets the last plans (new goal far away, displacement, recovery). */
  reset(): void;
};

type Chosen = {
  readonly name: string;
  readonly note?: string;
  readonly startX: Vec;
  readonly result: SqpResult;
  readonly iterates: Vec[];
  readonly others?: SolveReport["others"];
};

/**
 * Creates the planner of one robot: distance field, warm start, SQP, safety check, fallbacks. (The
 * middle of the control tick in ARCHITECTURE.)
 */
export function createTrajectoryPlanner(options: TrajectoryPlannerOptions): TrajectoryPlanner {
  const { robot, warmStart } = options;
  const clock = options.clock ?? (() => 0);
  const problem = createNavigationProblem(robot, options.navigation);
  const { ocp } = problem;
  const workspace = createSqpWorkspace(ocp);
  const checker = createSafetyChecker(robot);
  let field: DistanceField | undefined;
  let lastPlan: Plan | undefined;
  let safePlan: Plan | undefined;
  /** The safe plan before that: a plan that came too late is no fallback for its own tick. */
  let olderPlan: Plan | undefined;

  const solve = (
    scene: Scene,
    guess: SqpGuess,
    maxIterations: number,
    iterates: Vec[],
    started: number,
  ): SqpResult =>
    solveSqp(
      ocp,
      scene.x,
      guess,
      {
        tol: options.tol ?? 1e-2,
        ...options.sqp,
        maxIterations,
        clock: options.clock,
        deadline:
          options.deadline === undefined ? undefined : Math.max(0, options.deadline - (clock() - started)),
        onIteration: options.keepIterates ? (_row, X) => iterates.push(X.slice()) : undefined,
      },
      workspace,
    );

  /** Solves from the best of the candidates. */
  const choose = (scene: Scene, candidates: readonly NamedGuess[], started: number): Chosen => {
    if (candidates.length === 1 || warmStart.choice === "merit") {
      const [start] = lowestMerits(scene, candidates, 1);
      const iterates: Vec[] = [];
      const startX = startStates(scene, start.guess);
      return {
        name: start.name,
        note: start.note,
        startX,
        iterates,
        result: solve(scene, start.guess, options.maxIterations, iterates, started),
      };
    }
    const tried: Chosen[] = [];
    for (const { name, guess, note } of lowestMerits(scene, candidates, warmStart.shortlist)) {
      const iterates: Vec[] = [];
      const startX = startStates(scene, guess);
      const result = solve(scene, guess, Math.min(1, options.maxIterations), iterates, started);
      tried.push({ name, note, startX, result, iterates });
    }
    const winner = tried.reduce((best, next) =>
      planValue(next.result) < planValue(best.result) ? next : best,
    );
    const lost = options.keepIterates === true ? tried.filter((chosen) => chosen !== winner) : undefined;
    const first = {
      ...winner,
      others: lost?.map(({ name, startX, iterates }) => ({ start: name, startX, iterates })),
    };
    if (options.maxIterations <= 1 || first.result.status === "converged") return first;
    const rest = solve(scene, first.result, options.maxIterations - 1, first.iterates, started);
    return { ...first, result: join(first.result, rest) };
  };

  const startStates = (scene: Scene, guess: SqpGuess): Vec => {
    if (guess.X !== undefined) return guess.X;
    const t = workspace.candidate;
    t.U.fill(0);
    if (guess.U !== undefined) t.U.set(guess.U);
    rollout(ocp, scene.x, t);
    return t.X.slice();
  };

  /** The `count` candidates of the lowest merit, in their order; all where there are no more or no count. */
  const lowestMerits = (
    scene: Scene,
    candidates: readonly NamedGuess[],
    count = candidates.length,
  ): readonly NamedGuess[] => {
    if (candidates.length <= count) return candidates;
    const ranked = candidates.map((candidate, at) => {
      const { merit } = solveSqp(ocp, scene.x, candidate.guess, { maxIterations: 0 }, workspace);
      return { at, merit: Number.isNaN(merit) ? Number.POSITIVE_INFINITY : merit };
    });
    ranked.sort((a, b) => (a.merit === b.merit ? a.at - b.at : a.merit - b.merit));
    const kept = new Set(ranked.slice(0, count).map(({ at }) => at));
    return candidates.filter((_, at) => kept.has(at));
  };

  const safe = (plan: Plan, scene: Scene): boolean => checker.check(plan.X, field!, scene.grid).safe;

  const fallback = (
    scene: Scene,
    note: string,
    solveReport?: SolveReport,
    times?: PartTimes,
  ): PlanOutcome => {
    const t0 = clock();
    if (field === undefined || times === undefined) field = sceneField(scene.grid, field);
    const found = findFallback(scene);
    const check = clock() - t0;
    const partsMs =
      times === undefined
        ? { sense: 0, field: 0, init: 0, sqp: 0, check }
        : { ...times, check: times.check + check };
    return { ...found, note, solve: solveReport, partsMs };
  };

  const findFallback = (scene: Scene): { source: PlanSource; plan?: Plan } => {
    const last = safePlan !== undefined && safePlan.time < scene.time ? safePlan : olderPlan;
    if (last !== undefined && scene.time - last.time < 0.5 * ocp.N * last.dt) {
      const shifted = shiftPlan(problem, last, scene.time);
      const plan = trackFrom(problem, workspace, shifted, scene.x);
      if (safe(plan, scene)) return { source: "lastPlan", plan };
    }
    const brake = brakeAlong(problem, last, scene.x, scene.time);
    if (safe(brake, scene)) return { source: "brake", plan: brake };
    return { source: "stop" };
  };

  const finish = (
    scene: Scene,
    candidates: readonly NamedGuess[],
    times: { field: number; init: number },
    started: number,
  ): PlanOutcome => {
    const t0 = clock();
    const chosen = choose(scene, candidates, started);
    const t1 = clock();
    const { result } = chosen;
    const report: SolveReport = {
      status: result.status,
      iterations: result.iterations,
      cost: result.cost,
      merit: result.merit,
      violation: result.violation,
      residuals: result.residuals,
      slackInUse: result.slackInUse,
      history: result.history,
      start: chosen.name,
      startNote: chosen.note,
      startX: chosen.startX,
      iterates: chosen.iterates,
      others: chosen.others,
    };
    if (result.status === "nonFinite") {
      return fallback(scene, "the solver met NaN or infinity", report, {
        sense: 0,
        ...times,
        sqp: t1 - t0,
        check: 0,
      });
    }
    const plan: Plan = { time: scene.time, dt: problem.options.dt, X: result.X, U: result.U, K: result.K };
    lastPlan = plan;
    const { safe: ok, contactStage } = checker.check(plan.X, field!, scene.grid);
    const partsMs = { sense: 0, ...times, sqp: t1 - t0, check: clock() - t1 };
    if (ok) {
      if (safePlan === undefined || safePlan.time < plan.time) olderPlan = safePlan;
      safePlan = plan;
      return { source: "solution", plan, solve: report, note: chosen.note, partsMs };
    }
    return fallback(scene, `the plan touches an obstacle in stage ${contactStage}`, report, partsMs);
  };

  return {
    problem,
    plan(scene) {
      const t0 = clock();
      const posed = poseScene(problem, scene, sceneField(scene.grid, field));
      field = posed.field;
      const t1 = clock();
      const candidates = warmStart.candidates({ scene, problem, ...posed, lastPlan });
      const go = (list: readonly NamedGuess[]): PlanOutcome =>
        finish(scene, list, { field: t1 - t0, init: clock() - t1 }, t0);
      return candidates instanceof Promise ? candidates.then(go) : go(candidates);
    },
    fallback: (scene, note) => fallback(scene, note),
    field: () => field,
    forgetGuess() {
      lastPlan = undefined;
    },
    reset() {
      lastPlan = undefined;
      safePlan = undefined;
      olderPlan = undefined;
    },
  };
}

/** Two solves in a row as one. */
function join(first: SqpResult, rest: SqpResult): SqpResult {
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

/** A plan followed in closed loop from where the robot really is. */
function trackFrom(problem: NavigationProblem, w: SqpWorkspace, plan: Plan, x: Vec): Plan {
  const tracked = solveSqp(problem.ocp, x, { X: plan.X, U: plan.U, K: plan.K }, { maxIterations: 0 }, w);
  return { ...plan, X: tracked.X, U: tracked.U };
}
