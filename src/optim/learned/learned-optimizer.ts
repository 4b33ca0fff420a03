import { ConfigError, checkKeys, checkPositive } from "../../base/index.ts";
import { concat, constant, mul, slice, type Tensor } from "../../graph/index.ts";
import { createOptimizer, type Optimizer } from "../../rules/index.ts";
import { createLearnedModel, type LearnedModel, type LearnedTensors } from "./learned-model.ts";
import type { LearnedSpec } from "./learned-spec.ts";

/** A meta-trained optimizer: what it is, and its weights. */
export type LearnedWeights = {
  readonly name: string;
  readonly spec: LearnedSpec;
  /** (layout.total) */
  readonly weights: Float32Array;
};

export type LearnedOptions = {
  /** Multiplies every update; a number >= 0, or one for each step. Meta-trained optimizers need none: 1. */
  readonly learningRate?: number | ((step: number) => number);
  /** Most bytes that the state of one update may take; an update holds two states. Default 4 GiB. */
  readonly memoryLimit?: number;
};

export const LEARNED_DEFAULTS = { learningRate: 1, memoryLimit: 4 * 2 ** 30 } as const;

/**
 * Coordinates that a graph computes together: bounds what it needs besides the state, since each of them takes
 * kilobytes on the way. Beyond {@link MOST_CHUNKS} chunks they grow instead, so that graphs stay small.
 */
const CHUNK = 16_384;
const MOST_CHUNKS = 64;

/**
 * A learned optimizer: gradient in, update out, one small network for all coordinates with a memory of its
 * own for each.
 *
 * @throws ConfigError for an illegal spec or option, ShapeError for another number of weights; `init` throws
 *   ConfigError where the state of so many parameters would exceed the memory limit
 */
export function createLearnedOptimizer(learned: LearnedWeights, options: LearnedOptions = {}): Optimizer {
  const { name } = learned;
  checkKeys(`optimizer ${name}`, options, Object.keys(LEARNED_DEFAULTS));
  const { learningRate, memoryLimit } = { ...LEARNED_DEFAULTS, ...options };
  checkPositive("memoryLimit", memoryLimit);
  const model = createLearnedModel(learned.spec);
  const { sizes, fills, hyperSize } = model;
  const weights = learned.weights.slice();
  const step = model.bind(weights);
  const perCoordinate = sizes.reduce((a, b) => a + b, 0);
  return createOptimizer(
    {
      name,
      slots: sizes.length,
      lengths: (n) => sizes.map((size) => n * size),
      fills: () => fills,
      checkSize(n) {
        const bytes = 4 * perCoordinate * n;
        if (bytes > memoryLimit)
          throw new ConfigError(
            `optimizer ${name} would keep ${binarySize(bytes)} for ${n} parameters, expected at most memoryLimit = ${binarySize(memoryLimit)}: leave the largest tensors to another optimizer (createHybrid), take a lighter design, or raise memoryLimit`,
          );
      },
      hyper: (rate, at) => [...model.hyper(at), rate],
      apply({ grads, slots, hyper }, { updates, slots: next }) {
        const isFiniteState = step(grads, slots, next, hyper, updates);
        const rate = hyper[hyperSize];
        if (rate !== 1) for (let i = 0; i < updates.length; i++) updates[i] *= rate;
        return isFiniteState;
      },
      tensors({ grads, slots, hyper }) {
        const own = constant(grads.graph, weights, [weights.length]);
        const { updates, outputs, state } = stepInChunks(model, own, grads, slots, hyper);
        return { updates: mul(updates, hyper[hyperSize]), slots: state, outputs };
      },
    },
    { learningRate },
  );
}

/** `model.tensors`, some coordinates after the others. */
function stepInChunks(
  model: LearnedModel,
  weights: Tensor,
  grads: Tensor,
  slots: readonly Tensor[],
  hyper: readonly Tensor[],
): LearnedTensors {
  const [n] = grads.shape;
  const chunk = Math.max(CHUNK, Math.ceil(n / MOST_CHUNKS));
  if (n <= chunk) return model.tensors(weights, grads, slots, hyper);
  const steps: LearnedTensors[] = [];
  for (let from = 0; from < n; from += chunk) {
    const to = Math.min(n, from + chunk);
    const own = slots.map((slot, i) => slice(slot, 0, from * model.sizes[i], to * model.sizes[i]));
    steps.push(model.tensors(weights, slice(grads, 0, from, to), own, hyper));
  }
  const joined = (pick: (step: LearnedTensors) => Tensor): Tensor => concat(steps.map(pick), 0);
  return {
    updates: joined(({ updates }) => updates),
    outputs: joined(({ outputs }) => outputs),
    state: slots.map((_, i) => joined(({ state }) => state[i])),
  };
}

function binarySize(bytes: number): string {
  const power = Math.min(3, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${["bytes", "KiB", "MiB", "GiB"][power]}`;
}
