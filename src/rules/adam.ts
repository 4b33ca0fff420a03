import { checkDecay, checkNotNegative, checkPositive } from "../base/index.ts";
import { add, clip, constant, div, mul, neg, sqrt, square, sub } from "../graph/index.ts";
import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import { checkRanges, type FlatRange, rangeMask } from "./flat-ranges.ts";
import { GRADIENT_LIMIT, limitGradient } from "./gradient-limit.ts";
import type { Optimizer } from "./optimizer.ts";

export type AdamOptions = CommonOptions & {
  /** Share of the first moment that stays, 0 <= beta1 < 1. */
  readonly beta1?: number;
  /** Share of the second moment that stays, 0 <= beta2 < 1. */
  readonly beta2?: number;
  /** Added to the root, > 0. */
  readonly epsilon?: number;
};

export type AdamwOptions = AdamOptions & {
  /** Decoupled decay per step, in units of the learning rate, >= 0. */
  readonly weightDecay?: number;
  /** Where the decay acts (weights, not biases or gains); default: everywhere. */
  readonly decayRanges?: readonly FlatRange[];
};

export const ADAM_DEFAULTS = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
export const ADAMW_DEFAULTS = { ...ADAM_DEFAULTS, weightDecay: 0.01 } as const;

/**
 * Adam, t = 1, 2, ...:
 *
 *     m <- beta1 m + (1 - beta1) g        v <- beta2 v + (1 - beta2) g^2
 *     p <- p - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * Source: Kingma and Ba 2015, algorithm 1.
 */
export function createAdam(options: AdamOptions = {}): Optimizer {
  return createMoments("adam", options, 0, undefined);
}

/**
 * Adam with decoupled weight decay: `p <- p - rate (adam's direction + weightDecay p)`, the last term only
 * in `decayRanges`.
 *
 * Source: Loshchilov and Hutter 2019, algorithm 2, line 12, with the rate as its schedule multiplier.
 */
export function createAdamw(options: AdamwOptions = {}): Optimizer {
  const { weightDecay, decayRanges, ...adam } = { ...ADAMW_DEFAULTS, ...options };
  checkNotNegative("weightDecay", weightDecay);
  if (decayRanges !== undefined) checkRanges("decayRanges", decayRanges);
  return createMoments("adamw", adam, weightDecay, decayRanges);
}

function createMoments(
  name: string,
  options: AdamOptions,
  weightDecay: number,
  decayRanges: readonly FlatRange[] | undefined,
): Optimizer {
  const { beta1, beta2, epsilon, ...common } = { ...ADAM_DEFAULTS, ...options };
  checkDecay("beta1", beta1);
  checkDecay("beta2", beta2);
  checkPositive("epsilon", epsilon);

  let mask: Float32Array = new Float32Array(0); // of the last n, made again when n changes
  const decayMask = (n: number): Float32Array => {
    if (mask.length !== n) mask = rangeMask("decayRanges", decayRanges ?? [{ offset: 0, size: n }], n);
    return mask;
  };

  return createOptimizer(
    {
      name,
      slots: 2,
      hyper: (rate, step) => [rate, rate / (1 - beta1 ** (step + 1)), 1 / Math.sqrt(1 - beta2 ** (step + 1))],
      apply({ grads, scale, params, slots: [m, v], hyper }, { updates, slots: [nextM, nextV] }) {
        const decay = hyper[0] * weightDecay;
        const rate = hyper[1];
        const rootFactor = hyper[2];
        for (let i = 0; i < updates.length; i++) {
          const g = limitGradient(scale * grads[i]);
          const first = beta1 * m[i] + (1 - beta1) * g;
          const second = beta2 * v[i] + (1 - beta2) * g * g;
          nextM[i] = first;
          nextV[i] = second;
          updates[i] = (-rate * first) / (rootFactor * Math.sqrt(second) + epsilon);
        }
        if (decay === 0) return;
        const decays = decayMask(params.length);
        for (let i = 0; i < updates.length; i++) updates[i] -= decay * decays[i] * params[i];
      },
      tensors({ grads, params, slots: [m, v], hyper: [decayRate, rate, rootFactor] }) {
        const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
        const first = add(mul(m, beta1), mul(g, 1 - beta1));
        const second = add(mul(v, beta2), mul(square(g), 1 - beta2));
        const n = params.shape[0];
        const updates = neg(div(mul(first, rate), add(mul(sqrt(second), rootFactor), epsilon)));
        if (weightDecay === 0) return { updates, slots: [first, second] };
        const decayed =
          decayRanges === undefined ? params : mul(params, constant(params.graph, decayMask(n), [n]));
        return { updates: sub(updates, mul(decayed, mul(decayRate, weightDecay))), slots: [first, second] };
      },
    },
    common,
  );
}
