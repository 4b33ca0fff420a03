import type { Rng } from "../../linalg/index.ts";
import { SCENE_KINDS, type SceneKind } from "../../planner/index.ts";
import { positionError, rowViolation, type SceneSolver } from "./scene-solver.ts";
import { withSmoothNoise } from "./smooth-noise.ts";
import { type Optimum, REFERENCE } from "./sqp-optima.ts";
import {
  BENCH_CAP,
  BENCH_TOLERANCES,
  type BenchTolerance,
  costGap,
  percentileOf,
  type Quality,
  qualityOf,
  type Solved,
} from "./sqp-rows.ts";
import type { BenchScene } from "./sqp-scenes.ts";

/** Largest position errors of the guesses that stand for predictions. [m] */
export const NOISE_LEVELS = [0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4] as const;

/** A solve from the optimum with noise. */
export type NoiseTrial = Solved & {
  readonly kind: SceneKind;
  readonly noise: number;
  /** Whether the guess came with the optimum's multipliers. */
  readonly multipliers: boolean;
  /** Largest position error of the guess once it is rolled out. [m] */
  readonly guessError: number;
};

/** A row of the section on noise. */
export type NoiseRow = {
  readonly kind: SceneKind | "all";
  readonly noise_m: number;
  readonly multipliers: boolean;
  /** Largest position error of the guess once it is rolled out. [m] */
  readonly guess_m: { readonly p50: number; readonly p90: number };
} & Quality;

/**
 * What a prediction would be worth that errs by so much: solves from the optimum with smooth noise, its states
 * tracked in closed loop with its controls; with and without its multipliers.
 *
 * @param solver is left with this scene
 * @returns nothing where no optimum is reached to the tolerance
 */
export function probeNoise(
  solver: SceneSolver,
  { scene, kind }: BenchScene,
  { X }: Optimum,
  rng: Rng,
): NoiseTrial[] {
  const { ocp, options } = solver.problem;
  const { nx } = ocp.dynamics;
  solver.enter(scene);
  const { result: optimum } = solver.solve({ X }, REFERENCE);
  if (optimum.status !== "converged") return [];
  const trials: NoiseTrial[] = [];
  for (const noise of NOISE_LEVELS) {
    const guess = { X: withSmoothNoise(optimum.X, nx, options.dt, noise, rng), U: optimum.U };
    for (const multipliers of [false, true]) {
      const { result, iterates } = solver.solve(
        multipliers ? { ...guess, multipliers: optimum.multipliers } : guess,
        { tol: Number(BENCH_TOLERANCES.at(-1)), maxIterations: BENCH_CAP },
      );
      const { history } = result;
      const qpsTo = (tol: BenchTolerance) => {
        const reached = history.find(({ kkt }) => kkt <= Number(tol));
        return { count: reached?.iteration ?? BENCH_CAP, converged: reached !== undefined };
      };
      const one = Math.min(1, iterates.length - 1);
      trials.push({
        kind,
        noise,
        multipliers,
        guessError: positionError(iterates[0], optimum.X, nx),
        qps: { "1e-2": qpsTo("1e-2"), "1e-3": qpsTo("1e-3") },
        costGap: costGap(history[one]?.cost ?? Number.POSITIVE_INFINITY, optimum.cost),
        violation: rowViolation(ocp, iterates[one]),
      });
    }
  }
  return trials;
}

/** A row for all scenes and for every kind, at every level, with multipliers and without. */
export function summarizeNoise(trials: readonly NoiseTrial[]): NoiseRow[] {
  return (["all", ...SCENE_KINDS] as const).flatMap((kind) =>
    [false, true].flatMap((multipliers) =>
      NOISE_LEVELS.flatMap((noise) => {
        const own = trials.filter(
          (trial) =>
            (kind === "all" || trial.kind === kind) &&
            trial.noise === noise &&
            trial.multipliers === multipliers,
        );
        return own.length === 0
          ? []
          : [{ kind, noise_m: noise, multipliers, ...qualityOf(own), guess_m: errorsOf(own) }];
      }),
    ),
  );
}

function errorsOf(trials: readonly NoiseTrial[]): NoiseRow["guess_m"] {
  const at = (share: number): number => percentileOf(trials, share, ({ guessError }) => guessError);
  return { p50: at(0.5), p90: at(0.9) };
}
