import { checkCount } from "../../base/index.ts";
import { add, layoutParameters, mul, slice, square, sub, sum } from "../../graph/index.ts";
import type { Optimizee } from "./optimizee.ts";

/**
 * Rosenbrock's valley in d dimensions, smallest loss 0 at all ones:
 *
 *     sum_{i<d-1} 100 (p_{i+1} - p_i^2)^2 + (1 - p_i)^2
 *
 * Starts around (-1.2, 1, -1.2, ...), a tenth off.
 *
 * @param dimension d >= 2
 *
 * Source: Rosenbrock 1960; in d dimensions More, Garbow and Hillstrom 1981, problem 21's relative.
 */
export function createRosenbrock({ dimension: d = 2 }: { readonly dimension?: number } = {}): Optimizee {
  checkCount("dimension", d, 2);
  return {
    name: "rosenbrock",
    layout: layoutParameters([{ name: "p", shape: [d], init: { normal: 1 } }]),
    smallest: 0,
    problem: [],
    batch: [],
    loss(params) {
      const here = slice(params, 0, 0, d - 1);
      const next = slice(params, 0, 1, d);
      const valley = mul(square(sub(next, square(here))), 100);
      return sum(add(valley, square(sub(1, here))), [0], true);
    },
    init: (rng) => Float32Array.from({ length: d }, (_, i) => (i % 2 === 0 ? -1.2 : 1) + 0.1 * rng.gauss()),
    drawProblem: () => ({}),
    drawBatch: () => ({}),
  };
}
