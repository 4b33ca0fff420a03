import {
  createSqpWorkspace,
  GAIN_KINDS,
  type GainKind,
  type HessianKind,
  type SqpResult,
  type SqpStatus,
  solveSqp,
} from "../sqp/index.ts";
import { CAR_OPTIMUM, CAR_START, carProblem } from "../zoo/index.ts";
import { type MeasuredSpread, measuredSpread } from "./measures.ts";

/** The 4-state car, from zero controls, with one kind of feedback in the rollouts. */
export type CarRow = {
  readonly gains: GainKind;
  /** "projected" is what the paper's authors do. */
  readonly hessian: HessianKind;
  readonly status: SqpStatus;
  readonly iterations: number;
  readonly cost: number;
  readonly optimum: number;
  /** Violation of the discs, in their own unit. [m^2] */
  readonly violation: number;
  readonly ms: MeasuredSpread<"p50" | "max">;
};

const TOL = 1e-4;
const WARM_UP = 5;
const SOLVES = 15;

/** Solves the paper's car (docs/solver.md#the-papers-car) with every kind of gains, in turn. */
export function timeCar(clock: () => number): CarRow[] {
  const ocp = carProblem();
  const x0 = Float64Array.from(CAR_START);
  const kinds = (["full", "projected"] as const).flatMap((hessian) =>
    GAIN_KINDS.map((gains) => ({ hessian, gains })),
  );
  const variants = kinds.map(({ hessian, gains }) => ({
    hessian,
    gains,
    workspace: createSqpWorkspace(ocp),
    times: [] as number[],
    result: undefined as SqpResult | undefined,
  }));
  for (let n = -WARM_UP; n < SOLVES; n++) {
    for (const variant of variants) {
      const { hessian, gains, workspace, times } = variant;
      const t0 = clock();
      variant.result = solveSqp(
        ocp,
        x0,
        undefined,
        { hessian, gains, tol: TOL, maxIterations: 100 },
        workspace,
      );
      if (n >= 0) times.push(clock() - t0);
    }
  }
  return variants.map(({ hessian, gains, times, result }) => ({
    gains,
    hessian,
    status: result!.status,
    iterations: result!.iterations,
    cost: result!.cost,
    optimum: CAR_OPTIMUM,
    violation: result!.violation,
    ms: measuredSpread(times, ["p50", "max"], 3),
  }));
}
