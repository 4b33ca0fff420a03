import { type Rng, wrapAngle } from "../base/index.ts";
import { createTrajectory, type Ocp, rollout, type Vec } from "../ocp/index.ts";
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

/** Below this speed a heading says nothing about the direction of motion. [m/s] */
const SLOW = 0.05;
/** Headings are changed by no more than this. [rad] */
const MOST_TURN = 0.3;

/**
 * A trajectory that differs from another as a good guess differs from the optimum: smoothly, more towards the
 * end, not at all at the start; headings follow the changed motion of a robot that does not slip.
 *
 * e(s) = a s^2 + (b / 2) s sin(2 pi s), s = k / N, with a, b normal in x and in y, scaled so that max |e| = size.
 *
 * @param X (N + 1, nx): x, y, yaw, forward speed, ...
 * @param dt duration of a stage [s]
 * @param size largest position error [m]
 * @returns a changed copy
 */
export function withSmoothNoise(X: Vec, nx: number, dt: number, size: number, rng: Rng): Vec {
  const N = X.length / nx - 1;
  const [ax, bx, ay, by] = [rng.gauss(), rng.gauss(), rng.gauss(), rng.gauss()];
  const error = new Float64Array(2 * (N + 1));
  let largest = 0;
  for (let k = 0; k <= N; k++) {
    const s = k / N;
    const wave = 0.5 * s * Math.sin(2 * Math.PI * s);
    error[2 * k] = ax * s * s + bx * wave;
    error[2 * k + 1] = ay * s * s + by * wave;
    largest = Math.max(largest, Math.hypot(error[2 * k], error[2 * k + 1]));
  }
  const scale = largest > 0 ? size / largest : 0;
  const out = X.slice();
  for (let k = 1; k <= N; k++) {
    out[k * nx] += scale * error[2 * k];
    out[k * nx + 1] += scale * error[2 * k + 1];
    const ahead = Math.min(k + 1, N);
    const speed = X[k * nx + 3] * (ahead - k + 1) * dt;
    if (Math.abs(X[k * nx + 3]) < SLOW) continue;
    const yaw = X[k * nx + 2];
    const dx = scale * (error[2 * ahead] - error[2 * k - 2]);
    const dy = scale * (error[2 * ahead + 1] - error[2 * k - 1]);
    const turn = (Math.cos(yaw) * dy - Math.sin(yaw) * dx) / speed;
    out[k * nx + 2] = wrapAngle(yaw + Math.min(MOST_TURN, Math.max(-MOST_TURN, turn)));
  }
  return out;
}

/** Steps of the search for the scale of control noise; each halves what is uncertain of it. */
const BISECTIONS = 24;
/** Control noise is never larger than this, in halves of the controls' range. */
const MOST_CONTROL = 4;

/**
 * Controls that differ smoothly from others, so that rolled out they lead so far off: what a network's prediction
 * does, which nothing pulls back to the optimum.
 *
 * du_j(s) = r_j (a_j + b_j cos(pi s) + c_j sin(2 pi s)), s = k / N, with a, b, c normal and r half the range.
 *
 * @param X, U a trajectory of the problem: (N + 1, nx) and (N, nu)
 * @param size largest position error after the rollout [m]
 * @returns controls (N, nu) within their bounds; the error is smaller than asked for where those allow no more
 */
export function withControlNoise(ocp: Ocp, X: Vec, U: Vec, size: number, rng: Rng): Vec {
  const { N, uLower, uUpper } = ocp;
  const { nx, nu } = ocp.dynamics;
  const change = new Float64Array(N * nu);
  for (let j = 0; j < nu; j++) {
    const [a, b, c] = [rng.gauss(), rng.gauss(), rng.gauss()];
    const half = 0.5 * (uUpper[j] - uLower[j]);
    for (let k = 0; k < N; k++) {
      const s = k / N;
      change[k * nu + j] = half * (a + b * Math.cos(Math.PI * s) + c * Math.sin(2 * Math.PI * s));
    }
  }
  const x0 = X.slice(0, nx);
  const trajectory = createTrajectory(ocp);
  const errorOf = (scale: number): number => {
    for (let i = 0; i < change.length; i++) trajectory.U[i] = U[i] + scale * change[i];
    rollout(ocp, x0, trajectory);
    return positionGap(trajectory.X, X, nx);
  };
  let low = 0;
  let high = MOST_CONTROL;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = 0.5 * (low + high);
    if (errorOf(middle) < size) low = middle;
    else high = middle;
  }
  errorOf(low);
  return trajectory.U.slice();
}
