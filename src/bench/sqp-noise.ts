import type { Rng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { positionGap } from "../planner/index.ts";
import {
  afterOneQp,
  BENCH_CAP,
  costGap,
  countQps,
  type KnownOptimum,
  REFERENCE,
  rowViolation,
  SCENE_KINDS,
  type SceneCase,
  type SceneKind,
  type SceneSolver,
} from "../scenes/index.ts";
import type { SqpGuess, SqpOptions } from "../sqp/index.ts";
import { withControlNoise, withSmoothNoise } from "./smooth-noise.ts";
import {
  BENCH_TOLERANCES,
  percentileOf,
  qualityOf,
  type SolveCounts,
  type SolveQuality,
} from "./sqp-rows.ts";

/** Largest position errors of the guesses that stand for predictions. [m] */
export const NOISE_LEVELS = [0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4] as const;

/**
 * What the noise is on: `states`, which are tracked in closed loop with the optimum's own controls and so come
 * nearer to it; or `controls`, which are rolled out and stay as far off as asked for.
 */
export type NoiseOn = "states" | "controls";

/** A solve from the optimum with noise. */
export type NoiseTrial = SolveCounts & {
  readonly kind: SceneKind;
  readonly on: NoiseOn;
  readonly noise: number;
  /** Whether the guess came with the optimum's multipliers. */
  readonly multipliers: boolean;
  /** Largest position error of the guess once it is rolled out. [m] */
  readonly guessError: number;
};

/** What is tried at every level. */
const VARIANTS: readonly Pick<NoiseTrial, "on" | "multipliers">[] = [
  { on: "controls", multipliers: false },
  { on: "states", multipliers: false },
  { on: "states", multipliers: true },
];
/** Solves per scene. */
export const NOISE_TRIALS = VARIANTS.length * NOISE_LEVELS.length;

/** A row of the section on noise. */
export type NoiseRow = {
  readonly kind: SceneKind | "all";
  readonly on: NoiseOn;
  readonly noise_m: number;
  readonly multipliers: boolean;
  /** Largest position error of the guess once it is rolled out. [m] */
  readonly guess_m: { readonly p50: number; readonly p90: number };
} & SolveQuality;

/**
 * What a prediction would be worth that errs by so much: solves from the optimum with smooth noise.
 *
 * @param solver is left with this scene
 * @returns nothing where no optimum is reached to the tolerance
 */
export function probeNoise(
  solver: SceneSolver,
  { scene, kind }: SceneCase,
  { X }: Pick<KnownOptimum, "X">,
  rng: Rng,
): NoiseTrial[] {
  const { ocp, options } = solver.problem;
  const { nx } = ocp.dynamics;
  solver.enter(scene);
  const optimum = solver.solve({ X }, REFERENCE);
  if (optimum.status !== "converged") return [];
  const limits = { tol: Number(BENCH_TOLERANCES.at(-1)), maxIterations: BENCH_CAP };
  const trials: NoiseTrial[] = [];
  for (const noise of NOISE_LEVELS) {
    const guesses: Readonly<Record<NoiseOn, SqpGuess>> = {
      states: { X: withSmoothNoise(optimum.X, nx, options.dt, noise, rng), U: optimum.U },
      controls: { U: withControlNoise(ocp, optimum.X, optimum.U, noise, rng) },
    };
    for (const { on, multipliers } of VARIANTS) {
      const known = multipliers ? { multipliers: optimum.multipliers } : {};
      const iterates: Vec[] = [];
      const onIteration: SqpOptions["onIteration"] = (_row, X) => {
        iterates.push(X.slice());
      };
      const { history } = solver.solve({ ...guesses[on], ...known }, { ...limits, onIteration });
      const one = afterOneQp(history, iterates);
      trials.push({
        kind,
        on,
        noise,
        multipliers,
        guessError: positionGap(iterates[0], optimum.X, nx),
        qps: { "1e-2": countQps(history, 1e-2), "1e-3": countQps(history, 1e-3) },
        costGap: costGap(one.cost, optimum.cost),
        violation: rowViolation(ocp, one.X),
      });
    }
  }
  return trials;
}

/** A row for all scenes and for every kind, each variant at every level. */
export function summarizeNoise(trials: readonly NoiseTrial[]): NoiseRow[] {
  return (["all", ...SCENE_KINDS] as const).flatMap((kind) =>
    VARIANTS.flatMap(({ on, multipliers }) =>
      NOISE_LEVELS.flatMap((noise) => {
        const own = trials.filter(
          (trial) =>
            (kind === "all" || trial.kind === kind) &&
            trial.on === on &&
            trial.multipliers === multipliers &&
            trial.noise === noise,
        );
        if (own.length === 0) return [];
        return [{ kind, on, noise_m: noise, multipliers, ...qualityOf(own), guess_m: errorsOf(own) }];
      }),
    ),
  );
}

function errorsOf(trials: readonly NoiseTrial[]): NoiseRow["guess_m"] {
  const at = (share: number): number => percentileOf(trials, share, ({ guessError }) => guessError);
  return { p50: at(0.5), p90: at(0.9) };
}
