import { checkDecay, checkPositive } from "../base/index.ts";
import { add, clip, div, mul, neg, sqrt, square } from "../graph/index.ts";
import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import { GRADIENT_LIMIT, limitGradient } from "./gradient-limit.ts";
import type { Optimizer } from "./optimizer.ts";

export type RmspropOptions = CommonOptions & {
  /** Share of the mean square that stays, 0 <= decay < 1. */
  readonly decay?: number;
  /** Added to the root, > 0. */
  readonly epsilon?: number;
};

export const RMSPROP_DEFAULTS = { learningRate: 1e-3, decay: 0.9, epsilon: 1e-8 } as const;

/**
 * RMSProp: `s <- rho s + (1 - rho) g^2`, `p <- p - rate g / (sqrt(s) + epsilon)`.
 *
 * Source: Tieleman and Hinton 2012, lecture 6.5.
 */
export function createRmsprop(options: RmspropOptions = {}): Optimizer {
  const { decay, epsilon, ...common } = { ...RMSPROP_DEFAULTS, ...options };
  checkDecay("decay", decay);
  checkPositive("epsilon", epsilon);
  return createOptimizer(
    {
      name: "rmsprop",
      slots: 1,
      hyper: (rate) => [rate],
      apply({ grads, scale, slots: [s], hyper }, { updates, slots: [next] }) {
        const rate = hyper[0];
        for (let i = 0; i < updates.length; i++) {
          const g = limitGradient(scale * grads[i]);
          next[i] = decay * s[i] + (1 - decay) * g * g;
          updates[i] = (-rate * g) / (Math.sqrt(next[i]) + epsilon);
        }
      },
      tensors({ grads, slots: [s], hyper: [rate] }) {
        const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
        const meanSquare = add(mul(s, decay), mul(square(g), 1 - decay));
        return {
          updates: neg(div(mul(g, rate), add(sqrt(meanSquare), epsilon))),
          slots: [meanSquare],
        };
      },
    },
    common,
  );
}
