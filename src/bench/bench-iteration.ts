import { percentile } from "../drive/index.ts";
import { createNavigationProblem, getWarmStart } from "../planner/index.ts";
import type { BenchScene } from "../scenes/index.ts";
import { computeDistanceField, type Robot } from "../sim/index.ts";
import { createSqpWorkspace, type SqpResult, solveSqp } from "../sqp/index.ts";

type Spread = { readonly p50: number; readonly p99: number };

/** One SQP iteration of the navigation problem; each time is a solve's, divided by its number of QPs. */
export type IterationTimes = {
  /** Solves measured. */
  readonly n: number;
  readonly sizes: { readonly N: number; readonly nx: number; readonly nu: number; readonly rows: number };
  /** Interior-point steps per QP. */
  readonly qp_iterations: Spread;
  /** `linearize`: derivatives, Hessian, residuals; `other`: entering the guess, and the result. */
  readonly ms: Readonly<Record<"linearize" | "qp" | "lineSearch" | "other" | "total", Spread>>;
};

/** Each scene is solved this often; the first time does not count. */
const ROUNDS = 4;

/** Takes SQP iterations apart: every scene solved to 1e-2 (at most 10 QPs) from `path` and from `shift`. */
export function timeIterations(options: {
  readonly scenes: readonly BenchScene[];
  readonly robot: Robot;
  readonly clock: () => number;
}): IterationTimes {
  const { scenes, robot, clock } = options;
  const problem = createNavigationProblem(robot);
  const { ocp } = problem;
  const workspace = createSqpWorkspace(ocp);
  const solves: SqpResult[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { scene, lastPlan } of scenes) {
      const field = computeDistanceField(scene.grid, { unknown: "free" });
      problem.set(scene.goal, field, scene.final);
      for (const name of ["path", "shift"]) {
        const candidates = getWarmStart(name).candidates({
          scene,
          problem,
          field,
          margin: problem.options.margin,
          lastPlan,
        });
        if (candidates instanceof Promise) continue;
        const { guess } = candidates[0];
        const result = solveSqp(ocp, scene.x, guess, { tol: 1e-2, maxIterations: 10, clock }, workspace);
        if (round > 0 && result.iterations > 0) solves.push(result);
      }
    }
  }
  const spread = (pick: (solve: SqpResult) => number): Spread => {
    const values = solves.map((solve) => pick(solve) / solve.iterations);
    return { p50: round4(percentile(values, 0.5)), p99: round4(percentile(values, 0.99)) };
  };
  return {
    n: solves.length,
    sizes: {
      N: ocp.N,
      nx: ocp.dynamics.nx,
      nu: ocp.dynamics.nu,
      rows: ocp.N * (ocp.rows?.count ?? 0),
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

function round4(value: number): number {
  return Number(value.toFixed(4));
}
