import { constraintLayout } from "../ocp/index.ts";
import { getWarmStart } from "../planner/index.ts";
import { type BenchScene, createSceneSolver } from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import type { SqpResult } from "../sqp/index.ts";
import { type MeasuredSpread, measuredSpread } from "./measures.ts";

/** One SQP iteration of the navigation problem; each time is a solve's, divided by its number of QPs. */
export type IterationTimes = {
  /** Solves measured. */
  readonly n: number;
  readonly sizes: { readonly N: number; readonly nx: number; readonly nu: number; readonly rows: number };
  /** Interior-point steps per QP. */
  readonly qp_iterations: Times;
  /** `linearize`: derivatives, Hessian, residuals; `other`: entering the guess, and the result. */
  readonly ms: Readonly<Record<"linearize" | "qp" | "lineSearch" | "other" | "total", Times>>;
};

type Times = MeasuredSpread<"p50" | "p99">;

/** Each scene is solved this often; the first time does not count. */
const ROUNDS = 4;

/** Takes SQP iterations apart: every scene solved to 1e-2 (at most 10 QPs) from `path` and from `shift`. */
export function timeIterations(options: {
  readonly scenes: readonly BenchScene[];
  readonly robot: Robot;
  readonly clock: () => number;
}): IterationTimes {
  const { scenes, robot, clock } = options;
  const { problem, enter, solve } = createSceneSolver(robot);
  const { ocp } = problem;
  const solves: SqpResult[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { scene, lastPlan } of scenes) {
      const posed = enter(scene, problem.options.margin);
      for (const name of ["path", "shift"]) {
        const candidates = getWarmStart(name).candidates({ scene, problem, ...posed, lastPlan });
        if (candidates instanceof Promise) continue;
        const { guess } = candidates[0];
        const result = solve(guess, { tol: 1e-2, maxIterations: 10, clock });
        if (round > 0 && result.iterations > 0) solves.push(result);
      }
    }
  }
  const spread = (pick: (solve: SqpResult) => number): Times =>
    measuredSpread(
      solves.map((solve) => pick(solve) / solve.iterations),
      ["p50", "p99"],
    );
  return {
    n: solves.length,
    sizes: {
      N: ocp.N,
      nx: ocp.dynamics.nx,
      nu: ocp.dynamics.nu,
      rows: constraintLayout(ocp).rows.length,
    },
    qp_iterations: spread(({ history }) => history.reduce((sum, row) => sum + row.qpIterations, 0)),
    ms: {
      linearize: spread(({ ms }) => ms.linearize),
      qp: spread(({ ms }) => ms.qp),
      lineSearch: spread(({ ms }) => ms.lineSearch),
      other: spread(({ ms }) => Math.max(0, ms.total - ms.linearize - ms.qp - ms.lineSearch)),
      total: spread(({ ms }) => ms.total),
    },
  };
}
