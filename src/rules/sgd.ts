import { mul, neg } from "../graph/index.ts";
import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

export type SgdOptions = CommonOptions;

export const SGD_DEFAULTS = { learningRate: 0.01 } as const;

/** Gradient descent: `p <- p - rate g`. No state but the counts. */
export function createSgd(options: SgdOptions = {}): Optimizer {
  return createOptimizer(
    {
      name: "sgd",
      slots: 0,
      hyper: (rate) => [rate],
      apply({ grads, scale, hyper }, { updates }) {
        const rate = hyper[0] * scale;
        for (let i = 0; i < updates.length; i++) updates[i] = -rate * grads[i];
      },
      tensors: ({ grads, hyper: [rate] }) => ({ updates: neg(mul(grads, rate)), slots: [] }),
    },
    { ...SGD_DEFAULTS, ...options },
  );
}
