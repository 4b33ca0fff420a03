import {
  ConfigError,
  checkKeys,
  checkLength,
  checkNotNegative,
  checkPositive,
  ShapeError,
} from "../../base/index.ts";
import { add, concat, constant, mul, scalar, slice, type Tensor, where } from "../../graph/index.ts";
import {
  allFinite,
  type GraphOptimizer,
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
} from "../../rules/index.ts";
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
  checkKeys(`optimizer ${learned.name}`, options, Object.keys(LEARNED_DEFAULTS));
  const { learningRate, memoryLimit } = { ...LEARNED_DEFAULTS, ...options };
  if (typeof learningRate !== "function") checkNotNegative("learningRate", learningRate);
  checkPositive("memoryLimit", memoryLimit);
  const model = createLearnedModel(learned.spec);
  const weights = learned.weights.slice();
  const step = model.bind(weights);
  const { sizes, fills } = model;
  const perCoordinate = sizes.reduce((a, b) => a + b, 0);

  const hyper = (at: number): Float32Array => {
    const rate = typeof learningRate === "function" ? learningRate(at) : learningRate;
    if (!(rate >= 0 && rate < Infinity))
      throw new ConfigError(`learningRate(${at}) is ${rate}, expected a finite number >= 0`);
    return Float32Array.from([...model.hyper(at), rate]);
  };
  const checkMemory = (n: number): void => {
    const bytes = 4 * perCoordinate * n;
    if (bytes > memoryLimit)
      throw new ConfigError(
        `optimizer ${learned.name} would keep ${binarySize(bytes)} for ${n} parameters, expected at most memoryLimit = ${binarySize(memoryLimit)}: leave the largest tensors to another optimizer (createHybrid), take a lighter design, or raise memoryLimit`,
      );
  };
  const allocate = (n: number): Float32Array[] => {
    checkMemory(n);
    return sizes.map((size) => new Float32Array(n * size));
  };

  return {
    name: learned.name,
    init(params) {
      const slots = allocate(params.length);
      slots.forEach((slot, i) => {
        slot.fill(fills[i]);
      });
      return { step: 0, skipped: 0, slots };
    },
    update(grads, state, params, spare) {
      const n = params.length;
      checkState(learned.name, sizes, grads, state, n);
      const to = spare?.state.slots ?? allocate(n);
      const updates = spare?.updates ?? new Float32Array(n);
      if (spare !== undefined) checkSpare(sizes, spare, state, grads, params);
      const fed = hyper(state.step);
      const isFiniteState = step(grads, state.slots, to, fed, updates);
      const rate = fed[model.hyperSize];
      if (rate !== 1) for (let i = 0; i < n; i++) updates[i] *= rate;
      if (isFiniteState && isFiniteStep(grads, params, updates))
        return { updates, state: { step: state.step + 1, skipped: state.skipped, slots: to } };
      updates.fill(0);
      to.forEach((slot, i) => {
        slot.set(state.slots[i]);
      });
      return { updates, state: { step: state.step, skipped: state.skipped + 1, slots: to } };
    },
    graph: createLearnedGraph(learned.name, model, weights, hyper, checkMemory),
  };
}

function createLearnedGraph(
  name: string,
  model: LearnedModel,
  weights: Float32Array,
  hyper: (step: number) => Float32Array,
  checkMemory: (n: number) => void,
): GraphOptimizer {
  const { sizes, hyperSize } = model;
  return {
    slots: sizes.length,
    hyperSize: hyperSize + 1,
    hyper,
    update(params, grads, slots, fed) {
      const { graph } = params;
      const [n] = params.shape;
      checkFlat("params", params, n);
      checkFlat("grads", grads, n);
      checkLength("slots", slots.length, sizes.length, `slots of ${name}`);
      slots.forEach((slot, i) => {
        checkFlat(`slots[${i}]`, slot, n * sizes[i]);
      });
      checkFlat("hyper", fed, hyperSize + 1);
      const numbers = Array.from({ length: hyperSize + 1 }, (_, i) => slice(fed, 0, i, i + 1));
      checkMemory(n);
      const next = stepInChunks(model, constant(graph, weights, [weights.length]), grads, slots, numbers);
      const moved = add(params, mul(next.updates, numbers[hyperSize]));
      const sound = allFinite([grads, moved, next.outputs]);
      return {
        params: where(sound, moved, params),
        slots: next.state.map((slot, i) => where(sound, slot, slots[i])),
        sound: where(sound, scalar(graph, 1), scalar(graph, 0)),
      };
    },
  };
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

/** Whether gradient and moved parameters are finite. */
function isFiniteStep(grads: Float32Array, params: Float32Array, updates: Float32Array): boolean {
  let zero = 0; // 0 * x is NaN for NaN and infinite x alone
  for (let i = 0; i < grads.length; i++) zero += 0 * grads[i] + 0 * Math.fround(params[i] + updates[i]);
  return zero === 0;
}

function checkState(
  name: string,
  sizes: readonly number[],
  grads: Float32Array,
  state: OptimizerState,
  n: number,
): void {
  checkLength("grads", grads.length, n, "params.length");
  checkLength("state.slots", state.slots.length, sizes.length, `slots of ${name}`);
  state.slots.forEach((slot, i) => {
    checkLength(`state.slots[${i}]`, slot.length, n * sizes[i], "params.length * size");
  });
}

function checkSpare(
  sizes: readonly number[],
  spare: OptimizerStep,
  state: OptimizerState,
  grads: Float32Array,
  params: Float32Array,
): void {
  checkLength("spare.updates", spare.updates.length, params.length, "params.length");
  checkLength("spare.state.slots", spare.state.slots.length, sizes.length, "slots");
  spare.state.slots.forEach((slot, i) => {
    checkLength(`spare.state.slots[${i}]`, slot.length, params.length * sizes[i], "params.length * size");
  });
  const inUse = [grads, params, ...state.slots];
  if ([spare.updates, ...spare.state.slots].some((array) => inUse.includes(array)))
    throw new ConfigError(
      "spare shares an array with grads, params or state, expected the result before last",
    );
}

function checkFlat(name: string, x: Tensor, n: number): void {
  if (x.shape.length !== 1 || x.shape[0] !== n)
    throw new ShapeError(`${name} has shape (${x.shape.join(", ")}), expected (${n})`);
}

function binarySize(bytes: number): string {
  const power = Math.min(3, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${["bytes", "KiB", "MiB", "GiB"][power]}`;
}
