import { checkDecay } from "../base/index.ts";
import { add, mul, neg } from "../graph/index.ts";
import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

export type MomentumOptions = CommonOptions & {
  /** Share of the velocity that stays, 0 <= momentum < 1. */
  readonly momentum?: number;
};

export const MOMENTUM_DEFAULTS = { learningRate: 0.01, momentum: 0.9 } as const;

/**
 * Heavy ball: `a <- mu a + g`, `p <- p - rate a`.
 *
 * Source: Polyak 1964, in the form where a change of the rate acts at once.
 */
export function createMomentum(options: MomentumOptions = {}): Optimizer {
  return createVelocityRule("momentum", options, false);
}

/**
 * Nesterov's momentum: `a <- mu a + g`, `p <- p - rate (g + mu a)`.
 *
 * Source: Sutskever et al. 2013, equations 3 and 4, in the variables of the look-ahead point.
 */
export function createNesterov(options: MomentumOptions = {}): Optimizer {
  return createVelocityRule("nesterov", options, true);
}

function createVelocityRule(name: string, options: MomentumOptions, lookAhead: boolean): Optimizer {
  const { momentum, ...common } = { ...MOMENTUM_DEFAULTS, ...options };
  checkDecay("momentum", momentum);
  return createOptimizer(
    {
      name,
      slots: 1,
      hyper: (rate) => [rate],
      apply({ grads, scale, slots: [a], hyper }, { updates, slots: [next] }) {
        const rate = hyper[0];
        for (let i = 0; i < updates.length; i++) {
          const g = scale * grads[i];
          next[i] = momentum * a[i] + g;
          updates[i] = -rate * Math.fround(lookAhead ? g + momentum * next[i] : next[i]);
        }
      },
      tensors({ grads, slots: [a], hyper: [rate] }) {
        const velocity = add(mul(a, momentum), grads);
        const direction = lookAhead ? add(grads, mul(velocity, momentum)) : velocity;
        return { updates: neg(mul(direction, rate)), slots: [velocity] };
      },
    },
    common,
  );
}
