import { largestMagnitude } from "../../linalg/index.ts";
import { ZOO, type ZooName } from "../../zoo/index.ts";
import { type BenchOcpOptions, TRUST } from "./bench-ocp.ts";
import { isOptimal, judge } from "./judge.ts";
import { OCP_SOLVERS, type OcpAnswer, type OcpSolverName } from "./ocp-solvers.ts";
import { type OcpScale, scaleOcp } from "./scale-ocp.ts";

/**
 * Factors on costs, and on the units of controls, states and rows: even powers of two, of
 * which square roots leave no rounding either, next to 1e-8..1e8 and 1e-6..1e6.
 */
export const SCALES: readonly OcpScale[] = [
  ...[-26, -14, 14, 26].map((e) => ({ cost: 2 ** e })),
  ...[-20, -10, 10, 20].map((e) => ({ control: 2 ** e })),
  ...[-20, -10, 10, 20].map((e) => ({ state: 2 ** e })),
  ...[-20, -10, 10, 20].map((e) => ({ row: 2 ** e })),
];

/** How one solver fared on one problem in other units, beside its own units. */
export type ScaleRow = {
  readonly problem: ZooName;
  readonly solver: OcpSolverName;
  readonly quantity: "cost" | "control" | "state" | "row";
  readonly factor: number;
  readonly status: string;
  readonly iterations: number;
  /** Status and iterations in the problem's own units. */
  readonly own_status: string;
  readonly own_iterations: number;
  /** Largest difference of controls, in the same unit, over the largest control. */
  readonly difference: number;
  /** Same status after as many iterations at the same controls, to {@link SAME}. */
  readonly same: boolean;
  readonly false_converged: boolean;
};

/** Controls that differ by less than this share are the same. */
const SAME = 1e-6;

/** Solves each problem in other units: whatever changes but the units is a fault of the solver. */
export function benchScale(options: Omit<BenchOcpOptions, "starts" | "seed" | "repeats">): ScaleRow[] {
  const { tol, maxIterations, clock } = options;
  const asked = { ...(tol === undefined ? {} : { tol }), maxIterations, deadline: options.limit, clock };
  let done = 0;
  return options.problems.flatMap((problem) => {
    const { ocp, x0, guess } = ZOO[problem]();
    return options.solvers.flatMap((solver) => {
      const solveAt = (scale: OcpScale): OcpAnswer | undefined => {
        options.signal?.throwIfAborted();
        const { control = 1, state = 1 } = scale;
        const answer = OCP_SOLVERS[solver].prepare(scaleOcp(ocp, scale))?.(
          x0.map((x) => x * state),
          guess.map((u) => u * control),
          asked,
        );
        return (
          answer && { ...answer, X: answer.X.map((x) => x / state), U: answer.U.map((u) => u / control) }
        );
      };
      const own = solveAt({});
      if (own === undefined) return [];
      const rows = SCALES.filter(({ row }) => row === undefined || ocp.rows !== undefined).map(
        (scale): ScaleRow => {
          const answer = solveAt(scale)!;
          const [quantity, factor] = Object.entries(scale)[0] as [ScaleRow["quantity"], number];
          const difference = largestMagnitude(answer.U.map((u, i) => u - own.U[i])) / largestMagnitude(own.U);
          const { status, iterations } = answer;
          return {
            problem,
            solver,
            quantity,
            factor,
            status,
            iterations,
            own_status: own.status,
            own_iterations: own.iterations,
            difference,
            same: status === own.status && iterations === own.iterations && difference <= SAME,
            false_converged: status === "converged" && !isOptimal(judge(ocp, x0, answer.U, answer.X), TRUST),
          };
        },
      );
      options.onProgress?.(++done);
      return rows;
    });
  });
}
