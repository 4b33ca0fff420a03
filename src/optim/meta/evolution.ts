import { createRng, hashSeed } from "../../base/index.ts";

/** How weights are evolved. */
export type EvolutionOptions = {
  /** Pairs of opposite perturbations in a generation, >= 1. */
  readonly pairs: number;
  /** Standard deviation of a perturbation. (n) */
  readonly sigma: Float64Array;
  /** Length of a first step, in standard deviations, > 0; it falls with the root of the generations. */
  readonly rate: number;
  /** Differences of a pair are limited to it: a run that diverges is one bad run. */
  readonly limit: number;
  readonly seed: number;
};

/** Where an evolution is: plain data for `packState`. Vectors (n), in standard deviations from where it began. */
export type EvolutionState = {
  readonly generation: number;
  readonly mean: Float64Array;
  /** Running average of the mean, over some twenty generations, without the correction of its beginning at zero. */
  readonly average: Float64Array;
  /** Moments of the estimated gradient, of Adam. */
  readonly first: Float64Array;
  readonly second: Float64Array;
};

const BETA1 = 0.9;
const BETA2 = 0.95;
/** Share of the average that stays in a generation. */
const KEPT = 0.95;
/** Generations after which steps are shorter by the root of two: what a few dozen runs say of hundreds of weights is mostly noise. */
const SETTLING = 20;

export function beginEvolution(n: number): EvolutionState {
  const [mean, average, first, second] = Array.from({ length: 4 }, () => new Float64Array(n));
  return { generation: 0, mean, average, first, second };
}

/** The direction of pair j of the generation under way: standard normal, the same whenever it is asked for. (n) */
export function perturbation({ seed }: EvolutionOptions, state: EvolutionState, j: number): Float64Array {
  const rng = createRng(hashSeed(hashSeed(seed, state.generation), j));
  return state.mean.map(() => rng.gauss());
}

/** Weights at a distance from the mean: `start + sigma (mean + share direction)`. */
export function candidate(
  { sigma }: EvolutionOptions,
  { mean }: EvolutionState,
  start: Float32Array,
  direction: Float64Array,
  share: number,
): Float32Array {
  return start.map((w, i) => w + sigma[i] * (mean[i] + share * direction[i]));
}

/** The weights of the average: what an evolution has come to. */
export function evolved(
  { sigma }: EvolutionOptions,
  { average, generation }: EvolutionState,
  start: Float32Array,
): Float32Array {
  const weight = generation === 0 ? 1 : 1 - KEPT ** generation;
  return start.map((w, i) => w + (sigma[i] * average[i]) / weight);
}

/**
 * One generation of antithetic evolution: the gradient of the expected score is estimated by `mean_j (s+ - s-) / 2 direction_j`
 * and followed by Adam's step.
 *
 * @param scores of the candidates at +1 and at -1 of each pair, to be made small
 *
 * Source: Salimans et al. 2017, algorithm 2, with antithetic pairs; Adam as Kingma and Ba 2015.
 */
export function evolve(
  options: EvolutionOptions,
  state: EvolutionState,
  scores: readonly (readonly [number, number])[],
): EvolutionState {
  const n = state.mean.length;
  const gradient = new Float64Array(n);
  scores.forEach(([plus, minus], j) => {
    const half = Math.min(Math.max((plus - minus) / 2, -options.limit), options.limit);
    const direction = perturbation(options, state, j);
    for (let i = 0; i < n; i++) gradient[i] += (half * direction[i]) / scores.length;
  });
  const generation = state.generation + 1;
  const first = state.first.map((m, i) => BETA1 * m + (1 - BETA1) * gradient[i]);
  const second = state.second.map((v, i) => BETA2 * v + (1 - BETA2) * gradient[i] ** 2);
  const [c1, c2] = [1 - BETA1 ** generation, 1 - BETA2 ** generation];
  const rate = options.rate / Math.sqrt(1 + state.generation / SETTLING);
  const mean = state.mean.map((x, i) => x - (rate * (first[i] / c1)) / (Math.sqrt(second[i] / c2) + 1e-12));
  const average = state.average.map((a, i) => KEPT * a + (1 - KEPT) * mean[i]);
  return { generation, mean, average, first, second };
}
