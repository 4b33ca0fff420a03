import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";
import { checkDecay } from "./option-checks.ts";

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
          const velocity = momentum * a[i] + g;
          next[i] = velocity;
          updates[i] = -rate * (lookAhead ? g + momentum * velocity : velocity);
        }
      },
    },
    common,
  );
}
