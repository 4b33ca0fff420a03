import { checkCount } from "../../base/index.ts";
import { layoutParameters, matMul, reshape, square, sub, sum } from "../../graph/index.ts";
import type { Optimizee } from "./optimizee.ts";

/**
 * Random quadratics `|W p - y|^2`, W (d, d) and y (d) standard normal per problem; smallest loss 0 at
 * `W^-1 y`. Starts from a standard normal.
 *
 * @param dimension d >= 1
 *
 * Source: Andrychowicz et al. 2016, section 3.1.
 */
export function createQuadratic({ dimension: d = 10 }: { readonly dimension?: number } = {}): Optimizee {
  checkCount("dimension", d, 1);
  const layout = layoutParameters([{ name: "p", shape: [d], init: { normal: 1 } }]);
  return {
    name: "quadratic",
    layout,
    smallest: 0,
    problem: [
      { name: "W", shape: [d, d] },
      { name: "y", shape: [d] },
    ],
    batch: [],
    loss: (params, { W, y }) =>
      sum(square(sub(reshape(matMul(W, reshape(params, [d, 1])), [d]), y)), [0], true),
    init: (rng) => Float32Array.from({ length: d }, () => rng.gauss()),
    drawProblem: (rng) => ({
      W: { data: Float32Array.from({ length: d * d }, () => rng.gauss()), shape: [d, d] },
      y: { data: Float32Array.from({ length: d }, () => rng.gauss()), shape: [d] },
    }),
    drawBatch: () => ({}),
  };
}
